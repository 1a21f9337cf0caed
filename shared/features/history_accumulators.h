/* The sums behind a client's history features: one struct per table, plain numbers, no pointers, so that a
 * history can be stored as bytes. Sums are over known values only; their counts stand beside them. */
#ifndef CLAIRSCORE_FEATURES_HISTORY_ACCUMULATORS_H
#define CLAIRSCORE_FEATURES_HISTORY_ACCUMULATORS_H

#include <stdint.h>

#include "shared/data/home_credit.h"

/* Sum and count of the known values of one quantity; the mean is missing when count is 0. */
struct mean {
    double sum;
    uint32_t count;
};

/* The largest known value; missing when count is 0. A least value is the largest of the negated ones. */
struct extreme {
    double value;
    uint32_t count;
};

struct bureau_sums {
    uint32_t rows, active;
    uint32_t types;                    /* bit set of CREDIT_TYPE */
    double credit, debt, overdue;      /* over all credits */
    double active_credit, active_debt; /* over active ones */
    double active_annuity;
    struct mean days_credit;
    struct extreme days_credit_latest, days_end_furthest, overdue_largest;
};

struct bureau_balance_sums {
    uint32_t months, months_past_due;           /* STATUS 1..5 counts as past due */
    uint32_t year_months, year_months_past_due; /* the last 12 months */
};

struct previous_sums {
    uint32_t rows, approved, refused;
    uint32_t year_rows, year_refused; /* decided in the last 365 days */
    struct mean application_to_credit, term, annuity_to_credit, interest;
    struct extreme application_to_credit_least; /* negated */
    struct extreme down_payment_rate, days_decision_latest, approved_credit_largest;
    struct mean approved_credit, approved_annuity;
};

struct pos_sums {
    uint32_t months, months_past_due;
    struct mean remaining; /* instalments still to pay over all of the contract */
};

struct instalment_sums {
    struct mean days_past_due, days_before_due, paid_ratio;
    struct extreme days_past_due_largest;
    uint32_t known, late, late_over_week;
    uint32_t year_known, year_late; /* due in the last 365 days */
};

struct card_sums {
    uint32_t months, months_past_due;
    struct mean limit_use, cash_to_limit, paid_to_minimum;
    struct extreme limit_use_largest;
};

struct history {
    uint32_t known; /* bit set of enum home_credit_table: whose rows were supplied */
    struct bureau_sums bureau;
    struct bureau_balance_sums bureau_balance;
    struct previous_sums previous;
    struct pos_sums pos;
    struct instalment_sums instalments;
    struct card_sums card;
};

#endif
