/* bureau and bureau_balance: credits elsewhere and their months. */
#include <math.h>
#include <stdlib.h>

#include "notebooks-port/portfolio/history_fit.h"

struct credit {
    unsigned client;
    unsigned char state;
};

struct month {
    unsigned credit;
    short month;
    short status;
};

struct bureau_fit {
    struct id_map ids; /* SK_ID_BUREAU → credits[] */
    struct credit *credits;
    size_t count, capacity;
    struct month *months;
    size_t month_count, month_capacity;
    struct lean_rows annuities; /* kept until it is known which clients have any */
    uint8_t *annuity_known;     /* by client */
};

static int add_credit(struct bureau_fit *bureau, const double *row, size_t client, size_t state,
                      struct error *err)
{
    struct credit *credits =
        history_room(bureau->credits, bureau->count, &bureau->capacity, sizeof *credits, err);
    if (credits == NULL)
        return -1;
    bureau->credits = credits;
    if (id_map_add(&bureau->ids, (int64_t)row[BUREAU_SK_ID_BUREAU], (uint32_t)bureau->count, err) < 0)
        return -1;
    credits[bureau->count++] = (struct credit){(unsigned)client, (unsigned char)state};
    return 0;
}

static int keep_annuity(struct bureau_fit *bureau, size_t client, size_t stratum, double annuity,
                        struct error *err)
{
    struct lean_rows *rows = &bureau->annuities;
    struct lean_row *grown = history_room(rows->rows, rows->count, &rows->capacity, sizeof *grown, err);
    if (grown == NULL)
        return -1;
    rows->rows = grown;
    rows->rows[rows->count++] = (struct lean_row){annuity, (unsigned)stratum, (unsigned)client};
    bureau->annuity_known[client] |= isnan(annuity) ? 1 : 3;
    return 0;
}

static double debt_share(const double *row)
{
    double debt = row[BUREAU_AMT_CREDIT_SUM_DEBT], sum = row[BUREAU_AMT_CREDIT_SUM];
    return isnan(debt) || debt == 0 ? debt : sum > 0 ? fmin(2, fmax(-1, debt / sum)) : NAN;
}

static int add_row(struct history_fit *fit, void *context, const double *row, struct error *err)
{
    struct bureau_fit *bureau = context;
    int64_t client = history_client(fit, row[BUREAU_SK_ID_CURR]);
    if (client < 0)
        return 0;
    fit->seen[client] = 1;
    fit->values[(size_t)client * FIELD_COUNT + FIELD_OF_BUREAU_COUNT]++;

    double days = row[BUREAU_DAYS_CREDIT], fact = row[BUREAU_DAYS_ENDDATE_FACT];
    double rank = history_active_rank(row[BUREAU_CREDIT_ACTIVE]);
    size_t kind = history_credit_kind(row[BUREAU_CREDIT_TYPE]), state = rank == 0;
    size_t by_state = kind * CREDIT_STATES + state, by_age = kind * AGE_BANDS + history_age_band(days);
    const struct {
        enum history_quantity quantity;
        size_t stratum;
        double value;
    } shown[] = {
        {HISTORY_BUREAU_TYPE, 0, row[BUREAU_CREDIT_TYPE]},
        {HISTORY_BUREAU_DAYS, kind, days},
        {HISTORY_BUREAU_ACTIVE, by_age, rank},
        {HISTORY_BUREAU_CURRENCY, 0, row[BUREAU_CREDIT_CURRENCY]},
        {HISTORY_BUREAU_SUM, by_state, row[BUREAU_AMT_CREDIT_SUM]},
        {HISTORY_BUREAU_DEBT, by_state, debt_share(row)},
        {HISTORY_BUREAU_LIMIT, by_state, row[BUREAU_AMT_CREDIT_SUM_LIMIT]},
        {HISTORY_BUREAU_MAX_OVERDUE, state, row[BUREAU_AMT_CREDIT_MAX_OVERDUE]},
        {HISTORY_BUREAU_DAY_OVERDUE, state, row[BUREAU_CREDIT_DAY_OVERDUE]},
        {HISTORY_BUREAU_PROLONG, 0, row[BUREAU_CNT_CREDIT_PROLONG]},
    };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (history_sample(fit, shown[i].quantity, shown[i].stratum, shown[i].value, err) < 0)
            return -1;
    if (row[BUREAU_CREDIT_DAY_OVERDUE] > 0 &&
        history_sample(fit, HISTORY_BUREAU_SUM_OVERDUE, 0, row[BUREAU_AMT_CREDIT_SUM_OVERDUE], err) < 0)
        return -1;
    if (state == 0) {
        if (history_sample(fit, HISTORY_BUREAU_END, by_age, row[BUREAU_DAYS_CREDIT_ENDDATE], err) < 0 ||
            history_sample(fit, HISTORY_BUREAU_UPDATE, state, row[BUREAU_DAYS_CREDIT_UPDATE], err) < 0)
            return -1;
    } else if (!isnan(fact)) {
        double life = days < 0 ? (fact - days) / -days : 1;
        if (history_sample(fit, HISTORY_BUREAU_LIFE, by_age, fmin(1, fmax(0, life)), err) < 0 ||
            history_sample(fit, HISTORY_BUREAU_MARGIN, kind, row[BUREAU_DAYS_CREDIT_ENDDATE] - fact, err) <
                0 ||
            history_sample(fit, HISTORY_BUREAU_UPDATE, state, row[BUREAU_DAYS_CREDIT_UPDATE] - fact, err) < 0)
            return -1;
    }
    size_t owner = (size_t)client;
    if (history_lean_row(fit, FIELD_OF_BUREAU_RECENT, owner, kind, days, err) < 0 ||
        history_lean_row(fit, FIELD_OF_BUREAU_OPEN, owner, by_age, rank, err) < 0 ||
        history_lean_row(fit, FIELD_OF_BUREAU_LARGE, owner, by_state, row[BUREAU_AMT_CREDIT_SUM], err) < 0 ||
        history_lean_row(fit, FIELD_OF_BUREAU_LATE, owner, state, row[BUREAU_AMT_CREDIT_MAX_OVERDUE], err) <
            0)
        return -1;
    if (state == 0 &&
        history_lean_row(fit, FIELD_OF_BUREAU_INDEBTED, owner, by_state, debt_share(row), err) < 0)
        return -1;
    if (keep_annuity(bureau, owner, by_state, row[BUREAU_AMT_ANNUITY], err) < 0)
        return -1;
    return add_credit(bureau, row, owner, state, err);
}

static int add_month(struct history_fit *fit, void *context, const double *row, struct error *err)
{
    struct bureau_fit *bureau = context;
    int64_t credit = id_map_get(&bureau->ids, (int64_t)row[BUREAU_BALANCE_SK_ID_BUREAU]);
    if (credit < 0)
        return 0;
    fit->values[(size_t)bureau->credits[credit].client * FIELD_COUNT + FIELD_OF_BUREAU_REPORTED] = 1;
    struct month *months =
        history_room(bureau->months, bureau->month_count, &bureau->month_capacity, sizeof *months, err);
    if (months == NULL)
        return -1;
    bureau->months = months;
    months[bureau->month_count++] = (struct month){
        (unsigned)credit, (short)row[BUREAU_BALANCE_MONTHS_BALANCE], (short)row[BUREAU_BALANCE_STATUS]};
    return 0;
}

static int compare_months(const void *a, const void *b)
{
    const struct month *x = a, *y = b;
    if (x->credit != y->credit)
        return x->credit < y->credit ? -1 : 1;
    return x->month - y->month;
}

static int add_step(struct history_fit *fit, short from, short to, struct error *err)
{
    bool late = to >= BUREAU_BALANCE_STATUS_1 && to <= BUREAU_BALANCE_STATUS_5;
    if (from == BUREAU_BALANCE_STATUS_0 && history_sample(fit, HISTORY_BALANCE_FALLS_LATE, 0, late, err) < 0)
        return -1;
    if (from == BUREAU_BALANCE_STATUS_0 && late)
        return 0;
    return history_sample(fit, HISTORY_BALANCE_NEXT, (size_t)from, to, err);
}

/* How a credit's months begin, go on and end. "C" (closed) follows from the credit's end, so it is
 * left out of what a month leads to. */
static int add_paths(struct history_fit *fit, struct bureau_fit *bureau, struct error *err)
{
    const short closed = BUREAU_BALANCE_STATUS_C;
    qsort(bureau->months, bureau->month_count, sizeof *bureau->months, compare_months);
    for (size_t i = 0; i < bureau->month_count; i++) {
        const struct month *month = &bureau->months[i];
        bool first = i == 0 || month[-1].credit != month->credit;
        bool last = i + 1 == bureau->month_count || month[1].credit != month->credit;
        if (first && month->status != closed &&
            history_sample(fit, HISTORY_BALANCE_FIRST, 0, month->status, err) < 0)
            return -1;
        if (!last && month->status != closed && month[1].status != closed &&
            add_step(fit, month->status, month[1].status, err) < 0)
            return -1;
        if (last && history_sample(fit, HISTORY_BALANCE_LAST, bureau->credits[month->credit].state,
                                   month->month, err) < 0)
            return -1;
    }
    return 0;
}

static int add_annuities(struct history_fit *fit, struct bureau_fit *bureau, struct error *err)
{
    for (size_t c = 0; c < fit->client_count; c++)
        if (bureau->annuity_known[c] &&
            history_sample(fit, HISTORY_BUREAU_ANNUITY_KNOWN, 0, bureau->annuity_known[c] == 3, err) < 0)
            return -1;
    for (size_t i = 0; i < bureau->annuities.count; i++) {
        const struct lean_row *row = &bureau->annuities.rows[i];
        if (bureau->annuity_known[row->client] == 3 &&
            history_sample(fit, HISTORY_BUREAU_ANNUITY, row->stratum, row->value, err) < 0)
            return -1;
    }
    return 0;
}

int history_fit_bureau(struct history_fit *fit, const char *folder, struct error *err)
{
    struct bureau_fit bureau = {.annuity_known = calloc(fit->client_count, 1)};
    int failed = -1;
    if (bureau.annuity_known == NULL) {
        error_set(err, ERROR_INTERNAL, "no memory for %zu clients", fit->client_count);
        goto done;
    }
    if (history_each(fit, folder, TABLE_BUREAU, add_row, &bureau, err) == 0 &&
        history_each(fit, folder, TABLE_BUREAU_BALANCE, add_month, &bureau, err) == 0 &&
        add_paths(fit, &bureau, err) == 0)
        failed = add_annuities(fit, &bureau, err);
done:
    id_map_free(&bureau.ids);
    free(bureau.credits);
    free(bureau.months);
    free(bureau.annuities.rows);
    free(bureau.annuity_known);
    return failed;
}
