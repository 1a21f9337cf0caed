#include "notebooks-port/explore/anomalies.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "notebooks-port/explore/applications.h"

static const struct {
    const char *code;
    size_t column;
} anomalies[ANOMALY_COUNT] = {
    [ANOMALY_EMPLOYED_365243] = {"employed_365243", APPLICATION_DAYS_EMPLOYED},
    [ANOMALY_GENDER_XNA] = {"gender_xna", APPLICATION_CODE_GENDER},
    [ANOMALY_ORGANIZATION_XNA] = {"organization_xna", APPLICATION_ORGANIZATION_TYPE},
    [ANOMALY_FAMILY_UNKNOWN] = {"family_unknown", APPLICATION_NAME_FAMILY_STATUS},
    [ANOMALY_REGION_RATING] = {"region_rating", APPLICATION_REGION_RATING_CLIENT_W_CITY},
    [ANOMALY_AGE] = {"age", APPLICATION_DAYS_BIRTH},
    [ANOMALY_EMPLOYED_BEFORE] = {"employed_before", APPLICATION_DAYS_EMPLOYED},
    [ANOMALY_CAR_AGE] = {"car_age", APPLICATION_OWN_CAR_AGE},
    [ANOMALY_CAR_WITHOUT] = {"car_without", APPLICATION_OWN_CAR_AGE},
    [ANOMALY_FAMILY_SIZE] = {"family_size", APPLICATION_CNT_FAM_MEMBERS},
    [ANOMALY_INCOME_EXTREME] = {"income_extreme", APPLICATION_AMT_INCOME_TOTAL},
    [ANOMALY_INCOME_ZERO] = {"income_zero", APPLICATION_AMT_INCOME_TOTAL},
    [ANOMALY_ANNUITY_OF_CREDIT] = {"annuity_of_credit", APPLICATION_AMT_ANNUITY},
};

size_t anomaly_column(enum anomaly_kind kind)
{
    return anomalies[kind].column;
}

const char *anomaly_code(enum anomaly_kind kind)
{
    return anomalies[kind].code;
}

/* Comparisons with a missing value are false, so it is no anomaly. */
static bool has(enum anomaly_kind kind, const double *row, double median_income)
{
    static const double YEAR = 365.25;
    static const double YOUNGEST = 18;
    static const double OLDEST = 100;
    static const double FIRST_JOB = 14;
    static const double OLDEST_CAR = 60;
    static const double EXTREME = 100;
    double age = -row[APPLICATION_DAYS_BIRTH] / YEAR;
    double value = row[anomalies[kind].column];
    switch (kind) {
    case ANOMALY_EMPLOYED_365243:
        return value == DAYS_UNKNOWN;
    case ANOMALY_GENDER_XNA:
        return value == CODE_GENDER_XNA;
    case ANOMALY_ORGANIZATION_XNA:
        return value == ORGANIZATION_TYPE_XNA;
    case ANOMALY_FAMILY_UNKNOWN:
        return value == NAME_FAMILY_STATUS_UNKNOWN;
    case ANOMALY_REGION_RATING:
        return value < 1;
    case ANOMALY_AGE:
        return age < YOUNGEST || age > OLDEST;
    case ANOMALY_EMPLOYED_BEFORE:
        return -value / YEAR > age - FIRST_JOB;
    case ANOMALY_CAR_AGE:
        return value > OLDEST_CAR;
    case ANOMALY_CAR_WITHOUT:
        return !isnan(value) && row[APPLICATION_FLAG_OWN_CAR] == YES_NO_LETTER_N;
    case ANOMALY_FAMILY_SIZE:
        return value <= row[APPLICATION_CNT_CHILDREN];
    case ANOMALY_INCOME_EXTREME:
        return value > EXTREME * median_income;
    case ANOMALY_INCOME_ZERO:
        return value <= 0;
    case ANOMALY_ANNUITY_OF_CREDIT:
        return value > row[APPLICATION_AMT_CREDIT];
    case ANOMALY_COUNT:
        break;
    }
    return false;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

int anomalies_count(struct rate out[ANOMALY_COUNT], const struct table *table, struct error *err)
{
    size_t rows = table_rows(table);
    double *incomes = malloc((rows + 1) * sizeof *incomes);
    if (!incomes)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu values", rows);
    applications_column(incomes, table, APPLICATION_AMT_INCOME_TOTAL); /* required: none is missing */
    qsort(incomes, rows, sizeof *incomes, compare);
    double median = rows ? incomes[rows / 2] : 0;
    free(incomes);
    size_t clients[ANOMALY_COUNT] = {0};
    size_t defaults[ANOMALY_COUNT] = {0};
    for (size_t i = 0; i < rows; i++) {
        double row[APPLICATION_COLUMNS];
        table_row(table, i, row);
        for (size_t kind = 0; kind < ANOMALY_COUNT; kind++)
            if (has((enum anomaly_kind)kind, row, median)) {
                clients[kind]++;
                defaults[kind] += row[APPLICATION_TARGET] == 1;
            }
    }
    for (size_t kind = 0; kind < ANOMALY_COUNT; kind++)
        out[kind] = rate_of(kind, clients[kind], defaults[kind]);
    return 0;
}
