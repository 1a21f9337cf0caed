/* credit_card_balance and installments_payments of a card. */
#include <math.h>

#include "notebooks-port/portfolio/tables.h"

enum { OLDEST_MONTH = -96, DRAW_CASH = 0, DRAW_SHOPS = 1, DRAW_BOTH = 2, DRAW_OTHER = 3 };

static const double DAYS_A_MONTH = 30.4375;
static const double MINIMUM_SHARE = 0.05, MONTHLY_INTEREST = 0.025, LIMIT_STEP = 4500, HIGHEST_LIMIT = 900000,
                    LAST_MONTH_REPORTED = 0.61;

struct card {
    double limit;      /* the highest it gets */
    bool used, detail; /* drawings are told apart by kind */
    double level;      /* balance over limit that its owner lives with */
    double late_chance;
    int first, last; /* months */
    int dormant;     /* months without a limit, the oldest ones */
    double last_status;
    /* The walk. */
    double principal, balance;
    int mature; /* instalments that fell due so far */
};

static double cents(double value)
{
    return nearbyint(value * 200) / 200;
}

static struct card draw_card(const struct portfolio_history *history, const struct client *client,
                             const struct contract *contract, struct random_stream *stream)
{
    const double *values = client->values;
    double raise = history_draw(history, HISTORY_CARD_RAISE, 0, stream);
    struct card card = {.limit = nearbyint(contract->credit * (isnan(raise) ? 1 : raise) / LIMIT_STEP) *
                                 LIMIT_STEP};
    card.limit = fmin(HIGHEST_LIMIT, fmax(LIMIT_STEP, card.limit));
    card.used =
        random_happens(stream, history_chance(history, HISTORY_CARD_USED, 0, values, FIELD_OF_CARD_USE));
    card.detail = history_draw(history, HISTORY_CARD_DETAIL, 0, stream) == 1;
    card.level =
        fmin(1, fmax(0, history_lean(history, HISTORY_CARD_LEVEL, 0, values, FIELD_OF_CARD_USE, stream)));
    card.late_chance = history_chance(history, HISTORY_CARD_LATE, 0, values, FIELD_OF_LATE);
    card.first = (int)fmax(OLDEST_MONTH, fmin(-1, nearbyint(contract->days / DAYS_A_MONTH)));
    card.last = card.first < -1 && !random_happens(stream, LAST_MONTH_REPORTED) ? -2 : -1;
    card.dormant =
        (int)(history_draw(history, HISTORY_CARD_DORMANT, 0, stream) * (card.last - card.first + 1));
    card.last_status = history_draw(history, HISTORY_CARD_STATUS, 0, stream);
    return card;
}

struct drawings {
    double cash, shops, other;
    double cash_count, shops_count, other_count;
};

static struct drawings draw_drawings(const struct portfolio_history *history, const double *values,
                                     const struct card *card, double limit, struct random_stream *stream)
{
    struct drawings out = {0};
    double use = limit > 0 ? card->balance / limit : 0;
    size_t band = use <= 0 ? 0 : use < 0.3 ? 1 : use < 0.8 ? 2 : 3;
    /* The owner draws until the balance is where it usually is. */
    double wish = fmin(1.2, fmax(0.3, (card->level + 0.05) / (use + 0.05)));
    double chance = history_chance(history, HISTORY_CARD_DRAWS, band, values, FIELD_OF_CARD_USE);
    if (limit <= 0 || !random_happens(stream, fmin(1, chance * wish)))
        return out;
    double room = fmax(0, limit - card->principal);
    double sum = fmin(room, history_draw(history, HISTORY_CARD_DRAW, 0, stream) * limit * fmin(1, wish));
    double count = fmax(1, nearbyint(history_draw(history, HISTORY_CARD_DRAW_COUNT, 0, stream)));
    if (sum < 50)
        return out;
    switch ((int)history_draw(history, HISTORY_CARD_DRAW_KIND, 0, stream)) {
    case DRAW_CASH:
        out.cash = fmax(450, nearbyint(sum / 450) * 450);
        out.cash_count = fmin(count, 4);
        break;
    case DRAW_SHOPS:
        out.shops = cents(sum);
        out.shops_count = count;
        break;
    case DRAW_BOTH:
        out.cash = fmax(450, nearbyint(sum / 2 / 450) * 450);
        out.cash_count = fmax(1, floor(count / 3));
        out.shops = cents(fmax(1, sum - out.cash));
        out.shops_count = fmax(1, count - out.cash_count);
        break;
    default:
        out.other = cents(sum);
        out.other_count = 1;
    }
    return out;
}

/* The card's statement asks for a minimum, which the client pays, or more, or not. */
static void write_payment(struct tables *tables, const struct client *client, const struct contract *contract,
                          const struct card *card, int month, double paid, struct random_stream *stream)
{
    const struct portfolio_history *history = &tables->description->history;
    struct writer *writer = &tables->files[TABLE_INSTALLMENTS_PAYMENTS];
    size_t type = history_loan_type(contract->type);
    double delay = history_lean(history, HISTORY_PAYMENT_DELAY, type, client->values, FIELD_OF_LATE, stream);
    double due_day = fmin(-1, nearbyint(month * DAYS_A_MONTH));
    /* Cards are paid in bits: one, two or three payments a month. */
    int parts = 1 + random_happens(stream, 0.5) + random_happens(stream, 0.25);
    double rest = paid;
    for (int part = parts; part >= 1 && rest > 0; part--) {
        double bit = part == 1 ? rest : cents(rest / part);
        writer_integer(writer, contract->id, ',');
        writer_integer(writer, client->id, ',');
        writer_real(writer, 0, ',');
        writer_integer(writer, card->mature, ',');
        writer_real(writer, due_day, ',');
        writer_real(writer, fmin(-1, due_day + nearbyint(delay) - (part - 1)), ',');
        writer_real(writer, bit, ',');
        writer_real(writer, bit, '\n');
        rest = cents(rest - bit);
    }
}

static void write_month(struct tables *tables, const struct client *client, const struct contract *contract,
                        struct card *card, int month, struct random_stream *stream)
{
    const struct portfolio_history *history = &tables->description->history;
    double limit = month - card->first < card->dormant ? 0 : card->limit;
    double due = card->used ? cents(fmin(card->balance, MINIMUM_SHARE * card->balance +
                                                            0.2 * MONTHLY_INTEREST * card->balance))
                            : 0;
    struct drawings drawings = {0};
    double paid = 0, late = 0;
    if (card->used && limit > 0) {
        double ratio = due > 0 ? history_draw(history, HISTORY_CARD_PAYS, 0, stream) : 0;
        late = due > 0 && random_happens(stream, card->late_chance);
        paid = late > 0 ? 0 : cents(fmin(card->balance, due * fmin(ratio, 20)));
        card->principal = fmax(0, card->principal - fmax(0, paid - MONTHLY_INTEREST * card->principal));
        card->balance = fmax(0, card->balance - paid);
        drawings = draw_drawings(history, client->values, card, limit, stream);
        card->principal = cents(card->principal + drawings.cash + drawings.shops + drawings.other);
        double charge = history_draw(history, HISTORY_CARD_CHARGE, 0, stream);
        card->balance = cents(card->principal * (1 + fmin(0.3, fmax(0, isnan(charge) ? 0 : charge))));
    }
    card->mature += due > 0;
    double sum = drawings.cash + drawings.shops + drawings.other;
    bool told = card->detail || sum > 0, first_month = month == card->first;
    double row[CREDIT_CARD_BALANCE_COLUMNS] = {
        [CREDIT_CARD_BALANCE_SK_ID_PREV] = (double)contract->id,
        [CREDIT_CARD_BALANCE_SK_ID_CURR] = (double)client->id,
        [CREDIT_CARD_BALANCE_MONTHS_BALANCE] = month,
        [CREDIT_CARD_BALANCE_AMT_BALANCE] = card->balance,
        [CREDIT_CARD_BALANCE_AMT_CREDIT_LIMIT_ACTUAL] = limit,
        [CREDIT_CARD_BALANCE_AMT_DRAWINGS_ATM_CURRENT] = told ? drawings.cash : NAN,
        [CREDIT_CARD_BALANCE_AMT_DRAWINGS_CURRENT] = sum,
        [CREDIT_CARD_BALANCE_AMT_DRAWINGS_OTHER_CURRENT] = told ? drawings.other : NAN,
        [CREDIT_CARD_BALANCE_AMT_DRAWINGS_POS_CURRENT] = told ? drawings.shops : NAN,
        [CREDIT_CARD_BALANCE_AMT_INST_MIN_REGULARITY] = first_month ? NAN : due,
        [CREDIT_CARD_BALANCE_AMT_PAYMENT_CURRENT] = told ? paid : NAN,
        [CREDIT_CARD_BALANCE_AMT_PAYMENT_TOTAL_CURRENT] = paid,
        [CREDIT_CARD_BALANCE_AMT_RECEIVABLE_PRINCIPAL] = card->principal,
        [CREDIT_CARD_BALANCE_AMT_RECIVABLE] = card->balance,
        [CREDIT_CARD_BALANCE_AMT_TOTAL_RECEIVABLE] = card->balance,
        [CREDIT_CARD_BALANCE_CNT_DRAWINGS_ATM_CURRENT] = told ? drawings.cash_count : NAN,
        [CREDIT_CARD_BALANCE_CNT_DRAWINGS_CURRENT] =
            drawings.cash_count + drawings.shops_count + drawings.other_count,
        [CREDIT_CARD_BALANCE_CNT_DRAWINGS_OTHER_CURRENT] = told ? drawings.other_count : NAN,
        [CREDIT_CARD_BALANCE_CNT_DRAWINGS_POS_CURRENT] = told ? drawings.shops_count : NAN,
        [CREDIT_CARD_BALANCE_CNT_INSTALMENT_MATURE_CUM] = first_month ? (double)NAN : card->mature,
        [CREDIT_CARD_BALANCE_NAME_CONTRACT_STATUS] =
            month == card->last ? card->last_status : (double)CARD_CONTRACT_STATUS_ACTIVE,
        [CREDIT_CARD_BALANCE_SK_DPD] = late,
        [CREDIT_CARD_BALANCE_SK_DPD_DEF] = late,
    };
    tables_write_row(&tables->files[TABLE_CREDIT_CARD_BALANCE], TABLE_CREDIT_CARD_BALANCE, row, false);
    if (due > 0 && paid > 0)
        write_payment(tables, client, contract, card, month, paid, stream);
}

void tables_write_card(struct tables *tables, const struct client *client, const struct contract *contract,
                       struct random_stream *stream)
{
    struct card card = draw_card(&tables->description->history, client, contract, stream);
    for (int month = card.first; month <= card.last; month++)
        write_month(tables, client, contract, &card, month, stream);
}
