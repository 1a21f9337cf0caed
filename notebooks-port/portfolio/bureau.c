/* bureau and bureau_balance: credits at other banks and their months. */
#include <math.h>

#include "notebooks-port/portfolio/tables.h"

static const double DAYS_A_MONTH = 30.4375, OLDEST_DAYS = 2922;

static double cents(double amount, double cent)
{
    return nearbyint(amount / cent) * cent;
}

/* Amounts end in tenths of the step that all of the data's amounts share. */
static double amount(double value)
{
    return fabs(value) > 10000 ? cents(value, 4.5) : nearbyint(value * 200) / 200;
}

static double whole(double value)
{
    return nearbyint(value);
}

/* Until when it is agreed, until when it ran, and when it was last reported. */
static void draw_dates(double *row, const struct portfolio_history *history, size_t kind, bool open,
                       struct random_stream *stream)
{
    double days = row[BUREAU_DAYS_CREDIT];
    size_t by_age = kind * AGE_BANDS + history_age_band(days);
    row[BUREAU_DAYS_ENDDATE_FACT] = NAN;
    if (open) {
        row[BUREAU_DAYS_CREDIT_ENDDATE] = whole(history_draw(history, HISTORY_BUREAU_END, by_age, stream));
        row[BUREAU_DAYS_CREDIT_UPDATE] =
            fmax(days, whole(history_draw(history, HISTORY_BUREAU_UPDATE, 0, stream)));
    } else {
        double life = history_draw(history, HISTORY_BUREAU_LIFE, by_age, stream);
        double end = fmin(-1, fmax(days, whole(days * (1 - life))));
        double margin = history_draw(history, HISTORY_BUREAU_MARGIN, kind, stream);
        double later = history_draw(history, HISTORY_BUREAU_UPDATE, 1, stream);
        row[BUREAU_DAYS_ENDDATE_FACT] = end;
        row[BUREAU_DAYS_CREDIT_ENDDATE] = fmax(days, whole(end + margin));
        row[BUREAU_DAYS_CREDIT_UPDATE] = fmin(0, fmax(days, whole(end + later)));
        if (isnan(margin))
            row[BUREAU_DAYS_CREDIT_ENDDATE] = NAN;
    }
    if (row[BUREAU_DAYS_CREDIT_ENDDATE] < days)
        row[BUREAU_DAYS_CREDIT_ENDDATE] = days;
}

static void draw_amounts(double *row, const struct portfolio_history *history, const double *values,
                         size_t kind, bool open, bool annuities, struct random_stream *stream)
{
    size_t state = open ? 0 : 1, by_state = kind * CREDIT_STATES + state;
    double sum =
        amount(history_lean(history, HISTORY_BUREAU_SUM, by_state, values, FIELD_OF_BUREAU_LARGE, stream));
    double debt =
        history_lean(history, HISTORY_BUREAU_DEBT, by_state, values, FIELD_OF_BUREAU_INDEBTED, stream);
    double limit = history_draw(history, HISTORY_BUREAU_LIMIT, by_state, stream);
    row[BUREAU_AMT_CREDIT_SUM] = isnan(sum) ? 0 : sum;
    row[BUREAU_AMT_CREDIT_SUM_DEBT] = amount(debt * row[BUREAU_AMT_CREDIT_SUM]);
    row[BUREAU_AMT_CREDIT_SUM_LIMIT] = amount(limit);
    double worst =
        history_lean(history, HISTORY_BUREAU_MAX_OVERDUE, state, values, FIELD_OF_BUREAU_LATE, stream);
    row[BUREAU_AMT_CREDIT_MAX_OVERDUE] = amount(worst);
    double overdue =
        history_lean(history, HISTORY_BUREAU_DAY_OVERDUE, state, values, FIELD_OF_BUREAU_LATE, stream);
    row[BUREAU_CREDIT_DAY_OVERDUE] = overdue > 0 ? whole(fmin(overdue, -row[BUREAU_DAYS_CREDIT])) : 0;
    double owed = history_draw(history, HISTORY_BUREAU_SUM_OVERDUE, 0, stream);
    row[BUREAU_AMT_CREDIT_SUM_OVERDUE] =
        row[BUREAU_CREDIT_DAY_OVERDUE] > 0 && !isnan(owed) ? amount(owed) : 0;
    double annuity = history_draw(history, HISTORY_BUREAU_ANNUITY, by_state, stream);
    row[BUREAU_AMT_ANNUITY] = annuities ? amount(annuity) : NAN;
    row[BUREAU_CNT_CREDIT_PROLONG] = whole(history_draw(history, HISTORY_BUREAU_PROLONG, 0, stream));
}

/* From the month the credit was granted to the last reported one: "C" after its end, before it a walk
 * between paid, unknown and late. */
static void write_months(struct tables *tables, const double *bureau, double late_chance,
                         struct random_stream *stream)
{
    const struct portfolio_history *history = &tables->description->history;
    bool open = isnan(bureau[BUREAU_DAYS_ENDDATE_FACT]);
    int first = (int)ceil(bureau[BUREAU_DAYS_CREDIT] / DAYS_A_MONTH);
    int last = (int)fmin(0, whole(history_draw(history, HISTORY_BALANCE_LAST, open ? 0 : 1, stream)));
    int closed = open ? 1 : (int)ceil(bureau[BUREAU_DAYS_ENDDATE_FACT] / DAYS_A_MONTH);
    if (last < first)
        last = first;
    double status = history_draw(history, HISTORY_BALANCE_FIRST, 0, stream);
    struct writer *writer = &tables->files[TABLE_BUREAU_BALANCE];
    char names[BUREAU_BALANCE_STATUS_COUNT];
    const struct column *column = &home_credit_schema(TABLE_BUREAU_BALANCE)->columns[BUREAU_BALANCE_STATUS];
    for (int i = 0; i < BUREAU_BALANCE_STATUS_COUNT; i++)
        names[i] = column->categories[i][0];
    char path[128];
    int count = 0;
    for (int month = first; month <= last && count < (int)sizeof path; month++) {
        if (month >= closed)
            status = BUREAU_BALANCE_STATUS_C;
        path[count++] = names[(size_t)status];
        if (month >= closed)
            continue;
        if (status == BUREAU_BALANCE_STATUS_0 && random_happens(stream, late_chance))
            status = BUREAU_BALANCE_STATUS_1;
        else
            status = history_draw(history, HISTORY_BALANCE_NEXT, (size_t)status, stream);
    }
    /* The newest month comes first, as in Kaggle's file. */
    for (int i = count - 1; i >= 0; i--) {
        const char text[2] = {path[i], '\0'};
        writer_integer(writer, (int64_t)bureau[BUREAU_SK_ID_BUREAU], ',');
        writer_integer(writer, first + i, ',');
        writer_text(writer, text, '\n');
    }
}

void tables_write_bureau(struct tables *tables, const struct client *client)
{
    const struct portfolio_history *history = &tables->description->history;
    const double *values = client->values;
    struct random_stream stream = random_stream_of(tables->seed, (uint64_t)client->id, PURPOSE_BUREAU);
    int count = (int)values[FIELD_OF_BUREAU_COUNT];
    bool reported = values[FIELD_OF_BUREAU_REPORTED] == 1;
    bool annuities = history_draw(history, HISTORY_BUREAU_ANNUITY_KNOWN, 0, &stream) == 1;
    double late_chance = history_chance(history, HISTORY_BALANCE_FALLS_LATE, 0, values, FIELD_OF_BUREAU_LATE);
    for (int i = 0; i < count; i++) {
        double row[BUREAU_COLUMNS];
        double type = history_draw(history, HISTORY_BUREAU_TYPE, 0, &stream);
        size_t kind = history_credit_kind(type);
        double days =
            whole(history_lean(history, HISTORY_BUREAU_DAYS, kind, values, FIELD_OF_BUREAU_RECENT, &stream));
        days = fmin(-1, fmax(-OLDEST_DAYS, days));
        size_t by_age = kind * AGE_BANDS + history_age_band(days);
        double rank =
            history_lean(history, HISTORY_BUREAU_ACTIVE, by_age, values, FIELD_OF_BUREAU_OPEN, &stream);
        row[BUREAU_SK_ID_CURR] = (double)client->id;
        row[BUREAU_SK_ID_BUREAU] = (double)tables->next_bureau++;
        row[BUREAU_CREDIT_ACTIVE] = history_active_code(rank);
        row[BUREAU_CREDIT_CURRENCY] = history_draw(history, HISTORY_BUREAU_CURRENCY, 0, &stream);
        row[BUREAU_DAYS_CREDIT] = days;
        row[BUREAU_CREDIT_TYPE] = type;
        draw_dates(row, history, kind, rank > 0, &stream);
        draw_amounts(row, history, values, kind, rank > 0, annuities, &stream);
        tables_write_row(&tables->files[TABLE_BUREAU], TABLE_BUREAU, row, false);
        if (reported)
            write_months(tables, row, late_chance, &stream);
    }
}
