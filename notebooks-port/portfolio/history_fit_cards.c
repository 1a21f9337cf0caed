/* credit_card_balance: limits, drawings, payments. */
#include <math.h>
#include <stdlib.h>

#include "notebooks-port/portfolio/history_fit.h"

struct month {
    unsigned loan;
    short month, status;
    float balance, limit, drawn, drawn_cash, drawn_shops, draws, due, paid, principal;
    bool late, detail;
};

struct months {
    struct month *rows;
    size_t count, capacity;
};

static int add_month(struct history_fit *fit, void *context, const double *row, struct error *err)
{
    struct months *months = context;
    int64_t loan = id_map_get(&fit->loan_ids, (int64_t)row[CREDIT_CARD_BALANCE_SK_ID_PREV]);
    int64_t client = history_client(fit, row[CREDIT_CARD_BALANCE_SK_ID_CURR]);
    if (client >= 0)
        fit->seen[client] = 1;
    if (loan < 0)
        return 0;
    struct month *rows = history_room(months->rows, months->count, &months->capacity, sizeof *rows, err);
    if (rows == NULL)
        return -1;
    months->rows = rows;
    rows[months->count++] = (struct month){
        .loan = (unsigned)loan,
        .month = (short)row[CREDIT_CARD_BALANCE_MONTHS_BALANCE],
        .status = (short)row[CREDIT_CARD_BALANCE_NAME_CONTRACT_STATUS],
        .balance = (float)row[CREDIT_CARD_BALANCE_AMT_BALANCE],
        .limit = (float)row[CREDIT_CARD_BALANCE_AMT_CREDIT_LIMIT_ACTUAL],
        .drawn = (float)row[CREDIT_CARD_BALANCE_AMT_DRAWINGS_CURRENT],
        .drawn_cash = (float)row[CREDIT_CARD_BALANCE_AMT_DRAWINGS_ATM_CURRENT],
        .drawn_shops = (float)row[CREDIT_CARD_BALANCE_AMT_DRAWINGS_POS_CURRENT],
        .draws = (float)row[CREDIT_CARD_BALANCE_CNT_DRAWINGS_CURRENT],
        .due = (float)row[CREDIT_CARD_BALANCE_AMT_INST_MIN_REGULARITY],
        .paid = (float)row[CREDIT_CARD_BALANCE_AMT_PAYMENT_CURRENT],
        .principal = (float)row[CREDIT_CARD_BALANCE_AMT_RECEIVABLE_PRINCIPAL],
        .late = row[CREDIT_CARD_BALANCE_SK_DPD] > 0,
        .detail = !isnan(row[CREDIT_CARD_BALANCE_AMT_DRAWINGS_ATM_CURRENT]),
    };
    return 0;
}

static int compare_months(const void *a, const void *b)
{
    const struct month *x = a, *y = b;
    if (x->loan != y->loan)
        return x->loan < y->loan ? -1 : 1;
    return x->month - y->month;
}

static int add_drawing(struct history_fit *fit, const struct month *month, struct error *err)
{
    bool cash = month->drawn_cash > 0, shops = month->drawn_shops > 0;
    double kind = cash ? (shops ? 2 : 0) : shops ? 1 : 3;
    if (history_sample(fit, HISTORY_CARD_DRAW, 0, month->drawn / month->limit, err) < 0 ||
        history_sample(fit, HISTORY_CARD_DRAW_COUNT, 0, month->draws, err) < 0)
        return -1;
    return month->detail ? history_sample(fit, HISTORY_CARD_DRAW_KIND, 0, kind, err) : 0;
}

/* Months of a card that is used; `use` is last month's balance over the limit. */
static int add_used_month(struct history_fit *fit, const struct month *month, double use, struct error *err)
{
    size_t band = use <= 0 ? 0 : use < 0.3 ? 1 : use < 0.8 ? 2 : 3;
    if (history_sample(fit, HISTORY_CARD_LATE, 0, month->late, err) < 0)
        return -1;
    if (month->limit <= 0)
        return 0;
    if (history_sample(fit, HISTORY_CARD_DRAWS, band, month->drawn > 0, err) < 0)
        return -1;
    if (month->drawn > 0 && add_drawing(fit, month, err) < 0)
        return -1;
    if (month->due > 0 &&
        history_sample(fit, HISTORY_CARD_PAYS, 0, isnan(month->paid) ? 0 : month->paid / month->due, err) < 0)
        return -1;
    if (month->principal > 1000)
        return history_sample(fit, HISTORY_CARD_CHARGE, 0, month->balance / month->principal - 1, err);
    return 0;
}

static int add_card(struct history_fit *fit, const struct month *first, size_t count, struct error *err)
{
    const struct loan *loan = &fit->loans[first->loan];
    double highest = 0, dormant = 0, level = 0, active = 0, detailed = 0;
    bool used = false;
    for (const struct month *month = first; month < first + count; month++) {
        highest = fmax(highest, month->limit);
        used |= month->balance > 0;
        dormant += month->limit == 0;
        detailed += month->detail;
        if (month->limit > 0) {
            level += month->balance / month->limit;
            active++;
        }
    }
    double n = (double)count;
    if (history_sample(fit, HISTORY_CARD_USED, 0, used, err) < 0 ||
        history_sample(fit, HISTORY_CARD_DORMANT, 0, dormant / n, err) < 0 ||
        history_sample(fit, HISTORY_CARD_DETAIL, 0, detailed > n / 2, err) < 0 ||
        history_sample(fit, HISTORY_CARD_STATUS, 0, first[count - 1].status, err) < 0)
        return -1;
    if (loan->credit > 0 && highest > 0 &&
        history_sample(fit, HISTORY_CARD_RAISE, 0, highest / loan->credit, err) < 0)
        return -1;
    double mean = active > 0 ? level / active : 0;
    if (history_lean_row(fit, FIELD_OF_CARD_USE, loan->client, 0, mean, err) < 0)
        return -1;
    if (!used)
        return 0;
    if (history_sample(fit, HISTORY_CARD_LEVEL, 0, mean, err) < 0)
        return -1;
    for (const struct month *month = first; month < first + count; month++) {
        double use = month > first && month[-1].limit > 0 ? month[-1].balance / month[-1].limit : 0;
        if (add_used_month(fit, month, use, err) < 0)
            return -1;
    }
    return 0;
}

int history_fit_cards(struct history_fit *fit, const char *folder, struct error *err)
{
    struct months months = {0};
    int failed = history_each(fit, folder, TABLE_CREDIT_CARD_BALANCE, add_month, &months, err);
    if (!failed && months.count > 0)
        qsort(months.rows, months.count, sizeof *months.rows, compare_months);
    for (size_t first = 0, end; !failed && first < months.count; first = end) {
        end = first + 1;
        while (end < months.count && months.rows[end].loan == months.rows[first].loan)
            end++;
        failed = add_card(fit, &months.rows[first], end - first, err);
    }
    free(months.rows);
    return failed;
}
