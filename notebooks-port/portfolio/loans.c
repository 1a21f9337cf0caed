/* POS_CASH_balance and installments_payments of consumer and cash loans. */
#include <math.h>

#include "notebooks-port/portfolio/tables.h"

enum { OLDEST_MONTH = -96 };

static const double DAYS_A_MONTH = 30.4375, DUE_EVERY_DAYS = 30;
/* Of what would still be due, an early repayment saves the interest. */
static const double EARLY_SHARE = 0.85, PART_DAYS = 20;

static const char *status_name(enum pos_contract_status status)
{
    return home_credit_schema(TABLE_POS_CASH_BALANCE)
        ->columns[POS_CASH_BALANCE_NAME_CONTRACT_STATUS]
        .categories[status];
}

/* Days past due walk from month to month: seldom late, then for a while. */
static double next_days_late(double days_late, const struct portfolio_history *history, size_t type,
                             double falls_late, struct random_stream *stream)
{
    double more;
    if (days_late == 0) {
        if (!random_happens(stream, falls_late))
            return 0;
        more = history_draw(history, HISTORY_POS_DAYS_LATE, type, stream);
    } else {
        if (history_draw(history, HISTORY_POS_STAYS_LATE, type, stream) != 1)
            return 0;
        more = history_draw(history, HISTORY_POS_DAYS_MORE, type, stream);
    }
    return fmax(1, days_late + nearbyint(isnan(more) ? 1 : more));
}

static void write_months(struct tables *tables, const struct client *client, const struct contract *contract,
                         size_t type, struct random_stream *stream)
{
    const struct portfolio_history *history = &tables->description->history;
    struct writer *writer = &tables->files[TABLE_POS_CASH_BALANCE];
    int start = (int)fmin(-1, nearbyint(contract->days / DAYS_A_MONTH));
    int months = contract->ended ? (int)contract->paid_months : -1 - start;
    double falls_late = history_chance(history, HISTORY_POS_FALLS_LATE, type, client->values, FIELD_OF_LATE);
    bool is_signed = history_draw(history, HISTORY_POS_SIGNED, type, stream) == 1;
    bool tolerated = history_draw(history, HISTORY_POS_TOLERATED, type, stream) == 1;
    double days_late = 0;
    for (int k = 0; k <= months && start + k <= -1; k++) {
        bool completed = contract->ended && k == months;
        double future = completed ? 0 : fmax(0, contract->term - k);
        enum pos_contract_status status = completed             ? POS_CONTRACT_STATUS_COMPLETED
                                          : k == 0 && is_signed ? POS_CONTRACT_STATUS_SIGNED
                                                                : POS_CONTRACT_STATUS_ACTIVE;
        days_late = k == 0 || completed ? 0 : next_days_late(days_late, history, type, falls_late, stream);
        if (start + k < OLDEST_MONTH)
            continue;
        writer_integer(writer, contract->id, ',');
        writer_integer(writer, client->id, ',');
        writer_integer(writer, start + k, ',');
        writer_real(writer, contract->early && completed ? k : contract->term, ',');
        writer_real(writer, future, ',');
        writer_text(writer, status_name(status), ',');
        writer_whole(writer, days_late, ',');
        writer_whole(writer, tolerated ? 0 : days_late, '\n');
    }
}

struct payment {
    int version, number;
    double due_day, paid_day, instalment, paid;
};

static void write_payment(struct tables *tables, const struct client *client, const struct contract *contract,
                          const struct payment *payment)
{
    struct writer *writer = &tables->files[TABLE_INSTALLMENTS_PAYMENTS];
    writer_integer(writer, contract->id, ',');
    writer_integer(writer, client->id, ',');
    writer_real(writer, payment->version, ',');
    writer_integer(writer, payment->number, ',');
    writer_real(writer, payment->due_day, ',');
    writer_real(writer, payment->paid_day, ',');
    writer_real(writer, payment->instalment, ',');
    writer_real(writer, payment->paid, '\n');
}

static double cents(double value)
{
    return nearbyint(value * 200) / 200;
}

static void write_payments(struct tables *tables, const struct client *client,
                           const struct contract *contract, size_t type, struct random_stream *stream)
{
    const struct portfolio_history *history = &tables->description->history;
    /* A payment in two parts makes two rows, of which one is marked: p of the rows are p / (2 − p) of the
     * dues. */
    double marked = history_chance(history, HISTORY_PAYMENT_PARTS, type, client->values, FIELD_OF_LATE);
    double parts = marked / (2 - marked);
    int count = (int)contract->paid_months;
    for (int k = 1; k <= count; k++) {
        bool last = contract->ended && k == count;
        struct payment payment = {.version = last && contract->early ? 2 : 1,
                                  .number = k,
                                  .due_day = contract->first_due + DUE_EVERY_DAYS * (k - 1),
                                  .instalment = contract->annuity};
        if (payment.due_day >= 0)
            break;
        if (payment.version == 2)
            payment.instalment = cents(contract->annuity * (1 + EARLY_SHARE * (contract->term - k)));
        double delay =
            history_lean(history, HISTORY_PAYMENT_DELAY, type, client->values, FIELD_OF_LATE, stream);
        double paid_day = fmin(-1, payment.due_day + nearbyint(delay));
        if (random_happens(stream, parts)) { /* the first part comes some days before the rest */
            double first = cents(payment.instalment * random_uniform(stream));
            payment.paid = first;
            payment.paid_day = paid_day - 1 - floor(PART_DAYS * random_uniform(stream));
            write_payment(tables, client, contract, &payment);
            payment.paid = cents(payment.instalment - first);
        } else {
            payment.paid = payment.instalment;
        }
        payment.paid_day = paid_day;
        write_payment(tables, client, contract, &payment);
    }
}

void tables_write_loan(struct tables *tables, const struct client *client, const struct contract *contract,
                       struct random_stream *stream)
{
    size_t type = history_loan_type(contract->type);
    write_months(tables, client, contract, type, stream);
    write_payments(tables, client, contract, type, stream);
}
