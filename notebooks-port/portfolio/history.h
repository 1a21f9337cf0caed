/* What is known of the history tables: for each quantity of a row its distribution given the kind of
 * row, and how strongly rows of one client resemble each other. */
#ifndef CLAIRSCORE_PORTFOLIO_HISTORY_H
#define CLAIRSCORE_PORTFOLIO_HISTORY_H

#include <jansson.h>

#include "notebooks-port/portfolio/fields.h"
#include "notebooks-port/portfolio/marginal.h"
#include "notebooks-port/portfolio/random.h"
#include "shared/base/buffer.h"
#include "shared/base/error.h"

enum {
    CREDIT_KINDS = 6,  /* consumer, card, car, mortgage, microloan, other */
    AGE_BANDS = 7,     /* of a bureau credit, by days */
    CREDIT_STATES = 2, /* open (or sold); closed */
    PREVIOUS_TYPES = PREVIOUS_CONTRACT_TYPE_COUNT,
    PREVIOUS_STATES = NAME_CONTRACT_STATUS_COUNT,
    PREVIOUS_KINDS = (int)PREVIOUS_TYPES * (int)PREVIOUS_STATES,
    PREVIOUS_AGES = 5,                            /* of a previous application, by days */
    COMBINATIONS = PRODUCT_COMBINATION_COUNT + 1, /* the last stands for none */
    CONTEXTS = (int)COMBINATIONS * (int)PREVIOUS_STATES,
    CHANNELS = CHANNEL_TYPE_COUNT,
    INDUSTRIES = NAME_SELLER_INDUSTRY_COUNT,
    YIELDS = NAME_YIELD_GROUP_COUNT,
    BALANCE_STATES = BUREAU_BALANCE_STATUS_COUNT,
    LOAN_TYPES = 3 /* cash, consumer, card */
};

/* X(name, strata, fineness: 0 for categories, number of intervals otherwise) */
#define HISTORY_LIST(X)                                                                                      \
    X(BUREAU_TYPE, 1, 0)                                                                                     \
    X(BUREAU_DAYS, CREDIT_KINDS, 50)                                                                         \
    X(BUREAU_ACTIVE, CREDIT_KINDS *AGE_BANDS, 0) /* rank: closed, sold, active */                            \
    X(BUREAU_CURRENCY, 1, 0)                                                                                 \
    X(BUREAU_SUM, CREDIT_KINDS *CREDIT_STATES, 30)                                                           \
    X(BUREAU_LIFE, CREDIT_KINDS *AGE_BANDS, 20)     /* closed after this share of its age */                 \
    X(BUREAU_MARGIN, CREDIT_KINDS, 20)              /* agreed end minus real end of a closed one, days */    \
    X(BUREAU_END, CREDIT_KINDS *AGE_BANDS, 20)      /* agreed end of an open one, days */                    \
    X(BUREAU_DEBT, CREDIT_KINDS *CREDIT_STATES, 20) /* debt / sum */                                         \
    X(BUREAU_LIMIT, CREDIT_KINDS *CREDIT_STATES, 20)                                                         \
    X(BUREAU_MAX_OVERDUE, CREDIT_STATES, 30)                                                                 \
    X(BUREAU_DAY_OVERDUE, CREDIT_STATES, 4)                                                                  \
    X(BUREAU_SUM_OVERDUE, 1, 4) /* of those with days overdue */                                             \
    X(BUREAU_PROLONG, 1, 0)                                                                                  \
    X(BUREAU_UPDATE, CREDIT_STATES, 30) /* open: days; closed: days after the real end */                    \
    X(BUREAU_ANNUITY_KNOWN, 1, 0)       /* whether the client's annuities are */                             \
    X(BUREAU_ANNUITY, CREDIT_KINDS *CREDIT_STATES, 20)                                                       \
    X(BALANCE_LAST, CREDIT_STATES, 10) /* months after the last reported one */                              \
    X(BALANCE_FIRST, 1, 0)                                                                                   \
    X(BALANCE_FALLS_LATE, 1, 0)        /* from "0" to "1" */                                                 \
    X(BALANCE_NEXT, BALANCE_STATES, 0) /* of an open credit that does not */                                 \
    X(PREVIOUS_DAYS, 1, 60)                                                                                  \
    X(PREVIOUS_TYPE, PREVIOUS_AGES, 0)                                                                       \
    X(PREVIOUS_STATUS, PREVIOUS_TYPES *PREVIOUS_AGES, 0) /* rank: approved, unused, canceled, refused */     \
    X(PREVIOUS_COMBINATION, PREVIOUS_KINDS, 0)                                                               \
    X(PREVIOUS_PORTFOLIO, CONTEXTS, 0)                                                                       \
    X(PREVIOUS_PRODUCT, CONTEXTS, 0)                                                                         \
    X(PREVIOUS_YIELD, CONTEXTS, 0)                                                                           \
    X(PREVIOUS_CHANNEL, CONTEXTS, 0)                                                                         \
    X(PREVIOUS_INDUSTRY, CHANNELS *COMBINATIONS, 0)                                                          \
    X(PREVIOUS_GOODS, INDUSTRIES *PREVIOUS_TYPES, 0)                                                         \
    X(PREVIOUS_PURPOSE, CONTEXTS, 0)                                                                         \
    X(PREVIOUS_PAYMENT, CONTEXTS, 0)                                                                         \
    X(PREVIOUS_REASON, PREVIOUS_KINDS, 0)                                                                    \
    X(PREVIOUS_SUITE, PREVIOUS_KINDS, 0)                                                                     \
    X(PREVIOUS_CLIENT, PREVIOUS_KINDS * 2, 0) /* its first application, or a later one */                    \
    X(PREVIOUS_AREA, CHANNELS *PREVIOUS_TYPES, 12)                                                           \
    X(PREVIOUS_HOUR, CHANNELS, 24)                                                                           \
    X(PREVIOUS_WEEKDAY, CHANNELS, 0)                                                                         \
    X(PREVIOUS_LAST_FLAG, PREVIOUS_KINDS, 0) /* FLAG_LAST_APPL_PER_CONTRACT */                               \
    X(PREVIOUS_DAY_FLAG, PREVIOUS_KINDS, 0)  /* NFLAG_LAST_APPL_IN_DAY */                                    \
    X(PREVIOUS_AMOUNT, CONTEXTS, 40)         /* AMT_APPLICATION */                                           \
    X(PREVIOUS_UNASKED, CONTEXTS, 20)        /* AMT_CREDIT where AMT_APPLICATION is 0 */                     \
    X(PREVIOUS_PRICED, CONTEXTS, 0)          /* whether annuity and term are known */                        \
    X(PREVIOUS_GOODS_KNOWN, CONTEXTS, 0)                                                                     \
    X(PREVIOUS_DOWN, CONTEXTS, 20)  /* down payment / goods; missing where there is none */                  \
    X(PREVIOUS_RATIO, CONTEXTS, 30) /* credit / (application − down payment) */                            \
    X(PREVIOUS_TERM, CONTEXTS, 12)                                                                           \
    X(PREVIOUS_RATE, PREVIOUS_TYPES *YIELDS, 20) /* (annuity · term / credit − 1) · 12 / term */         \
    X(PREVIOUS_PRIMARY, 1, 6)                    /* RATE_INTEREST_PRIMARY where known */                     \
    X(PREVIOUS_PRIVILEGED, 1, 6)                                                                             \
    X(PREVIOUS_DATED, PREVIOUS_TYPES, 0)    /* of the approved: the contract was concluded */                \
    X(PREVIOUS_DRAWING, PREVIOUS_TYPES, 20) /* first drawing minus decision; missing: 365243 */              \
    X(PREVIOUS_DUE, PREVIOUS_TYPES, 10)     /* first due minus decision */                                   \
    X(PREVIOUS_LIVED, PREVIOUS_TYPES, 20)   /* of the ended: instalments paid / term */                      \
    X(PREVIOUS_ENDING, PREVIOUS_TYPES, 10)  /* termination minus last due */                                 \
    X(PREVIOUS_INSURED, CONTEXTS, 0)                                                                         \
    X(POS_SIGNED, LOAN_TYPES, 0) /* the first month is "Signed" */                                           \
    X(POS_FALLS_LATE, LOAN_TYPES, 0)                                                                         \
    X(POS_STAYS_LATE, LOAN_TYPES, 0)                                                                         \
    X(POS_DAYS_LATE, LOAN_TYPES, 10) /* in the first month late */                                           \
    X(POS_DAYS_MORE, LOAN_TYPES, 10) /* added in a further month */                                          \
    X(POS_TOLERATED, LOAN_TYPES, 0)  /* SK_DPD_DEF stays 0 */                                                \
    X(PAYMENT_DELAY, LOAN_TYPES, 40) /* payment minus due day */                                             \
    X(PAYMENT_PARTS, LOAN_TYPES, 0)  /* an instalment is paid in parts */                                    \
    X(CARD_USED, 1, 0)                                                                                       \
    X(CARD_RAISE, 1, 10)    /* highest limit / AMT_CREDIT at application */                                  \
    X(CARD_DORMANT, 1, 10)  /* share of its months with limit 0 */                                           \
    X(CARD_LEVEL, 1, 20)    /* mean balance / limit of a used one */                                         \
    X(CARD_DRAWS, 4, 0)     /* whether a month has drawings, by use of the limit */                          \
    X(CARD_DRAW, 1, 30)     /* drawings / limit */                                                           \
    X(CARD_DRAW_KIND, 1, 0) /* 0 cash, 1 shops, 2 both, 3 other */                                           \
    X(CARD_DRAW_COUNT, 1, 10)                                                                                \
    X(CARD_PAYS, 1, 20)   /* payment / minimum due */                                                        \
    X(CARD_CHARGE, 1, 20) /* balance / principal − 1 */                                                    \
    X(CARD_LATE, 1, 0)                                                                                       \
    X(CARD_STATUS, 1, 0) /* of the last month */                                                             \
    X(CARD_DETAIL, 1, 0) /* drawings are told apart by kind */

enum history_quantity {
#define HISTORY_INDEX(name, ...) HISTORY_##name,
    HISTORY_LIST(HISTORY_INDEX)
#undef HISTORY_INDEX
        HISTORY_COUNT
};

struct history_entry {
    const char *name;
    size_t strata;
    size_t fineness;
};

extern const struct history_entry HISTORY[HISTORY_COUNT];

struct portfolio_history {
    struct marginal_set sets[HISTORY_COUNT];
    double loading[FIELD_COUNT - FIELD_FIRST_EFFECT]; /* of each effect on the rows it shapes */
    double centre[FIELD_COUNT - FIELD_FIRST_EFFECT];  /* mean of the effect over rows: who has many leans */
};

/* Value of a quantity in a stratum at probability u; NaN when missing. */
double history_at(const struct portfolio_history *history, enum history_quantity quantity, size_t stratum,
                  double u);

/* The same at a random probability. */
double history_draw(const struct portfolio_history *history, enum history_quantity quantity, size_t stratum,
                    struct random_stream *stream);

/* The same at a probability that leans with the client's effect (a field from FIELD_FIRST_EFFECT on). */
double history_lean(const struct portfolio_history *history, enum history_quantity quantity, size_t stratum,
                    const double *values, enum field_index effect, struct random_stream *stream);

/* The probability that a yes-or-no quantity is 1 for a client with this effect. */
double history_chance(const struct portfolio_history *history, enum history_quantity quantity, size_t stratum,
                      const double *values, enum field_index effect);

/* Kind of credit (0..CREDIT_KINDS-1) of a CREDIT_TYPE code; band of an age in days. */
size_t history_credit_kind(double type);
size_t
history_status_rank(double status); /* NAME_CONTRACT_STATUS: approved 0, unused 1, canceled 2, refused 3 */
double history_status_code(size_t rank);
double history_active_rank(double active); /* CREDIT_ACTIVE: closed 0, sold or bad debt 1, active 2 */
double history_active_code(double rank);
size_t history_loan_type(double type); /* previous NAME_CONTRACT_TYPE: 0 cash, 1 consumer, 2 card */
size_t history_age_band(double days);
size_t history_previous_age(double days);

int history_write(const struct portfolio_history *history, struct buffer *out, struct error *err);
int history_read(struct portfolio_history *out, const json_t *json, struct error *err);
void history_free(struct portfolio_history *history);

#endif
