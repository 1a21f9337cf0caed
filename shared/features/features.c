#include "shared/features/features.h"

#include <math.h>

#include "shared/features/derive.h"

enum { SENTINEL_DAYS = 365243, EXTERNAL_SCORES = 3 };
static const double UNKNOWN_SCORE = 0.5; /* what an unknown external score counts for in EXT_WEIGHTED */

/* Which application column each of the first features is. */
static const int columns[] = {
#define COLUMN_SOURCE(name) APPLICATION_##name,
#define DERIVED_SOURCE(name)
#define FEATURE(name, source, ...) source##_SOURCE(name)
#include "shared/features/catalogue.def"
};
enum { COLUMN_FEATURES = sizeof columns / sizeof *columns };

/* The values that mean "unknown" in Home Credit's application table become NaN. */
static void clean(const double *application, double *out)
{
    for (int i = 0; i < APPLICATION_COLUMNS; i++)
        out[i] = application[i];
    if (out[APPLICATION_DAYS_EMPLOYED] == SENTINEL_DAYS)
        out[APPLICATION_DAYS_EMPLOYED] = NAN;
    if (out[APPLICATION_DAYS_LAST_PHONE_CHANGE] == 0)
        out[APPLICATION_DAYS_LAST_PHONE_CHANGE] = NAN;
    if (out[APPLICATION_CODE_GENDER] == CODE_GENDER_XNA)
        out[APPLICATION_CODE_GENDER] = NAN;
    if (out[APPLICATION_ORGANIZATION_TYPE] == ORGANIZATION_TYPE_XNA)
        out[APPLICATION_ORGANIZATION_TYPE] = NAN;
}

static void add_external_scores(const double *application, float *out)
{
    const double *scores = &application[APPLICATION_EXT_SOURCE_1];
    static const double weights[EXTERNAL_SCORES] = {2, 1, 3};
    double sum = 0;
    double least = INFINITY;
    double largest = -INFINITY;
    double weighted = 0;
    int known = 0;
    for (int i = 0; i < EXTERNAL_SCORES; i++) {
        weighted += weights[i] * (isnan(scores[i]) ? UNKNOWN_SCORE : scores[i]);
        if (isnan(scores[i]))
            continue;
        known++;
        sum += scores[i];
        least = fmin(least, scores[i]);
        largest = fmax(largest, scores[i]);
    }
    double mean = derive_ratio(sum, known);
    double squares = 0;
    for (int i = 0; i < EXTERNAL_SCORES; i++)
        if (!isnan(scores[i]))
            squares += (scores[i] - mean) * (scores[i] - mean);

    derive_set(out, FEATURE_EXT_MEAN, mean);
    derive_set(out, FEATURE_EXT_MIN, known ? least : (double)NAN);
    derive_set(out, FEATURE_EXT_MAX, known ? largest : (double)NAN);
    derive_set(out, FEATURE_EXT_VAR, derive_ratio(squares, known));
    derive_set(out, FEATURE_EXT_MISSING, EXTERNAL_SCORES - known);
    derive_set(out, FEATURE_EXT_PRODUCT, scores[0] * scores[1] * scores[2]);
    derive_set(out, FEATURE_EXT_WEIGHTED, known ? weighted : (double)NAN);
}

static void add_ratios(const double *application, float *out)
{
    double credit = application[APPLICATION_AMT_CREDIT];
    double annuity = application[APPLICATION_AMT_ANNUITY];
    double income = application[APPLICATION_AMT_INCOME_TOTAL];
    double goods = application[APPLICATION_AMT_GOODS_PRICE];
    double birth = application[APPLICATION_DAYS_BIRTH];
    double employed = application[APPLICATION_DAYS_EMPLOYED];
    double car = application[APPLICATION_OWN_CAR_AGE];

    derive_set(out, FEATURE_CREDIT_TO_ANNUITY, derive_ratio(credit, annuity));
    derive_set(out, FEATURE_CREDIT_TO_GOODS, derive_ratio(credit, goods));
    derive_set(out, FEATURE_ANNUITY_TO_INCOME, derive_ratio(annuity, income));
    derive_set(out, FEATURE_CREDIT_TO_INCOME, derive_ratio(credit, income));
    derive_set(out, FEATURE_INSURANCE_TO_INCOME, derive_ratio(credit - goods, income));
    derive_set(out, FEATURE_EMPLOYED_TO_BIRTH, derive_ratio(employed, birth));
    derive_set(out, FEATURE_INCOME_PER_PERSON,
               derive_ratio(income, application[APPLICATION_CNT_FAM_MEMBERS]));
    derive_set(out, FEATURE_ID_TO_BIRTH, derive_ratio(application[APPLICATION_DAYS_ID_PUBLISH], birth));
    derive_set(out, FEATURE_PHONE_TO_BIRTH,
               derive_ratio(application[APPLICATION_DAYS_LAST_PHONE_CHANGE], birth));
    derive_set(out, FEATURE_REGISTRATION_TO_BIRTH,
               derive_ratio(application[APPLICATION_DAYS_REGISTRATION], birth));
    derive_set(out, FEATURE_CAR_TO_BIRTH, derive_ratio(car, birth));
    derive_set(out, FEATURE_CAR_TO_EMPLOYED, derive_ratio(car, employed));
}

static void add_counts(const double *application, float *out)
{
    int documents = 0;
    int missing = 0;
    for (int i = APPLICATION_FLAG_DOCUMENT_2; i <= APPLICATION_FLAG_DOCUMENT_21; i++)
        documents += application[i] == 1;
    for (int i = 0; i < COLUMN_FEATURES; i++)
        missing += isnan(application[columns[i]]);
    derive_set(out, FEATURE_DOCUMENT_COUNT, documents);
    derive_set(out, FEATURE_MISSING_COUNT, missing);
}

void features_build(const double *application, const struct history *history, float *out)
{
    double cleaned[APPLICATION_COLUMNS];
    clean(application, cleaned);
    for (int i = 0; i < COLUMN_FEATURES; i++)
        derive_set(out, (size_t)i, cleaned[columns[i]]);
    add_external_scores(cleaned, out);
    add_ratios(cleaned, out);
    add_counts(cleaned, out);
    derive_history(cleaned, history, out);
}
