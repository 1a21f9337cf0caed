/* What the copula draws for a client: one field per column of the application, virtual ones where
 * columns hang together by rule, flags for "missing", and the effects that shape a client's history.
 * A field may depend on fields before it (its stratum); those after it may not. */
#ifndef CLAIRSCORE_PORTFOLIO_FIELDS_H
#define CLAIRSCORE_PORTFOLIO_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/data/home_credit.h"

enum field_kind {
    FIELD_NUMBER, /* a quantity */
    FIELD_LEVELS, /* a category or pattern; its levels are ordered so that a correlation means something */
    FIELD_FLAG,   /* 0 or 1 */
    FIELD_EFFECT  /* a standard normal: a tendency that shows only in the history tables */
};

enum stratum {
    STRATUM_ONE, /* no condition */
    STRATUM_RETIRED,
    STRATUM_CONTRACT,
    STRATUM_GENDER,
    STRATUM_FAMILY,
    STRATUM_GENDER_EDUCATION,
    STRATUM_OCCUPATION,
    STRATUM_PAPERS,          /* revolving; cash of a worker; cash of a pensioner */
    STRATUM_CONTRACT_GOODS,  /* revolving; cash by band of the goods' price */
    STRATUM_CONTRACT_CREDIT, /* revolving; cash by band of the credit */
    STRATUM_RATING,
    STRATUM_REGIONS,  /* the pattern of the three region flags */
    STRATUM_OBSERVED, /* OBS_30_CNT_SOCIAL_CIRCLE, 6 and more together */
    STRATUM_DEFAULTED /* DEF_30_CNT_SOCIAL_CIRCLE, 3 and more together */
};

/* X(field, kind, application column or -1, stratum, field that flags it missing or -1, rounding step) */
#define FIELD_PLAIN(X, name, kind, stratum, step) X(name, kind, APPLICATION_##name, stratum, -1, step)
#define FIELD_GAPPY(X, name, kind, stratum, step)                                                            \
    X(MISSING_##name, FIELD_FLAG, -1, STRATUM_ONE, -1, 1)                                                    \
    X(name, kind, APPLICATION_##name, stratum, FIELD_OF_MISSING_##name, step)
/* A measure of the client's building comes three times and is missing three times or never. */
#define FIELD_BUILDING(X, name)                                                                              \
    X(MISSING_##name, FIELD_FLAG, -1, STRATUM_ONE, -1, 1)                                                    \
    X(name##_AVG, FIELD_NUMBER, APPLICATION_##name##_AVG, STRATUM_ONE, FIELD_OF_MISSING_##name, 1e-4)        \
    X(name##_MODE, FIELD_NUMBER, APPLICATION_##name##_MODE, STRATUM_ONE, FIELD_OF_MISSING_##name, 1e-4)      \
    X(name##_MEDI, FIELD_NUMBER, APPLICATION_##name##_MEDI, STRATUM_ONE, FIELD_OF_MISSING_##name, 1e-4)

#define FIELD_LIST(X)                                                                                        \
    X(RETIRED, FIELD_FLAG, -1, STRATUM_ONE, -1, 1) /* DAYS_EMPLOYED is 365243 */                             \
    FIELD_PLAIN(X, NAME_CONTRACT_TYPE, FIELD_LEVELS, STRATUM_ONE, 0)                                         \
    FIELD_PLAIN(X, CODE_GENDER, FIELD_LEVELS, STRATUM_RETIRED, 0)                                            \
    FIELD_PLAIN(X, NAME_INCOME_TYPE, FIELD_LEVELS, STRATUM_RETIRED, 0)                                       \
    FIELD_PLAIN(X, NAME_EDUCATION_TYPE, FIELD_LEVELS, STRATUM_RETIRED, 0)                                    \
    FIELD_PLAIN(X, DAYS_BIRTH, FIELD_NUMBER, STRATUM_RETIRED, 1)                                             \
    FIELD_PLAIN(X, NAME_FAMILY_STATUS, FIELD_LEVELS, STRATUM_GENDER, 0)                                      \
    FIELD_PLAIN(X, CNT_CHILDREN, FIELD_NUMBER, STRATUM_FAMILY, 1)                                            \
    FIELD_PLAIN(X, NAME_HOUSING_TYPE, FIELD_LEVELS, STRATUM_ONE, 0)                                          \
    X(EMPLOYED, FIELD_NUMBER, -1, STRATUM_ONE, -1, 1) /* DAYS_EMPLOYED of those who are */                   \
    X(MISSING_OCCUPATION, FIELD_FLAG, -1, STRATUM_ONE, -1, 1)                                                \
    X(OCCUPATION_TYPE, FIELD_LEVELS, APPLICATION_OCCUPATION_TYPE, STRATUM_GENDER_EDUCATION,                  \
      FIELD_OF_MISSING_OCCUPATION, 0)                                                                        \
    X(ORGANIZATION_TYPE, FIELD_LEVELS, -1, STRATUM_OCCUPATION, -1, 0)                                        \
    FIELD_PLAIN(X, FLAG_OWN_CAR, FIELD_LEVELS, STRATUM_GENDER, 0)                                            \
    X(OWN_CAR_AGE, FIELD_NUMBER, APPLICATION_OWN_CAR_AGE, STRATUM_ONE, -1, 1)                                \
    FIELD_PLAIN(X, FLAG_OWN_REALTY, FIELD_LEVELS, STRATUM_ONE, 0)                                            \
    FIELD_PLAIN(X, AMT_INCOME_TOTAL, FIELD_NUMBER, STRATUM_RETIRED, 450)                                     \
    X(MISSING_GOODS, FIELD_FLAG, -1, STRATUM_CONTRACT, -1, 1)                                                \
    X(GOODS, FIELD_NUMBER, -1, STRATUM_CONTRACT, -1, 4500) /* AMT_GOODS_PRICE, else the credit */            \
    X(CREDIT_TO_GOODS, FIELD_NUMBER, -1, STRATUM_CONTRACT_GOODS, -1, 1e-4)                                   \
    X(CREDIT_TO_ANNUITY, FIELD_NUMBER, -1, STRATUM_CONTRACT_CREDIT, -1, 1e-4)                                \
    FIELD_GAPPY(X, NAME_TYPE_SUITE, FIELD_LEVELS, STRATUM_FAMILY, 0)                                         \
    FIELD_PLAIN(X, REGION_RATING_CLIENT, FIELD_LEVELS, STRATUM_ONE, 1)                                       \
    FIELD_PLAIN(X, REGION_RATING_CLIENT_W_CITY, FIELD_LEVELS, STRATUM_RATING, 1)                             \
    FIELD_PLAIN(X, REGION_POPULATION_RELATIVE, FIELD_NUMBER, STRATUM_RATING, 1e-6)                           \
    X(REGIONS, FIELD_LEVELS, -1, STRATUM_RETIRED, -1, 0) /* the three flags of regions as one pattern */     \
    X(CITIES, FIELD_LEVELS, -1, STRATUM_REGIONS, -1, 0)  /* the three flags of cities */                     \
    FIELD_PLAIN(X, WEEKDAY_APPR_PROCESS_START, FIELD_LEVELS, STRATUM_ONE, 0)                                 \
    FIELD_PLAIN(X, HOUR_APPR_PROCESS_START, FIELD_NUMBER, STRATUM_RATING, 1)                                 \
    FIELD_PLAIN(X, DAYS_REGISTRATION, FIELD_NUMBER, STRATUM_ONE, 1)                                          \
    FIELD_PLAIN(X, DAYS_ID_PUBLISH, FIELD_NUMBER, STRATUM_ONE, 1)                                            \
    FIELD_PLAIN(X, FLAG_WORK_PHONE, FIELD_FLAG, STRATUM_RETIRED, 1)                                          \
    FIELD_PLAIN(X, FLAG_CONT_MOBILE, FIELD_FLAG, STRATUM_ONE, 1)                                             \
    FIELD_PLAIN(X, FLAG_PHONE, FIELD_FLAG, STRATUM_ONE, 1)                                                   \
    FIELD_PLAIN(X, FLAG_EMAIL, FIELD_FLAG, STRATUM_ONE, 1)                                                   \
    FIELD_GAPPY(X, EXT_SOURCE_1, FIELD_NUMBER, STRATUM_ONE, 0)                                               \
    FIELD_GAPPY(X, EXT_SOURCE_2, FIELD_NUMBER, STRATUM_ONE, 0)                                               \
    FIELD_GAPPY(X, EXT_SOURCE_3, FIELD_NUMBER, STRATUM_ONE, 0)                                               \
    FIELD_BUILDING(X, APARTMENTS)                                                                            \
    FIELD_BUILDING(X, BASEMENTAREA)                                                                          \
    FIELD_BUILDING(X, YEARS_BEGINEXPLUATATION)                                                               \
    FIELD_BUILDING(X, YEARS_BUILD)                                                                           \
    FIELD_BUILDING(X, COMMONAREA)                                                                            \
    FIELD_BUILDING(X, ELEVATORS)                                                                             \
    FIELD_BUILDING(X, ENTRANCES)                                                                             \
    FIELD_BUILDING(X, FLOORSMAX)                                                                             \
    FIELD_BUILDING(X, FLOORSMIN)                                                                             \
    FIELD_BUILDING(X, LANDAREA)                                                                              \
    FIELD_BUILDING(X, LIVINGAPARTMENTS)                                                                      \
    FIELD_BUILDING(X, LIVINGAREA)                                                                            \
    FIELD_BUILDING(X, NONLIVINGAPARTMENTS)                                                                   \
    FIELD_BUILDING(X, NONLIVINGAREA)                                                                         \
    FIELD_GAPPY(X, FONDKAPREMONT_MODE, FIELD_LEVELS, STRATUM_ONE, 0)                                         \
    FIELD_GAPPY(X, HOUSETYPE_MODE, FIELD_LEVELS, STRATUM_ONE, 0)                                             \
    FIELD_GAPPY(X, TOTALAREA_MODE, FIELD_NUMBER, STRATUM_ONE, 1e-4)                                          \
    FIELD_GAPPY(X, WALLSMATERIAL_MODE, FIELD_LEVELS, STRATUM_ONE, 0)                                         \
    FIELD_GAPPY(X, EMERGENCYSTATE_MODE, FIELD_LEVELS, STRATUM_ONE, 0)                                        \
    FIELD_GAPPY(X, OBS_30_CNT_SOCIAL_CIRCLE, FIELD_NUMBER, STRATUM_ONE, 1)                                   \
    X(OBS_60_CNT_SOCIAL_CIRCLE, FIELD_NUMBER, APPLICATION_OBS_60_CNT_SOCIAL_CIRCLE, STRATUM_OBSERVED,        \
      FIELD_OF_MISSING_OBS_30_CNT_SOCIAL_CIRCLE, 1)                                                          \
    X(DEF_30_CNT_SOCIAL_CIRCLE, FIELD_NUMBER, APPLICATION_DEF_30_CNT_SOCIAL_CIRCLE, STRATUM_OBSERVED,        \
      FIELD_OF_MISSING_OBS_30_CNT_SOCIAL_CIRCLE, 1)                                                          \
    X(DEF_60_CNT_SOCIAL_CIRCLE, FIELD_NUMBER, APPLICATION_DEF_60_CNT_SOCIAL_CIRCLE, STRATUM_DEFAULTED,       \
      FIELD_OF_MISSING_OBS_30_CNT_SOCIAL_CIRCLE, 1)                                                          \
    FIELD_PLAIN(X, DAYS_LAST_PHONE_CHANGE, FIELD_NUMBER, STRATUM_ONE, 1)                                     \
    X(DOCUMENTS, FIELD_LEVELS, -1, STRATUM_PAPERS, -1, 0) /* FLAG_DOCUMENT_2..21 as one pattern */           \
    FIELD_GAPPY(X, AMT_REQ_CREDIT_BUREAU_HOUR, FIELD_NUMBER, STRATUM_ONE, 1)                                 \
    X(AMT_REQ_CREDIT_BUREAU_DAY, FIELD_NUMBER, APPLICATION_AMT_REQ_CREDIT_BUREAU_DAY, STRATUM_ONE,           \
      FIELD_OF_MISSING_AMT_REQ_CREDIT_BUREAU_HOUR, 1)                                                        \
    X(AMT_REQ_CREDIT_BUREAU_WEEK, FIELD_NUMBER, APPLICATION_AMT_REQ_CREDIT_BUREAU_WEEK, STRATUM_ONE,         \
      FIELD_OF_MISSING_AMT_REQ_CREDIT_BUREAU_HOUR, 1)                                                        \
    X(AMT_REQ_CREDIT_BUREAU_MON, FIELD_NUMBER, APPLICATION_AMT_REQ_CREDIT_BUREAU_MON, STRATUM_ONE,           \
      FIELD_OF_MISSING_AMT_REQ_CREDIT_BUREAU_HOUR, 1)                                                        \
    X(AMT_REQ_CREDIT_BUREAU_QRT, FIELD_NUMBER, APPLICATION_AMT_REQ_CREDIT_BUREAU_QRT, STRATUM_ONE,           \
      FIELD_OF_MISSING_AMT_REQ_CREDIT_BUREAU_HOUR, 1)                                                        \
    X(AMT_REQ_CREDIT_BUREAU_YEAR, FIELD_NUMBER, APPLICATION_AMT_REQ_CREDIT_BUREAU_YEAR, STRATUM_ONE,         \
      FIELD_OF_MISSING_AMT_REQ_CREDIT_BUREAU_HOUR, 1)                                                        \
    X(BUREAU_COUNT, FIELD_NUMBER, -1, STRATUM_ONE, -1, 1)    /* rows in bureau */                            \
    X(PREVIOUS_COUNT, FIELD_NUMBER, -1, STRATUM_ONE, -1, 1)  /* rows in previous_application */              \
    X(BUREAU_REPORTED, FIELD_FLAG, -1, STRATUM_ONE, -1, 1)   /* bureau_balance has the client's credits */   \
    X(BUREAU_RECENT, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0)   /* credits at the bureau are young */           \
    X(BUREAU_OPEN, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0)     /* … are still open, age for age */           \
    X(BUREAU_LARGE, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0)    /* … are large */                             \
    X(BUREAU_INDEBTED, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0) /* much of the open ones is still owed */       \
    X(BUREAU_LATE, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0)     /* months late on them */                       \
    X(PREVIOUS_RECENT, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0)                                                 \
    X(PREVIOUS_REFUSED, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0)                                                \
    X(PREVIOUS_LARGE, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0)                                                  \
    X(LATE, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0)     /* pays its instalments late */                        \
    X(CARD_USE, FIELD_EFFECT, -1, STRATUM_ONE, -1, 0) /* lives on the card's limit */

enum field_index {
#define FIELD_INDEX(name, ...) FIELD_OF_##name,
    FIELD_LIST(FIELD_INDEX)
#undef FIELD_INDEX
        FIELD_COUNT,
    FIELD_HISTORY = FIELD_OF_BUREAU_COUNT, /* the fields from here on come from the history tables */
    FIELD_FIRST_EFFECT = FIELD_OF_BUREAU_RECENT
};

struct field {
    const char *name;
    enum field_kind kind;
    int column;
    enum stratum stratum;
    int missing;
    double step;
};

extern const struct field FIELDS[FIELD_COUNT];

/* How many strata a condition has, and the one that holds for these field values. */
size_t field_strata(enum stratum stratum);
size_t field_stratum(enum stratum stratum, const double *values);

/* True when the stratum is read from field `of`. A field's latent normal says where a client stands
 * within its stratum, so it must not lean with the fields that set the stratum. */
bool field_conditions(enum stratum stratum, size_t of);

/* values[FIELD_COUNT] of an application row. A field that is missing, or means nothing for this
 * client (the age of no car), is NaN, and so are the history fields. */
void fields_read(double *values, const double *row);

/* The application row (without key and TARGET) that the values stand for. The rules that tie columns
 * together hold in it, and field values that break a rule (years of work before birth) are mended. */
void fields_write(double *row, double *values);

/* True when the field can apply given the fields before it. */
bool field_applies(size_t field, const double *values);

/* The schema column whose category names the levels of a field, or NULL when they are plain numbers. */
const struct column *field_categories(size_t field);

#endif
