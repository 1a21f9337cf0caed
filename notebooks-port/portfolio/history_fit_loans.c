/* POS_CASH_balance and installments_payments: how contracts run and how they are paid. */
#include <math.h>
#include <stdlib.h>

#include "notebooks-port/portfolio/history_fit.h"

struct month {
    unsigned loan;
    short month;
    short status;
    double days_late, days_counted; /* SK_DPD, SK_DPD_DEF */
};

struct months {
    struct month *rows;
    size_t count, capacity;
};

static int add_month(struct history_fit *fit, void *context, const double *row, struct error *err)
{
    struct months *months = context;
    int64_t loan = id_map_get(&fit->loan_ids, (int64_t)row[POS_CASH_BALANCE_SK_ID_PREV]);
    int64_t client = history_client(fit, row[POS_CASH_BALANCE_SK_ID_CURR]);
    if (client >= 0)
        fit->seen[client] = 1;
    if (loan < 0)
        return 0;
    struct month *rows = history_room(months->rows, months->count, &months->capacity, sizeof *rows, err);
    if (rows == NULL)
        return -1;
    months->rows = rows;
    rows[months->count++] = (struct month){(unsigned)loan, (short)row[POS_CASH_BALANCE_MONTHS_BALANCE],
                                           (short)row[POS_CASH_BALANCE_NAME_CONTRACT_STATUS],
                                           row[POS_CASH_BALANCE_SK_DPD], row[POS_CASH_BALANCE_SK_DPD_DEF]};
    return 0;
}

static int compare_months(const void *a, const void *b)
{
    const struct month *x = a, *y = b;
    if (x->loan != y->loan)
        return x->loan < y->loan ? -1 : 1;
    return x->month - y->month;
}

static int add_step(struct history_fit *fit, const struct month *month, size_t type, size_t client,
                    struct error *err)
{
    const struct month *next = month + 1;
    bool late = month->days_late > 0, later = next->days_late > 0;
    if (history_sample(fit, late ? HISTORY_POS_STAYS_LATE : HISTORY_POS_FALLS_LATE, type, later, err) < 0)
        return -1;
    if (!late && history_lean_row(fit, FIELD_OF_LATE, client, type, later, err) < 0)
        return -1;
    if (!late && later && history_sample(fit, HISTORY_POS_DAYS_LATE, type, next->days_late, err) < 0)
        return -1;
    if (late && later &&
        history_sample(fit, HISTORY_POS_DAYS_MORE, type, next->days_late - month->days_late, err) < 0)
        return -1;
    if (late && history_sample(fit, HISTORY_POS_TOLERATED, type, month->days_counted == 0, err) < 0)
        return -1;
    return 0;
}

static int add_contracts(struct history_fit *fit, struct months *months, struct error *err)
{
    qsort(months->rows, months->count, sizeof *months->rows, compare_months);
    for (size_t i = 0; i < months->count; i++) {
        const struct month *month = &months->rows[i];
        const struct loan *loan = &fit->loans[month->loan];
        size_t type = history_loan_type(loan->type);
        bool first = i == 0 || month[-1].loan != month->loan;
        bool last = i + 1 == months->count || month[1].loan != month->loan;
        if (first && history_sample(fit, HISTORY_POS_SIGNED, type,
                                    month->status == POS_CONTRACT_STATUS_SIGNED, err) < 0)
            return -1;
        if (!last && add_step(fit, month, type, loan->client, err) < 0)
            return -1;
    }
    return 0;
}

static int add_payment(struct history_fit *fit, void *context, const double *row, struct error *err)
{
    (void)context;
    int64_t loan = id_map_get(&fit->loan_ids, (int64_t)row[INSTALLMENTS_PAYMENTS_SK_ID_PREV]);
    if (loan < 0)
        return 0;
    size_t type = history_loan_type(fit->loans[loan].type);
    double delay = row[INSTALLMENTS_PAYMENTS_DAYS_ENTRY_PAYMENT] - row[INSTALLMENTS_PAYMENTS_DAYS_INSTALMENT];
    bool parts = row[INSTALLMENTS_PAYMENTS_AMT_PAYMENT] < row[INSTALLMENTS_PAYMENTS_AMT_INSTALMENT] - 0.01;
    if (history_sample(fit, HISTORY_PAYMENT_DELAY, type, delay, err) < 0)
        return -1;
    return history_sample(fit, HISTORY_PAYMENT_PARTS, type, parts, err);
}

int history_fit_loans(struct history_fit *fit, const char *folder, struct error *err)
{
    struct months months = {0};
    int failed = -1;
    if (history_each(fit, folder, TABLE_POS_CASH_BALANCE, add_month, &months, err) == 0 &&
        add_contracts(fit, &months, err) == 0)
        failed = history_each(fit, folder, TABLE_INSTALLMENTS_PAYMENTS, add_payment, NULL, err);
    free(months.rows);
    return failed;
}
