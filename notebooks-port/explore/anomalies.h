/* Values that cannot be what they say: placeholders for "unknown", and what contradicts itself. */
#ifndef CLAIRSCORE_EXPLORE_ANOMALIES_H
#define CLAIRSCORE_EXPLORE_ANOMALIES_H

#include <stddef.h>

#include "notebooks-port/explore/rates.h"
#include "shared/base/error.h"
#include "shared/data/table.h"

enum anomaly_kind {
    ANOMALY_EMPLOYED_365243,   /* DAYS_EMPLOYED = 365243: a thousand years ahead; pensioners and unemployed */
    ANOMALY_GENDER_XNA,        /* CODE_GENDER = XNA */
    ANOMALY_ORGANIZATION_XNA,  /* ORGANIZATION_TYPE = XNA */
    ANOMALY_FAMILY_UNKNOWN,    /* NAME_FAMILY_STATUS = Unknown */
    ANOMALY_REGION_RATING,     /* REGION_RATING_CLIENT_W_CITY = −1, of a scale from 1 to 3 */
    ANOMALY_AGE,               /* younger than 18 or older than 100 */
    ANOMALY_EMPLOYED_BEFORE,   /* in the present job since before the 14th birthday */
    ANOMALY_CAR_AGE,           /* OWN_CAR_AGE above 60 years: 64 and 65 stand for unknown */
    ANOMALY_CAR_WITHOUT,       /* a car's age although FLAG_OWN_CAR = N */
    ANOMALY_FAMILY_SIZE,       /* no more family members than children */
    ANOMALY_INCOME_EXTREME,    /* income above 100 times the median */
    ANOMALY_INCOME_ZERO,       /* no income at all */
    ANOMALY_ANNUITY_OF_CREDIT, /* one instalment above the whole credit */
    ANOMALY_COUNT
};

/* The column that an anomaly shows in, and its short code for machines: "employed_365243". */
size_t anomaly_column(enum anomaly_kind kind);
const char *anomaly_code(enum anomaly_kind kind);

/* Counts the rows with each anomaly and how many of those clients defaulted: out[ANOMALY_COUNT]. */
int anomalies_count(struct rate out[ANOMALY_COUNT], const struct table *table, struct error *err);

#endif
