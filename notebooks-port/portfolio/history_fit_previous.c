/* previous_application: what the client asked this bank for before. */
#include <math.h>
#include <stdlib.h>

#include "notebooks-port/portfolio/history_fit.h"

static const double NEVER = 365243;

static bool dated(double days)
{
    return !isnan(days) && days < NEVER;
}

static int sample_all(struct history_fit *fit, const struct sample_value *values,
                      const enum history_quantity *quantities, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (history_sample(fit, quantities[i], values[i].stratum, values[i].value, err) < 0)
            return -1;
    return 0;
}

/* Which kind of contract, sold where and how: all categories. */
static int add_categories(struct history_fit *fit, const double *row, unsigned kind, unsigned context,
                          struct error *err)
{
    unsigned type = (unsigned)row[PREVIOUS_APPLICATION_NAME_CONTRACT_TYPE];
    unsigned channel = (unsigned)row[PREVIOUS_APPLICATION_CHANNEL_TYPE];
    unsigned industry = (unsigned)row[PREVIOUS_APPLICATION_NAME_SELLER_INDUSTRY];
    unsigned combination = context / PREVIOUS_STATES;
    static const enum history_quantity quantities[] = {
        HISTORY_PREVIOUS_COMBINATION, HISTORY_PREVIOUS_PORTFOLIO, HISTORY_PREVIOUS_PRODUCT,
        HISTORY_PREVIOUS_YIELD,       HISTORY_PREVIOUS_CHANNEL,   HISTORY_PREVIOUS_INDUSTRY,
        HISTORY_PREVIOUS_GOODS,       HISTORY_PREVIOUS_PURPOSE,   HISTORY_PREVIOUS_PAYMENT,
        HISTORY_PREVIOUS_REASON,      HISTORY_PREVIOUS_SUITE,     HISTORY_PREVIOUS_AREA,
        HISTORY_PREVIOUS_HOUR,        HISTORY_PREVIOUS_WEEKDAY,   HISTORY_PREVIOUS_LAST_FLAG,
        HISTORY_PREVIOUS_DAY_FLAG,    HISTORY_PREVIOUS_INSURED};
    const struct sample_value values[] = {
        {row[PREVIOUS_APPLICATION_PRODUCT_COMBINATION], kind},
        {row[PREVIOUS_APPLICATION_NAME_PORTFOLIO], context},
        {row[PREVIOUS_APPLICATION_NAME_PRODUCT_TYPE], context},
        {row[PREVIOUS_APPLICATION_NAME_YIELD_GROUP], context},
        {row[PREVIOUS_APPLICATION_CHANNEL_TYPE], context},
        {industry, channel * COMBINATIONS + combination},
        {row[PREVIOUS_APPLICATION_NAME_GOODS_CATEGORY], industry * PREVIOUS_TYPES + type},
        {row[PREVIOUS_APPLICATION_NAME_CASH_LOAN_PURPOSE], context},
        {row[PREVIOUS_APPLICATION_NAME_PAYMENT_TYPE], context},
        {row[PREVIOUS_APPLICATION_CODE_REJECT_REASON], kind},
        {row[PREVIOUS_APPLICATION_NAME_TYPE_SUITE], kind},
        {row[PREVIOUS_APPLICATION_SELLERPLACE_AREA], channel * PREVIOUS_TYPES + type},
        {row[PREVIOUS_APPLICATION_HOUR_APPR_PROCESS_START], channel},
        {row[PREVIOUS_APPLICATION_WEEKDAY_APPR_PROCESS_START], channel},
        {row[PREVIOUS_APPLICATION_FLAG_LAST_APPL_PER_CONTRACT], kind},
        {row[PREVIOUS_APPLICATION_NFLAG_LAST_APPL_IN_DAY], kind},
        {row[PREVIOUS_APPLICATION_NFLAG_INSURED_ON_APPROVAL], context}};
    enum { COUNT = sizeof values / sizeof *values };
    _Static_assert(COUNT == sizeof quantities / sizeof *quantities, "a quantity for each value");
    /* The insurance is known of concluded contracts alone. */
    return sample_all(fit, values, quantities,
                      dated(row[PREVIOUS_APPLICATION_DAYS_FIRST_DUE]) ? COUNT : COUNT - 1, err);
}

/* Amounts and prices. */
static int add_amounts(struct history_fit *fit, const double *row, unsigned context, struct error *err)
{
    double asked = row[PREVIOUS_APPLICATION_AMT_APPLICATION], credit = row[PREVIOUS_APPLICATION_AMT_CREDIT];
    double goods = row[PREVIOUS_APPLICATION_AMT_GOODS_PRICE],
           down = row[PREVIOUS_APPLICATION_AMT_DOWN_PAYMENT];
    double annuity = row[PREVIOUS_APPLICATION_AMT_ANNUITY], term = row[PREVIOUS_APPLICATION_CNT_PAYMENT];
    double paid = isnan(down) ? 0 : down;
    bool priced = !isnan(annuity);
    unsigned type = (unsigned)row[PREVIOUS_APPLICATION_NAME_CONTRACT_TYPE];
    unsigned yield = (unsigned)row[PREVIOUS_APPLICATION_NAME_YIELD_GROUP];
    if (history_sample(fit, HISTORY_PREVIOUS_AMOUNT, context, asked, err) < 0 ||
        history_sample(fit, HISTORY_PREVIOUS_PRICED, context, priced, err) < 0 ||
        history_sample(fit, HISTORY_PREVIOUS_GOODS_KNOWN, context, !isnan(goods), err) < 0)
        return -1;
    if (goods > 0 &&
        history_sample(fit, HISTORY_PREVIOUS_DOWN, context, isnan(down) ? NAN : down / goods, err) < 0)
        return -1;
    if (asked == 0 && credit > 0 && history_sample(fit, HISTORY_PREVIOUS_UNASKED, context, credit, err) < 0)
        return -1;
    if (asked > paid && credit > 0 &&
        history_sample(fit, HISTORY_PREVIOUS_RATIO, context, credit / (asked - paid), err) < 0)
        return -1;
    if (priced && history_sample(fit, HISTORY_PREVIOUS_TERM, context, term, err) < 0)
        return -1;
    if (priced && term > 0 && credit > 0 &&
        history_sample(fit, HISTORY_PREVIOUS_RATE, type * YIELDS + yield,
                       (annuity * term / credit - 1) * 12 / term, err) < 0)
        return -1;
    double primary = row[PREVIOUS_APPLICATION_RATE_INTEREST_PRIMARY];
    if (!isnan(primary) && (history_sample(fit, HISTORY_PREVIOUS_PRIMARY, 0, primary, err) < 0 ||
                            history_sample(fit, HISTORY_PREVIOUS_PRIVILEGED, 0,
                                           row[PREVIOUS_APPLICATION_RATE_INTEREST_PRIVILEGED], err) < 0))
        return -1;
    return 0;
}

/* The life of an approved contract. */
static int add_life(struct history_fit *fit, const double *row, unsigned type, struct error *err)
{
    double decision = row[PREVIOUS_APPLICATION_DAYS_DECISION], due = row[PREVIOUS_APPLICATION_DAYS_FIRST_DUE];
    double last = row[PREVIOUS_APPLICATION_DAYS_LAST_DUE], end = row[PREVIOUS_APPLICATION_DAYS_TERMINATION];
    double drawing = row[PREVIOUS_APPLICATION_DAYS_FIRST_DRAWING],
           term = row[PREVIOUS_APPLICATION_CNT_PAYMENT];
    bool concluded = !isnan(due);
    if (history_sample(fit, HISTORY_PREVIOUS_DATED, type, concluded, err) < 0)
        return -1;
    if (!concluded)
        return 0;
    if (history_sample(fit, HISTORY_PREVIOUS_DRAWING, type, dated(drawing) ? drawing - decision : NAN, err) <
            0 ||
        history_sample(fit, HISTORY_PREVIOUS_DUE, type, dated(due) ? due - decision : NAN, err) < 0)
        return -1;
    /* Only contracts whose term is over: of the others just the early ends are known. */
    if (dated(due) && dated(last) && term > 0 && due + 30 * (term - 1) < 0 &&
        history_sample(fit, HISTORY_PREVIOUS_LIVED, type, fmin(2, ((last - due) / 30 + 1) / term), err) < 0)
        return -1;
    if (dated(last) && dated(end) && history_sample(fit, HISTORY_PREVIOUS_ENDING, type, end - last, err) < 0)
        return -1;
    return 0;
}

static int remember(struct history_fit *fit, const double *row, size_t client, size_t state,
                    struct error *err)
{
    struct loan *loans = history_room(fit->loans, fit->loan_count, &fit->loan_capacity, sizeof *loans, err);
    if (loans == NULL)
        return -1;
    fit->loans = loans;
    int64_t id = (int64_t)row[PREVIOUS_APPLICATION_SK_ID_PREV];
    if (id_map_add(&fit->loan_ids, id, (uint32_t)fit->loan_count, err) < 0)
        return -1;
    loans[fit->loan_count++] =
        (struct loan){.id = id,
                      .days = row[PREVIOUS_APPLICATION_DAYS_DECISION],
                      .credit = row[PREVIOUS_APPLICATION_AMT_CREDIT],
                      .term = row[PREVIOUS_APPLICATION_CNT_PAYMENT],
                      .first_due = row[PREVIOUS_APPLICATION_DAYS_FIRST_DUE],
                      .client = (unsigned)client,
                      .type = (unsigned char)row[PREVIOUS_APPLICATION_NAME_CONTRACT_TYPE],
                      .state = (unsigned char)state,
                      .client_type = (unsigned char)row[PREVIOUS_APPLICATION_NAME_CLIENT_TYPE]};
    return 0;
}

static int add_row(struct history_fit *fit, void *context_unused, const double *row, struct error *err)
{
    (void)context_unused;
    int64_t client = history_client(fit, row[PREVIOUS_APPLICATION_SK_ID_CURR]);
    if (client < 0)
        return 0;
    size_t owner = (size_t)client,
           state = history_status_rank(row[PREVIOUS_APPLICATION_NAME_CONTRACT_STATUS]);
    unsigned type = (unsigned)row[PREVIOUS_APPLICATION_NAME_CONTRACT_TYPE];
    double days = row[PREVIOUS_APPLICATION_DAYS_DECISION];
    double combination = row[PREVIOUS_APPLICATION_PRODUCT_COMBINATION];
    unsigned kind = type * PREVIOUS_STATES + (unsigned)state;
    unsigned context =
        (isnan(combination) ? COMBINATIONS - 1u : (unsigned)combination) * PREVIOUS_STATES + (unsigned)state;
    size_t age = history_previous_age(days), by_age = (size_t)type * PREVIOUS_AGES + age;
    fit->seen[owner] = 1;
    fit->values[owner * FIELD_COUNT + FIELD_OF_PREVIOUS_COUNT]++;
    if (history_sample(fit, HISTORY_PREVIOUS_DAYS, 0, days, err) < 0 ||
        history_sample(fit, HISTORY_PREVIOUS_TYPE, age, type, err) < 0 ||
        history_sample(fit, HISTORY_PREVIOUS_STATUS, by_age, (double)state, err) < 0 ||
        history_lean_row(fit, FIELD_OF_PREVIOUS_RECENT, owner, 0, days, err) < 0 ||
        history_lean_row(fit, FIELD_OF_PREVIOUS_REFUSED, owner, by_age, (double)state, err) < 0)
        return -1;
    double asked = row[PREVIOUS_APPLICATION_AMT_APPLICATION];
    if (asked > 0 && history_lean_row(fit, FIELD_OF_PREVIOUS_LARGE, owner, context, asked, err) < 0)
        return -1;
    if (add_categories(fit, row, kind, context, err) < 0 || add_amounts(fit, row, context, err) < 0)
        return -1;
    if (state == 0 && add_life(fit, row, type, err) < 0)
        return -1;
    return remember(fit, row, owner, state, err);
}

/* "New" client or repeater depends on whether it was the client's first application. */
static int add_client_types(struct history_fit *fit, struct error *err)
{
    double *first = malloc((fit->client_count + 1) * sizeof *first);
    if (first == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu clients", fit->client_count);
    for (size_t c = 0; c < fit->client_count; c++)
        first[c] = INFINITY;
    for (size_t i = 0; i < fit->loan_count; i++)
        first[fit->loans[i].client] = fmin(first[fit->loans[i].client], fit->loans[i].days);
    int failed = 0;
    for (size_t i = 0; i < fit->loan_count && !failed; i++) {
        const struct loan *loan = &fit->loans[i];
        size_t kind = (size_t)loan->type * PREVIOUS_STATES + loan->state;
        failed = history_sample(fit, HISTORY_PREVIOUS_CLIENT, 2 * kind + (loan->days > first[loan->client]),
                                loan->client_type, err);
    }
    free(first);
    return failed;
}

int history_fit_previous(struct history_fit *fit, const char *folder, struct error *err)
{
    if (history_each(fit, folder, TABLE_PREVIOUS_APPLICATION, add_row, NULL, err) < 0)
        return -1;
    return add_client_types(fit, err);
}
