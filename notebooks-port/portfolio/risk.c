#include "notebooks-port/portfolio/risk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/portfolio/logistic.h"
#include "notebooks-port/portfolio/marginal.h"

/* Strength of the penalties, in rows' worth of information; chosen by cross-validated AUC. */
static const double SMOOTHNESS = 20, SHRINKAGE = 2, LEVEL_SHRINKAGE = 15, HISTORY_SHRINKAGE = 25;
/* What no column tells of a client: enough that a perfect model beats any that can be trained. */
static const double HIDDEN_DEVIATION = 0.35;

/* Drivers that are not a field of their own. */
enum derived {
    EXTERNAL_MEAN = (int)FIELD_COUNT,
    EXTERNAL_LOWEST,
    ANNUITY_TO_INCOME,
    CREDIT_TO_INCOME,
    EMPLOYED_SHARE,
    CREDIT
};

static const struct driver {
    const char *name;
    int what; /* a field or one of `derived` */
} DRIVERS[] = {
#define FIELD(name)                                                                                          \
    {                                                                                                        \
#name, FIELD_OF_##name                                                                               \
    }
    FIELD(EXT_SOURCE_1),
    FIELD(EXT_SOURCE_2),
    FIELD(EXT_SOURCE_3),
    {"EXTERNAL_MEAN", EXTERNAL_MEAN},
    {"EXTERNAL_LOWEST", EXTERNAL_LOWEST},
    FIELD(CREDIT_TO_GOODS),
    FIELD(CREDIT_TO_ANNUITY),
    FIELD(GOODS),
    {"CREDIT", CREDIT},
    {"ANNUITY_TO_INCOME", ANNUITY_TO_INCOME},
    {"CREDIT_TO_INCOME", CREDIT_TO_INCOME},
    FIELD(AMT_INCOME_TOTAL),
    FIELD(DAYS_BIRTH),
    FIELD(EMPLOYED),
    {"EMPLOYED_SHARE", EMPLOYED_SHARE},
    FIELD(DAYS_ID_PUBLISH),
    FIELD(DAYS_REGISTRATION),
    FIELD(DAYS_LAST_PHONE_CHANGE),
    FIELD(OWN_CAR_AGE),
    FIELD(REGION_POPULATION_RELATIVE),
    FIELD(DEF_30_CNT_SOCIAL_CIRCLE),
    FIELD(DEF_60_CNT_SOCIAL_CIRCLE),
    FIELD(AMT_REQ_CREDIT_BUREAU_QRT),
    FIELD(AMT_REQ_CREDIT_BUREAU_YEAR),
    FIELD(HOUR_APPR_PROCESS_START),
    FIELD(TOTALAREA_MODE),
    FIELD(FLOORSMAX_AVG),
    FIELD(CNT_CHILDREN),
    FIELD(NAME_CONTRACT_TYPE),
    FIELD(CODE_GENDER),
    FIELD(NAME_INCOME_TYPE),
    FIELD(NAME_EDUCATION_TYPE),
    FIELD(NAME_FAMILY_STATUS),
    FIELD(NAME_HOUSING_TYPE),
    FIELD(OCCUPATION_TYPE),
    FIELD(ORGANIZATION_TYPE),
    FIELD(FLAG_OWN_CAR),
    FIELD(FLAG_OWN_REALTY),
    FIELD(REGION_RATING_CLIENT_W_CITY),
    FIELD(REGIONS),
    FIELD(CITIES),
    FIELD(WEEKDAY_APPR_PROCESS_START),
    FIELD(FLAG_WORK_PHONE),
    FIELD(FLAG_PHONE),
    FIELD(FLAG_EMAIL),
    FIELD(EMERGENCYSTATE_MODE),
    FIELD(WALLSMATERIAL_MODE),
    FIELD(DOCUMENTS),
#undef FIELD
};
enum { DRIVER_COUNT = sizeof DRIVERS / sizeof *DRIVERS, TENDENCIES = (int)FIELD_COUNT - (int)FIELD_HISTORY };
_Static_assert((int)DRIVER_COUNT <= (int)RISK_DRIVERS_MOST, "struct risk has too few curves");

size_t risk_driver_count(void)
{
    return DRIVER_COUNT;
}

const char *risk_driver_name(size_t driver)
{
    return DRIVERS[driver].name;
}

static bool by_level(size_t driver)
{
    int what = DRIVERS[driver].what;
    return what < (int)FIELD_COUNT && FIELDS[what].kind != FIELD_NUMBER;
}

static double external(const double *values, bool lowest)
{
    double sum = 0, least = INFINITY;
    int known = 0;
    for (int i = 0; i < 3; i++) {
        double score = values[i == 0   ? FIELD_OF_EXT_SOURCE_1
                              : i == 1 ? FIELD_OF_EXT_SOURCE_2
                                       : FIELD_OF_EXT_SOURCE_3];
        if (isnan(score))
            continue;
        sum += score;
        least = score < least ? score : least;
        known++;
    }
    return known == 0 ? NAN : lowest ? least : sum / known;
}

static double driver_value(size_t driver, const double *values)
{
    double credit = values[FIELD_OF_GOODS] * values[FIELD_OF_CREDIT_TO_GOODS];
    switch (DRIVERS[driver].what) {
    case EXTERNAL_MEAN:
        return external(values, false);
    case EXTERNAL_LOWEST:
        return external(values, true);
    case CREDIT:
        return credit;
    case ANNUITY_TO_INCOME:
        return credit / values[FIELD_OF_CREDIT_TO_ANNUITY] / values[FIELD_OF_AMT_INCOME_TOTAL];
    case CREDIT_TO_INCOME:
        return credit / values[FIELD_OF_AMT_INCOME_TOTAL];
    case EMPLOYED_SHARE:
        return values[FIELD_OF_EMPLOYED] / values[FIELD_OF_DAYS_BIRTH];
    default:
        return values[DRIVERS[driver].what];
    }
}

/* Where a value lies on a curve: two neighbouring points and their weights. Returns the number of
 * points (1 or 2), or 0 when it is missing or an unknown level. */
static size_t locate(const struct risk_curve *curve, bool levels, double value, unsigned *at, double *weight)
{
    if (isnan(value) || curve->count == 0)
        return 0;
    if (levels) {
        for (unsigned i = 0; i < curve->count; i++)
            if (curve->at[i] == value) {
                at[0] = i;
                weight[0] = 1;
                return 1;
            }
        return 0;
    }
    unsigned last = (unsigned)curve->count - 1, i = 0;
    if (value <= curve->at[0] || value >= curve->at[last]) {
        at[0] = value <= curve->at[0] ? 0 : last;
        weight[0] = 1;
        return 1;
    }
    while (value >= curve->at[i + 1])
        i++;
    at[0] = i;
    at[1] = i + 1;
    weight[1] = (value - curve->at[i]) / (curve->at[i + 1] - curve->at[i]);
    weight[0] = 1 - weight[1];
    return 2;
}

double risk_application(const struct risk *risk, const double *values)
{
    double sum = risk->intercept;
    for (size_t d = 0; d < DRIVER_COUNT; d++) {
        const struct risk_curve *curve = &risk->curves[d];
        unsigned at[2];
        double weight[2];
        size_t points = locate(curve, by_level(d), driver_value(d, values), at, weight);
        if (points == 0)
            sum += curve->missing;
        for (size_t i = 0; i < points; i++)
            sum += weight[i] * curve->effect[at[i]];
    }
    return sum;
}

static int set_knots(struct risk_curve *curve, size_t driver, const double *values, size_t rows,
                     struct error *err)
{
    struct marginal marginal;
    double *column = malloc(rows * sizeof *column);
    if (column == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for a risk curve");
    for (size_t row = 0; row < rows; row++)
        column[row] = driver_value(driver, values + row * FIELD_COUNT);
    int failed = marginal_fit(&marginal, column, rows, false, by_level(driver) ? 0 : 100, err);
    free(column);
    if (failed)
        return -1;
    marginal.missing = 0;
    curve->count = 0;
    if (by_level(driver)) {
        for (size_t i = 0; i < marginal.count && i < RISK_LEVELS; i++)
            curve->at[curve->count++] = marginal.pieces[i].low;
    } else {
        for (int i = 0; i < RISK_KNOTS && marginal.count > 0; i++) {
            double knot = marginal_quantile(&marginal, (i + 0.5) / RISK_KNOTS, 0);
            if (curve->count == 0 || knot > curve->at[curve->count - 1])
                curve->at[curve->count++] = knot;
        }
        /* Counts are mostly 0: what they say, they say beyond the median. */
        double top = marginal.count ? marginal_quantile(&marginal, 0.99, 0) : 0;
        if (curve->count > 0 && curve->count < RISK_KNOTS && top > curve->at[curve->count - 1])
            curve->at[curve->count++] = top;
    }
    marginal_free(&marginal);
    return 0;
}

/* Columns of the regression: 0 the intercept, then for each driver its points and its "missing". */
struct layout {
    const struct risk *risk;
    const double *values;
    size_t first[DRIVER_COUNT];
    size_t size;
};

static size_t entries_of(const void *context, size_t row, unsigned *index, double *weight)
{
    const struct layout *layout = context;
    const double *values = layout->values + row * FIELD_COUNT;
    size_t count = 1;
    index[0] = 0;
    weight[0] = 1;
    for (size_t d = 0; d < DRIVER_COUNT; d++) {
        const struct risk_curve *curve = &layout->risk->curves[d];
        size_t points = locate(curve, by_level(d), driver_value(d, values), index + count, weight + count);
        for (size_t i = 0; i < points; i++)
            index[count + i] += (unsigned)layout->first[d];
        if (points == 0) {
            index[count] = (unsigned)(layout->first[d] + curve->count);
            weight[count] = 1;
            points = 1;
        }
        count += points;
    }
    return count;
}

static void set_penalty(double *penalty, const struct layout *layout)
{
    size_t size = layout->size;
    penalty[0] = 1e-6;
    for (size_t d = 0; d < DRIVER_COUNT; d++) {
        size_t first = layout->first[d], count = layout->risk->curves[d].count;
        bool levels = by_level(d);
        for (size_t i = first; i <= first + count; i++)
            penalty[i * size + i] += levels ? LEVEL_SHRINKAGE : SHRINKAGE;
        for (size_t i = first; !levels && i + 1 < first + count; i++) {
            penalty[i * size + i] += SMOOTHNESS;
            penalty[(i + 1) * size + i + 1] += SMOOTHNESS;
            penalty[i * size + i + 1] -= SMOOTHNESS;
            penalty[(i + 1) * size + i] -= SMOOTHNESS;
        }
    }
}

int risk_fit(struct risk *out, const double *values, const uint8_t *defaulted, const uint8_t *fold,
             unsigned without, size_t rows, struct error *err)
{
    *out = (struct risk){.hidden = HIDDEN_DEVIATION};
    struct layout layout = {.risk = out, .values = values, .size = 1};
    for (size_t d = 0; d < DRIVER_COUNT; d++) {
        if (set_knots(&out->curves[d], d, values, rows, err) < 0)
            return -1;
        layout.first[d] = layout.size;
        layout.size += out->curves[d].count + 1;
    }
    int failed = -1;
    double *beta = calloc(layout.size, sizeof *beta);
    double *penalty = calloc(layout.size * layout.size, sizeof *penalty);
    if (beta == NULL || penalty == NULL) {
        error_set(err, ERROR_INTERNAL, "no memory for the risk model");
        goto done;
    }
    set_penalty(penalty, &layout);
    struct logistic_problem problem = {.rows = rows,
                                       .size = layout.size,
                                       .most = 1 + 2 * DRIVER_COUNT,
                                       .row = entries_of,
                                       .context = &layout,
                                       .outcome = defaulted,
                                       .fold = fold,
                                       .without = without,
                                       .penalty = penalty};
    if (logistic_fit(beta, &problem, err) < 0)
        goto done;
    out->intercept = beta[0];
    for (size_t d = 0; d < DRIVER_COUNT; d++) {
        struct risk_curve *curve = &out->curves[d];
        memcpy(curve->effect, beta + layout.first[d], curve->count * sizeof *beta);
        curve->missing = beta[layout.first[d] + curve->count];
    }
    failed = 0;
done:
    free(beta);
    free(penalty);
    return failed;
}

static size_t history_entries(const void *context, size_t row, unsigned *index, double *weight)
{
    const double *scores = (const double *)context + row * TENDENCIES;
    for (unsigned i = 0; i < TENDENCIES; i++) {
        index[i] = i;
        weight[i] = isnan(scores[i]) ? 0 : scores[i];
    }
    return TENDENCIES;
}

int risk_fit_history(struct risk *risk, const double *scores, const double *offset, const uint8_t *defaulted,
                     const uint8_t *fold, unsigned without, size_t rows, struct error *err)
{
    double penalty[TENDENCIES * TENDENCIES] = {0};
    for (size_t i = 0; i < TENDENCIES; i++)
        penalty[i * TENDENCIES + i] = HISTORY_SHRINKAGE;
    struct logistic_problem problem = {.rows = rows,
                                       .size = TENDENCIES,
                                       .most = TENDENCIES,
                                       .row = history_entries,
                                       .context = scores,
                                       .offset = offset,
                                       .outcome = defaulted,
                                       .fold = fold,
                                       .without = without,
                                       .penalty = penalty};
    return logistic_fit(risk->history, &problem, err);
}

static int write_numbers(struct buffer *out, const double *numbers, size_t count, struct error *err)
{
    if (buffer_append_text(out, "[", err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (buffer_append_format(out, err, "%s%.9g", i ? "," : "", numbers[i]) < 0)
            return -1;
    return buffer_append_text(out, "]", err);
}

int risk_write(const struct risk *risk, struct buffer *out, struct error *err)
{
    if (buffer_append_format(out, err, "{\"intercept\":%.8g,\"hidden\":%g,\"drivers\":{", risk->intercept,
                             risk->hidden) < 0)
        return -1;
    for (size_t d = 0; d < DRIVER_COUNT; d++) {
        const struct risk_curve *curve = &risk->curves[d];
        if (buffer_append_format(out, err, "%s\n\"%s\":{\"at\":", d ? "," : "", DRIVERS[d].name) < 0 ||
            write_numbers(out, curve->at, curve->count, err) < 0 ||
            buffer_append_text(out, ",\"effect\":", err) < 0 ||
            write_numbers(out, curve->effect, curve->count, err) < 0 ||
            buffer_append_format(out, err, ",\"missing\":%.6g}", curve->missing) < 0)
            return -1;
    }
    if (buffer_append_text(out, "},\n\"history\":{", err) < 0)
        return -1;
    for (size_t i = 0; i < TENDENCIES; i++)
        if (buffer_append_format(out, err, "%s\"%s\":%.6g", i ? "," : "", FIELDS[FIELD_HISTORY + i].name,
                                 risk->history[i]) < 0)
            return -1;
    return buffer_append_text(out, "}}", err);
}

static int read_number(double *out, const json_t *object, const char *key, const char *where,
                       struct error *err)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        return error_set(err, ERROR_PARSE, "%s: \"%s\" is not a number", where, key);
    *out = json_number_value(value);
    return 0;
}

static int read_curve(struct risk_curve *out, const json_t *json, const char *name, struct error *err)
{
    const json_t *at = json_object_get(json, "at"), *effect = json_object_get(json, "effect");
    out->count = json_array_size(at);
    if (out->count > RISK_LEVELS || json_array_size(effect) != out->count)
        return error_set(err, ERROR_PARSE, "risk driver %s: \"at\" and \"effect\" do not go together", name);
    for (size_t i = 0; i < out->count; i++) {
        out->at[i] = json_number_value(json_array_get(at, i));
        out->effect[i] = json_number_value(json_array_get(effect, i));
    }
    return read_number(&out->missing, json, "missing", name, err);
}

int risk_read(struct risk *out, const json_t *json, struct error *err)
{
    *out = (struct risk){0};
    if (read_number(&out->intercept, json, "intercept", "risk", err) < 0 ||
        read_number(&out->hidden, json, "hidden", "risk", err) < 0)
        return -1;
    const json_t *drivers = json_object_get(json, "drivers"), *history = json_object_get(json, "history");
    for (size_t d = 0; d < DRIVER_COUNT; d++)
        if (read_curve(&out->curves[d], json_object_get(drivers, DRIVERS[d].name), DRIVERS[d].name, err) < 0)
            return -1;
    for (size_t i = 0; i < TENDENCIES; i++)
        if (read_number(&out->history[i], history, FIELDS[FIELD_HISTORY + i].name, "risk history", err) < 0)
            return -1;
    return 0;
}
