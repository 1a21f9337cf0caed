#include "shared/model/reasons.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_BYTES = 128, STORY_FEATURES = 8 };

/* Features that tell the same story: of each line, the one with the largest contribution speaks. */
static const size_t stories[][STORY_FEATURES] = {
    {FEATURE_EXT_SOURCE_1, FEATURE_EXT_SOURCE_2, FEATURE_EXT_SOURCE_3, FEATURE_EXT_MEAN, FEATURE_EXT_MIN,
     FEATURE_EXT_MAX, FEATURE_EXT_MISSING},
    {FEATURE_AMT_CREDIT, FEATURE_AMT_GOODS_PRICE},
    {FEATURE_CREDIT_TO_GOODS, FEATURE_INSURANCE_TO_INCOME},
    {FEATURE_AMT_ANNUITY, FEATURE_ANNUITY_TO_INCOME, FEATURE_CREDIT_TO_INCOME, FEATURE_AMT_INCOME_TOTAL},
    {FEATURE_DAYS_EMPLOYED, FEATURE_NAME_INCOME_TYPE, FEATURE_FLAG_EMP_PHONE},
    {FEATURE_FLAG_OWN_CAR, FEATURE_OWN_CAR_AGE},
    {FEATURE_REGION_RATING_CLIENT, FEATURE_REGION_RATING_CLIENT_W_CITY, FEATURE_REGION_POPULATION_RELATIVE},
    {FEATURE_REG_CITY_NOT_LIVE_CITY, FEATURE_REG_CITY_NOT_WORK_CITY, FEATURE_LIVE_CITY_NOT_WORK_CITY},
    {FEATURE_REG_REGION_NOT_LIVE_REGION, FEATURE_REG_REGION_NOT_WORK_REGION,
     FEATURE_LIVE_REGION_NOT_WORK_REGION},
    {FEATURE_DEF_30_CNT_SOCIAL_CIRCLE, FEATURE_DEF_60_CNT_SOCIAL_CIRCLE, FEATURE_OBS_30_CNT_SOCIAL_CIRCLE,
     FEATURE_OBS_60_CNT_SOCIAL_CIRCLE},
    {FEATURE_BUREAU_DEBT_TO_CREDIT, FEATURE_BUREAU_ACTIVE_DEBT_TO_CREDIT,
     FEATURE_BUREAU_ACTIVE_CREDIT_TO_INCOME},
    {FEATURE_BUREAU_OVERDUE_TO_DEBT, FEATURE_BUREAU_MAX_OVERDUE, FEATURE_BUREAU_DPD_MONTH_SHARE,
     FEATURE_BUREAU_DPD_YEAR_SHARE},
    {FEATURE_BUREAU_DAYS_CREDIT_MEAN, FEATURE_BUREAU_DAYS_CREDIT_MAX, FEATURE_BUREAU_ACTIVE_SHARE,
     FEATURE_BUREAU_COUNT, FEATURE_BUREAU_LOAN_TYPES},
    {FEATURE_PREV_REFUSED_SHARE, FEATURE_PREV_REFUSED_YEAR_SHARE},
    {FEATURE_PREV_APP_CREDIT_MEAN, FEATURE_PREV_APP_CREDIT_MIN},
    {FEATURE_CREDIT_TO_PREV_APPROVED, FEATURE_ANNUITY_TO_PREV_APPROVED},
    {FEATURE_CARD_LIMIT_USE_MEAN, FEATURE_CARD_LIMIT_USE_MAX, FEATURE_CARD_CASH_TO_LIMIT_MEAN},
    {FEATURE_INSTAL_DPD_MEAN, FEATURE_INSTAL_DPD_MAX, FEATURE_INSTAL_LATE_SHARE,
     FEATURE_INSTAL_LATE_YEAR_SHARE, FEATURE_INSTAL_LATE_WEEK_SHARE, FEATURE_INSTAL_DBD_MEAN},
};
enum { STORIES = sizeof stories / sizeof *stories };

/* The story's number; features that stand alone get one of their own. Feature 0 ends a line: it is in none.
 */
static size_t story_of(size_t feature)
{
    for (size_t i = 0; i < STORIES; i++)
        for (size_t j = 0; j < STORY_FEATURES && stories[i][j]; j++)
            if (stories[i][j] == feature)
                return i;
    return STORIES + feature;
}

/* What can be said to a client: nothing sensitive, no unexplained code or number. */
static bool can_be_said(size_t feature)
{
    static const size_t unsaid[] = {FEATURE_CAR_TO_EMPLOYED,
                                    FEATURE_EXT_VAR,
                                    FEATURE_EXT_PRODUCT,
                                    FEATURE_EXT_WEIGHTED,
                                    FEATURE_WEEKDAY_APPR_PROCESS_START,
                                    FEATURE_MISSING_COUNT,
                                    FEATURE_HOUR_APPR_PROCESS_START};
    if (catalogue_feature(feature)->sensitive)
        return false;
    if (feature >= FEATURE_APARTMENTS_AVG && feature <= FEATURE_TOTALAREA_MODE &&
        catalogue_feature(feature)->unit == UNIT_NONE)
        return false; /* building figures scaled to 0..1 */
    if (feature >= FEATURE_FLAG_DOCUMENT_2 && feature <= FEATURE_FLAG_DOCUMENT_21)
        return false; /* documents without a name */
    for (size_t i = 0; i < sizeof unsaid / sizeof *unsaid; i++)
        if (unsaid[i] == feature)
            return false;
    return true;
}

static void write_text(char out[REASON_TEXT], const struct model *model, size_t feature, double value,
                       bool against, enum language language)
{
    static const char *const effects[LANGUAGE_COUNT][2] = {
        [LANGUAGE_FR] = {"Cela diminue le risque.", "Cela augmente le risque."},
        [LANGUAGE_EN] = {"This lowers the risk.", "This raises the risk."},
    };
    static const char *const shapes[LANGUAGE_COUNT][3] = {
        [LANGUAGE_FR] = {"%s\u00a0: %s, contre %s habituellement. %s", "%s\u00a0: %s. %s",
                         "%s\u00a0: information absente. %s"},
        [LANGUAGE_EN] = {"%s: %s, where %s is usual. %s", "%s: %s. %s", "%s: not known. %s"},
    };
    enum { WITH_USUAL, WITHOUT_USUAL, MISSING };
    const char *label = catalogue_feature(feature)->label[language];
    const char *effect = effects[language][against];
    char said[VALUE_BYTES];
    char usual[VALUE_BYTES];
    catalogue_format(said, sizeof said, feature, value, language);
    catalogue_format(usual, sizeof usual, feature, model_usual(model, feature), language);
    /* The shapes are ours, so the format is known although not literal. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (isnan(value))
        snprintf(out, REASON_TEXT, shapes[language][MISSING], label, effect);
    else if (isnan(model_usual(model, feature)) || strcmp(said, usual) == 0)
        snprintf(out, REASON_TEXT, shapes[language][WITHOUT_USUAL], label, said, effect);
    else
        snprintf(out, REASON_TEXT, shapes[language][WITH_USUAL], label, said, usual, effect);
#pragma GCC diagnostic pop
}

struct candidate {
    size_t feature;
    double size;
};

static int by_size(const void *a, const void *b)
{
    double difference = ((const struct candidate *)b)->size - ((const struct candidate *)a)->size;
    return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

size_t reasons_find(struct reason *out, size_t limit, const struct model *model, const float *vector,
                    const double *contributions, int against, enum language language)
{
    struct candidate candidates[FEATURE_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        double pull = against ? contributions[i] : -contributions[i];
        if (pull > 0 && can_be_said(i))
            candidates[count++] = (struct candidate){i, pull};
    }
    qsort(candidates, count, sizeof *candidates, by_size);

    bool told[STORIES + FEATURE_COUNT] = {false};
    size_t found = 0;
    for (size_t i = 0; i < count && found < limit; i++) {
        size_t feature = candidates[i].feature;
        bool *story = &told[story_of(feature)];
        if (*story)
            continue;
        *story = true;
        struct reason *reason = &out[found++];
        reason->feature = feature;
        reason->contribution = contributions[feature];
        write_text(reason->text, model, feature, (double)vector[feature], against != 0, language);
    }
    return found;
}
