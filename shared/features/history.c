#include "shared/features/history.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "shared/features/catalogue.h"
#include "shared/features/derive.h"

enum { YEAR_DAYS = 365, YEAR_MONTHS = 12, WEEK_DAYS = 7 };

static void mean_add(struct mean *mean, double value)
{
    if (isnan(value))
        return;
    mean->sum += value;
    mean->count++;
}

static void extreme_add(struct extreme *extreme, double value)
{
    if (isnan(value))
        return;
    if (extreme->count == 0 || value > extreme->value)
        extreme->value = value;
    extreme->count++;
}

/* `value` when it is known, else nothing to add. */
static double known_or_zero(double value)
{
    return isnan(value) ? 0 : value;
}

/* NaN when the divisor is zero or anything is missing. */
static double ratio(double dividend, double divisor)
{
    return divisor == 0 ? NAN : dividend / divisor;
}

static void add_bureau(void *part, const double *row)
{
    struct bureau_sums *sums = part;
    sums->rows++;
    if (!isnan(row[BUREAU_CREDIT_TYPE]))
        sums->types |= UINT32_C(1) << (unsigned)row[BUREAU_CREDIT_TYPE];
    sums->credit += known_or_zero(row[BUREAU_AMT_CREDIT_SUM]);
    sums->debt += known_or_zero(row[BUREAU_AMT_CREDIT_SUM_DEBT]);
    sums->overdue += known_or_zero(row[BUREAU_AMT_CREDIT_SUM_OVERDUE]);
    if (row[BUREAU_CREDIT_ACTIVE] == CREDIT_ACTIVE_ACTIVE) {
        sums->active++;
        sums->active_credit += known_or_zero(row[BUREAU_AMT_CREDIT_SUM]);
        sums->active_debt += known_or_zero(row[BUREAU_AMT_CREDIT_SUM_DEBT]);
        sums->active_annuity += known_or_zero(row[BUREAU_AMT_ANNUITY]);
        extreme_add(&sums->days_end_furthest, row[BUREAU_DAYS_CREDIT_ENDDATE]);
    }
    mean_add(&sums->days_credit, row[BUREAU_DAYS_CREDIT]);
    extreme_add(&sums->days_credit_latest, row[BUREAU_DAYS_CREDIT]);
    extreme_add(&sums->overdue_largest, row[BUREAU_AMT_CREDIT_MAX_OVERDUE]);
}

static void add_bureau_balance(void *part, const double *row)
{
    struct bureau_balance_sums *sums = part;
    double status = row[BUREAU_BALANCE_STATUS];
    uint32_t past_due = status >= BUREAU_BALANCE_STATUS_1 && status <= BUREAU_BALANCE_STATUS_5;
    sums->months++;
    sums->months_past_due += past_due;
    if (row[BUREAU_BALANCE_MONTHS_BALANCE] > -YEAR_MONTHS) {
        sums->year_months++;
        sums->year_months_past_due += past_due;
    }
}

static void add_previous(void *part, const double *row)
{
    struct previous_sums *sums = part;
    double status = row[PREVIOUS_APPLICATION_NAME_CONTRACT_STATUS];
    double credit = row[PREVIOUS_APPLICATION_AMT_CREDIT];
    double annuity = row[PREVIOUS_APPLICATION_AMT_ANNUITY];
    double term = row[PREVIOUS_APPLICATION_CNT_PAYMENT];
    double days = row[PREVIOUS_APPLICATION_DAYS_DECISION];
    double asked = ratio(row[PREVIOUS_APPLICATION_AMT_APPLICATION], credit);
    uint32_t refused = status == NAME_CONTRACT_STATUS_REFUSED;

    sums->rows++;
    sums->refused += refused;
    if (days >= -YEAR_DAYS) {
        sums->year_rows++;
        sums->year_refused += refused;
    }
    mean_add(&sums->application_to_credit, asked);
    extreme_add(&sums->application_to_credit_least, -asked);
    mean_add(&sums->term, term);
    extreme_add(&sums->down_payment_rate, row[PREVIOUS_APPLICATION_RATE_DOWN_PAYMENT]);
    extreme_add(&sums->days_decision_latest, days);
    if (status == NAME_CONTRACT_STATUS_APPROVED) {
        sums->approved++;
        mean_add(&sums->approved_credit, credit);
        mean_add(&sums->approved_annuity, annuity);
        extreme_add(&sums->approved_credit_largest, credit);
        mean_add(&sums->annuity_to_credit, ratio(annuity, credit));
        /* What is paid above the credit, per instalment: a simple rate. */
        mean_add(&sums->interest, ratio(ratio(annuity * term, credit) - 1, term));
    }
}

static void add_pos(void *part, const double *row)
{
    struct pos_sums *sums = part;
    sums->months++;
    sums->months_past_due += row[POS_CASH_BALANCE_SK_DPD] > 0;
    mean_add(&sums->remaining,
             ratio(row[POS_CASH_BALANCE_CNT_INSTALMENT_FUTURE], row[POS_CASH_BALANCE_CNT_INSTALMENT]));
}

static void add_instalment(void *part, const double *row)
{
    struct instalment_sums *sums = part;
    double due = row[INSTALLMENTS_PAYMENTS_DAYS_INSTALMENT];
    double late = row[INSTALLMENTS_PAYMENTS_DAYS_ENTRY_PAYMENT] - due;
    mean_add(&sums->paid_ratio,
             ratio(row[INSTALLMENTS_PAYMENTS_AMT_PAYMENT], row[INSTALLMENTS_PAYMENTS_AMT_INSTALMENT]));
    if (isnan(late))
        return;
    mean_add(&sums->days_past_due, late > 0 ? late : 0);
    mean_add(&sums->days_before_due, late < 0 ? -late : 0);
    extreme_add(&sums->days_past_due_largest, late > 0 ? late : 0);
    sums->known++;
    sums->late += late > 0;
    sums->late_over_week += late > WEEK_DAYS;
    if (due >= -YEAR_DAYS) {
        sums->year_known++;
        sums->year_late += late > 0;
    }
}

static void add_card(void *part, const double *row)
{
    struct card_sums *sums = part;
    double limit = row[CREDIT_CARD_BALANCE_AMT_CREDIT_LIMIT_ACTUAL];
    double use = ratio(row[CREDIT_CARD_BALANCE_AMT_BALANCE], limit);
    sums->months++;
    sums->months_past_due += row[CREDIT_CARD_BALANCE_SK_DPD] > 0;
    mean_add(&sums->limit_use, use);
    extreme_add(&sums->limit_use_largest, use);
    mean_add(&sums->cash_to_limit, ratio(row[CREDIT_CARD_BALANCE_AMT_DRAWINGS_ATM_CURRENT], limit));
    mean_add(&sums->paid_to_minimum, ratio(row[CREDIT_CARD_BALANCE_AMT_PAYMENT_TOTAL_CURRENT],
                                           row[CREDIT_CARD_BALANCE_AMT_INST_MIN_REGULARITY]));
}

void history_init(struct history *history)
{
    memset(history, 0, sizeof *history);
}

void history_know(struct history *history, enum home_credit_table table)
{
    history->known |= UINT32_C(1) << table;
}

bool history_knows(const struct history *history, enum home_credit_table table)
{
    return history && (history->known >> table & 1);
}

/* Which member of struct history a table's rows add up in, and how. */
static const struct {
    struct history_part part;
    void (*add)(void *sums, const double *row);
} parts[TABLE_COUNT] = {
#define PART(member, add)                                                                                    \
    {                                                                                                        \
        {offsetof(struct history, member), sizeof(struct member##_sums)}, add                                \
    }
    [TABLE_BUREAU] = PART(bureau, add_bureau),
    [TABLE_BUREAU_BALANCE] = PART(bureau_balance, add_bureau_balance),
    [TABLE_PREVIOUS_APPLICATION] = PART(previous, add_previous),
    [TABLE_POS_CASH_BALANCE] = PART(pos, add_pos),
    [TABLE_INSTALLMENTS_PAYMENTS] = {{offsetof(struct history, instalments), sizeof(struct instalment_sums)},
                                     add_instalment},
    [TABLE_CREDIT_CARD_BALANCE] = PART(card, add_card),
#undef PART
};

struct history_part history_part(enum home_credit_table table)
{
    return parts[table].part;
}

void history_add_to_part(void *sums, enum home_credit_table table, const double *row)
{
    parts[table].add(sums, row);
}

void history_add(struct history *history, enum home_credit_table table, const double *row)
{
    history_know(history, table);
    if (parts[table].add)
        parts[table].add((char *)history + parts[table].part.offset, row);
}

void history_pack(const struct history *history, unsigned char out[HISTORY_BYTES])
{
    memset(out, 0, HISTORY_VERSION_BYTES);
    snprintf((char *)out, HISTORY_VERSION_BYTES, "%s", catalogue_version());
    memcpy(out + HISTORY_VERSION_BYTES, history, sizeof *history);
}

int history_unpack(struct history *out, const void *bytes, size_t length, struct error *err)
{
    char version[HISTORY_VERSION_BYTES] = {0};
    snprintf(version, sizeof version, "%s", catalogue_version());
    if (length != HISTORY_BYTES || memcmp(bytes, version, sizeof version) != 0)
        return error_set(
            err, ERROR_INVALID,
            "the stored history was built by another version of the features; import the data again");
    memcpy(out, (const char *)bytes + HISTORY_VERSION_BYTES, sizeof *out);
    return 0;
}
