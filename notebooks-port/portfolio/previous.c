/* previous_application: what the client asked this bank for before, and what came of it. */
#include <math.h>
#include <stdlib.h>

#include "notebooks-port/portfolio/tables.h"

enum { APPLICATIONS_MOST = 80 };

static const double NEVER = 365243, OLDEST_DAYS = 2922, DUE_EVERY_DAYS = 30;
/* RATE_DOWN_PAYMENT is this multiple of down payment over credit plus down payment in all of the data. */
static const double DOWN_PAYMENT_FACTOR = 1.0890909090909;
static const double CARD_INSTALMENT = 20, CARDS_ENDED = 0.19, RATES_SHOWN = 0.0068;

/* What kind of application it is. */
struct kind {
    unsigned type, state, combination;
    unsigned kind, context;
};

static int compare_days(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double amount(double value)
{
    return nearbyint(value / 4.5) * 4.5;
}

/* Annuities are known to half a hundredth. */
static double price(double value)
{
    return nearbyint(value * 200) / 200;
}

static struct kind draw_kind(double *row, const struct portfolio_history *history, const double *values,
                             struct random_stream *stream)
{
    double days = row[PREVIOUS_APPLICATION_DAYS_DECISION];
    size_t age = history_previous_age(days);
    struct kind kind = {.type = (unsigned)history_draw(history, HISTORY_PREVIOUS_TYPE, age, stream)};
    kind.state =
        (unsigned)history_lean(history, HISTORY_PREVIOUS_STATUS, (size_t)kind.type * PREVIOUS_AGES + age,
                               values, FIELD_OF_PREVIOUS_REFUSED, stream);
    kind.kind = kind.type * PREVIOUS_STATES + kind.state;
    double combination = history_draw(history, HISTORY_PREVIOUS_COMBINATION, kind.kind, stream);
    kind.combination = isnan(combination) ? COMBINATIONS - 1 : (unsigned)combination;
    kind.context = kind.combination * PREVIOUS_STATES + kind.state;
    row[PREVIOUS_APPLICATION_NAME_CONTRACT_TYPE] = kind.type;
    row[PREVIOUS_APPLICATION_NAME_CONTRACT_STATUS] = history_status_code(kind.state);
    row[PREVIOUS_APPLICATION_PRODUCT_COMBINATION] = combination;
    return kind;
}

static void draw_categories(double *row, const struct portfolio_history *history, const struct kind *kind,
                            bool first, struct random_stream *stream)
{
    unsigned channel = (unsigned)history_draw(history, HISTORY_PREVIOUS_CHANNEL, kind->context, stream);
    unsigned industry = (unsigned)history_draw(history, HISTORY_PREVIOUS_INDUSTRY,
                                               channel * COMBINATIONS + kind->combination, stream);
    const struct {
        int column;
        enum history_quantity quantity;
        size_t stratum;
    } drawn[] = {
        {PREVIOUS_APPLICATION_NAME_PORTFOLIO, HISTORY_PREVIOUS_PORTFOLIO, kind->context},
        {PREVIOUS_APPLICATION_NAME_PRODUCT_TYPE, HISTORY_PREVIOUS_PRODUCT, kind->context},
        {PREVIOUS_APPLICATION_NAME_YIELD_GROUP, HISTORY_PREVIOUS_YIELD, kind->context},
        {PREVIOUS_APPLICATION_NAME_GOODS_CATEGORY, HISTORY_PREVIOUS_GOODS,
         industry * PREVIOUS_TYPES + kind->type},
        {PREVIOUS_APPLICATION_NAME_CASH_LOAN_PURPOSE, HISTORY_PREVIOUS_PURPOSE, kind->context},
        {PREVIOUS_APPLICATION_NAME_PAYMENT_TYPE, HISTORY_PREVIOUS_PAYMENT, kind->context},
        {PREVIOUS_APPLICATION_CODE_REJECT_REASON, HISTORY_PREVIOUS_REASON, kind->kind},
        {PREVIOUS_APPLICATION_NAME_TYPE_SUITE, HISTORY_PREVIOUS_SUITE, kind->kind},
        {PREVIOUS_APPLICATION_NAME_CLIENT_TYPE, HISTORY_PREVIOUS_CLIENT, 2 * kind->kind + !first},
        {PREVIOUS_APPLICATION_SELLERPLACE_AREA, HISTORY_PREVIOUS_AREA, channel * PREVIOUS_TYPES + kind->type},
        {PREVIOUS_APPLICATION_HOUR_APPR_PROCESS_START, HISTORY_PREVIOUS_HOUR, channel},
        {PREVIOUS_APPLICATION_WEEKDAY_APPR_PROCESS_START, HISTORY_PREVIOUS_WEEKDAY, channel},
        {PREVIOUS_APPLICATION_FLAG_LAST_APPL_PER_CONTRACT, HISTORY_PREVIOUS_LAST_FLAG, kind->kind},
        {PREVIOUS_APPLICATION_NFLAG_LAST_APPL_IN_DAY, HISTORY_PREVIOUS_DAY_FLAG, kind->kind},
    };
    row[PREVIOUS_APPLICATION_CHANNEL_TYPE] = channel;
    row[PREVIOUS_APPLICATION_NAME_SELLER_INDUSTRY] = industry;
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        double value = history_draw(history, drawn[i].quantity, drawn[i].stratum, stream);
        row[drawn[i].column] = nearbyint(value);
    }
}

/* The credit that was given or refused. A card may be offered unasked. */
static double draw_credit(const struct portfolio_history *history, const struct kind *kind, double asked,
                          double down, struct random_stream *stream)
{
    if (asked > 0) {
        double ratio = history_draw(history, HISTORY_PREVIOUS_RATIO, kind->context, stream);
        return amount((asked - (isnan(down) ? 0 : down)) * (isnan(ratio) ? 1 : ratio));
    }
    if (kind->type != PREVIOUS_CONTRACT_TYPE_REVOLVING_LOANS)
        return 0;
    double unasked = history_draw(history, HISTORY_PREVIOUS_UNASKED, kind->context, stream);
    return isnan(unasked) ? 0 : amount(unasked);
}

static void draw_amounts(double *row, const struct portfolio_history *history, const double *values,
                         const struct kind *kind, struct random_stream *stream)
{
    double asked = amount(history_lean(history, HISTORY_PREVIOUS_AMOUNT, kind->context, values,
                                       FIELD_OF_PREVIOUS_LARGE, stream));
    bool goods_known = history_draw(history, HISTORY_PREVIOUS_GOODS_KNOWN, kind->context, stream) == 1;
    double goods = goods_known && asked > 0 ? asked : NAN;
    double down = amount(history_draw(history, HISTORY_PREVIOUS_DOWN, kind->context, stream) * goods);
    double credit = draw_credit(history, kind, asked, down, stream);
    bool priced = history_draw(history, HISTORY_PREVIOUS_PRICED, kind->context, stream) == 1 && credit > 0;
    double term = nearbyint(history_draw(history, HISTORY_PREVIOUS_TERM, kind->context, stream));
    size_t yield = (size_t)kind->type * YIELDS + (size_t)row[PREVIOUS_APPLICATION_NAME_YIELD_GROUP];
    double rate = history_draw(history, HISTORY_PREVIOUS_RATE, yield, stream);
    row[PREVIOUS_APPLICATION_AMT_APPLICATION] = asked;
    row[PREVIOUS_APPLICATION_AMT_CREDIT] = credit;
    row[PREVIOUS_APPLICATION_AMT_GOODS_PRICE] = goods;
    row[PREVIOUS_APPLICATION_AMT_DOWN_PAYMENT] = down;
    row[PREVIOUS_APPLICATION_RATE_DOWN_PAYMENT] = isnan(down) ? NAN
                                                  : down == 0 ? 0
                                                              : DOWN_PAYMENT_FACTOR * down / (credit + down);
    row[PREVIOUS_APPLICATION_CNT_PAYMENT] = priced ? term : NAN;
    row[PREVIOUS_APPLICATION_AMT_ANNUITY] = !priced    ? NAN
                                            : term > 0 ? price(credit * (1 + rate * term / 12) / term)
                                                       : amount(credit / CARD_INSTALMENT);
    row[PREVIOUS_APPLICATION_RATE_INTEREST_PRIMARY] = NAN;
    row[PREVIOUS_APPLICATION_RATE_INTEREST_PRIVILEGED] = NAN;
    if (kind->type == PREVIOUS_CONTRACT_TYPE_CONSUMER_LOANS && priced &&
        random_happens(stream, RATES_SHOWN)) {
        row[PREVIOUS_APPLICATION_RATE_INTEREST_PRIMARY] =
            history_draw(history, HISTORY_PREVIOUS_PRIMARY, 0, stream);
        row[PREVIOUS_APPLICATION_RATE_INTEREST_PRIVILEGED] =
            history_draw(history, HISTORY_PREVIOUS_PRIVILEGED, 0, stream);
    }
}

static double day(double value)
{
    return nearbyint(value);
}

/* The dates of a card: most have no last due day and run on. */
static void draw_card_dates(double *row, const struct portfolio_history *history, const struct kind *kind,
                            struct random_stream *stream)
{
    double days = row[PREVIOUS_APPLICATION_DAYS_DECISION];
    double due = history_draw(history, HISTORY_PREVIOUS_DUE, kind->type, stream);
    row[PREVIOUS_APPLICATION_DAYS_FIRST_DUE] = isnan(due) || days + due > -1 ? NEVER : day(days + due);
    row[PREVIOUS_APPLICATION_DAYS_LAST_DUE_1ST_VERSION] = NEVER;
    row[PREVIOUS_APPLICATION_DAYS_LAST_DUE] = NEVER;
    row[PREVIOUS_APPLICATION_DAYS_TERMINATION] = NEVER;
    if (random_happens(stream, CARDS_ENDED)) {
        double last = day(days * random_uniform(stream)),
               ending = history_draw(history, HISTORY_PREVIOUS_ENDING, kind->type, stream);
        row[PREVIOUS_APPLICATION_DAYS_LAST_DUE] = fmin(-2, last);
        row[PREVIOUS_APPLICATION_DAYS_TERMINATION] = fmin(-1, day(last + (isnan(ending) ? 0 : ending)));
    }
}

/* The dates of a loan: instalments every thirty days until the term ends or the client repays early. */
static void draw_loan_dates(double *row, const struct portfolio_history *history, const struct kind *kind,
                            struct contract *contract, struct random_stream *stream)
{
    double days = row[PREVIOUS_APPLICATION_DAYS_DECISION],
           term = fmax(1, row[PREVIOUS_APPLICATION_CNT_PAYMENT]);
    double due = history_draw(history, HISTORY_PREVIOUS_DUE, kind->type, stream);
    double lived = history_draw(history, HISTORY_PREVIOUS_LIVED, kind->type, stream);
    double ending = history_draw(history, HISTORY_PREVIOUS_ENDING, kind->type, stream);
    double first = day(days + (isnan(due) ? DUE_EVERY_DAYS : due));
    double paid = fmin(term, fmax(1, nearbyint((isnan(lived) ? 1 : lived) * term)));
    double last = first + DUE_EVERY_DAYS * (paid - 1);
    contract->first_due = first;
    contract->ended = last < 0;
    contract->paid_months = contract->ended ? paid : fmax(0, floor(-first / DUE_EVERY_DAYS) + 1);
    contract->early = contract->ended && paid < term;
    row[PREVIOUS_APPLICATION_DAYS_FIRST_DUE] = first;
    row[PREVIOUS_APPLICATION_DAYS_LAST_DUE_1ST_VERSION] = first + DUE_EVERY_DAYS * (term - 1);
    row[PREVIOUS_APPLICATION_DAYS_LAST_DUE] = contract->ended ? last : NEVER;
    double end = day(last + (isnan(ending) ? 0 : ending));
    row[PREVIOUS_APPLICATION_DAYS_TERMINATION] = contract->ended && end < 0 ? end : NEVER;
}

/* Fills the dates; true when the contract was concluded and has months. */
static bool draw_life(double *row, const struct portfolio_history *history, const struct kind *kind,
                      struct contract *contract, struct random_stream *stream)
{
    for (int c = PREVIOUS_APPLICATION_DAYS_FIRST_DRAWING; c < PREVIOUS_APPLICATION_COLUMNS; c++)
        row[c] = NAN;
    if (kind->state != 0 || history_draw(history, HISTORY_PREVIOUS_DATED, kind->type, stream) != 1)
        return false;
    double days = row[PREVIOUS_APPLICATION_DAYS_DECISION];
    double drawing = history_draw(history, HISTORY_PREVIOUS_DRAWING, kind->type, stream);
    row[PREVIOUS_APPLICATION_DAYS_FIRST_DRAWING] =
        isnan(drawing) || days + drawing > -1 ? NEVER : day(days + drawing);
    row[PREVIOUS_APPLICATION_NFLAG_INSURED_ON_APPROVAL] =
        history_draw(history, HISTORY_PREVIOUS_INSURED, kind->context, stream);
    *contract = (struct contract){.id = (int64_t)row[PREVIOUS_APPLICATION_SK_ID_PREV],
                                  .type = kind->type,
                                  .days = days,
                                  .credit = row[PREVIOUS_APPLICATION_AMT_CREDIT],
                                  .annuity = row[PREVIOUS_APPLICATION_AMT_ANNUITY],
                                  .term = row[PREVIOUS_APPLICATION_CNT_PAYMENT]};
    if (kind->type == PREVIOUS_CONTRACT_TYPE_REVOLVING_LOANS)
        draw_card_dates(row, history, kind, stream);
    else
        draw_loan_dates(row, history, kind, contract, stream);
    return contract->credit > 0 && contract->annuity > 0;
}

void tables_write_previous(struct tables *tables, const struct client *client)
{
    const struct portfolio_history *history = &tables->description->history;
    struct random_stream stream = random_stream_of(tables->seed, (uint64_t)client->id, PURPOSE_PREVIOUS);
    int count = (int)fmin(APPLICATIONS_MOST, client->values[FIELD_OF_PREVIOUS_COUNT]);
    double days[APPLICATIONS_MOST] = {0};
    for (int i = 0; i < count; i++) {
        double drawn = history_lean(history, HISTORY_PREVIOUS_DAYS, 0, client->values,
                                    FIELD_OF_PREVIOUS_RECENT, &stream);
        days[i] = fmin(-2, fmax(-OLDEST_DAYS, day(drawn)));
    }
    qsort(days, (size_t)count, sizeof *days, compare_days);
    for (int i = 0; i < count; i++) {
        double row[PREVIOUS_APPLICATION_COLUMNS];
        struct contract contract;
        row[PREVIOUS_APPLICATION_SK_ID_PREV] = (double)tables->next_previous++;
        row[PREVIOUS_APPLICATION_SK_ID_CURR] = (double)client->id;
        row[PREVIOUS_APPLICATION_DAYS_DECISION] = days[i];
        struct kind kind = draw_kind(row, history, client->values, &stream);
        draw_categories(row, history, &kind, i == 0, &stream);
        draw_amounts(row, history, client->values, &kind, &stream);
        bool concluded = draw_life(row, history, &kind, &contract, &stream);
        tables_write_row(&tables->files[TABLE_PREVIOUS_APPLICATION], TABLE_PREVIOUS_APPLICATION, row, false);
        if (!concluded)
            continue;
        struct random_stream own = random_stream_of(tables->seed, (uint64_t)contract.id, PURPOSE_LOAN);
        if (kind.type == PREVIOUS_CONTRACT_TYPE_REVOLVING_LOANS)
            tables_write_card(tables, client, &contract, &own);
        else
            tables_write_loan(tables, client, &contract, &own);
    }
}
