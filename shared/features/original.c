#include "shared/features/original.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SENTINEL_DAYS = 365243 };
static const double YEAR_DAYS = 365;

/* ---- Sums over a client's rows ---- */

/* A column of numbers, and the value that stands for "unknown" in it: the schema lets columns of days alone
 * be so large. NaN, which no value equals, where there is none. */
struct number {
    size_t column;
    double unknown;
};

#define UNKNOWN(highest) ((highest) == SENTINEL_DAYS ? SENTINEL_DAYS : (double)NAN)
#define NUMBER_KEY(table, name, highest)
#define NUMBER_FLAG(table, name, highest) {table##_##name, UNKNOWN(highest)},
#define NUMBER_INTEGER(table, name, highest) {table##_##name, UNKNOWN(highest)},
#define NUMBER_NUMBER(table, name, highest) {table##_##name, UNKNOWN(highest)},
#define NUMBER(table, name, kind, required, lowest, highest) NUMBER_##kind(table, name, highest)
static const struct number bureau_numbers[] = {BUREAU_LIST(NUMBER, ORIGINAL_NOTHING)};
static const struct number previous_numbers[] = {PREVIOUS_APPLICATION_LIST(NUMBER, ORIGINAL_NOTHING)};
static const struct number instalment_numbers[] = {INSTALLMENTS_PAYMENTS_LIST(NUMBER, ORIGINAL_NOTHING)};
static const struct number card_numbers[] = {CREDIT_CARD_BALANCE_LIST(NUMBER, ORIGINAL_NOTHING)};

/* How the sums of a table are laid out; zeroed for a table that the set does not use. */
struct layout {
    struct original_part part;
    size_t known, level, rows; /* offsets in bytes inside the part */
    const struct number *numbers;
    size_t number_count;
    size_t levels;      /* 0: text columns are not counted */
    const char *prefix; /* of the columns' names */
};

#define PART(type, member, its_numbers, its_level, level_count, its_prefix)                                  \
    {                                                                                                        \
        {offsetof(struct original_history, member), sizeof(struct type)}, offsetof(struct type, known),      \
            its_level, offsetof(struct type, rows), its_numbers,                                             \
            sizeof(its_numbers) / sizeof *(its_numbers), level_count, its_prefix                             \
    }
static const struct layout layouts[TABLE_COUNT] = {
    [TABLE_BUREAU] = PART(original_bureau, bureau, bureau_numbers, offsetof(struct original_bureau, level),
                          ORIGINAL_BUREAU_LEVELS, "BUREAU_"),
    [TABLE_PREVIOUS_APPLICATION] = PART(original_previous, previous, previous_numbers, 0, 0, "PREV_"),
    [TABLE_INSTALLMENTS_PAYMENTS] =
        PART(original_instalments, instalments, instalment_numbers, 0, 0, "INSTA_"),
    [TABLE_CREDIT_CARD_BALANCE] =
        PART(original_card, card, card_numbers, offsetof(struct original_card, level), ORIGINAL_CARD_LEVELS,
             "CREDIT_"),
};

/* A table's sums as arrays. */
struct sums {
    double *sum;
    uint32_t *known, *level, *rows;
};

static struct sums sums_of(void *part, const struct layout *layout)
{
    char *bytes = part;
    return (struct sums){(void *)bytes, (void *)(bytes + layout->known), (void *)(bytes + layout->level),
                         (void *)(bytes + layout->rows)};
}

struct original_part original_part(enum home_credit_table table)
{
    return layouts[table].part;
}

/* The number, or NaN for what stands for "unknown" in a column of days: the schema lets those alone be so
 * large. */
static inline double clean(const struct column *column, double value)
{
    return value == SENTINEL_DAYS && column->highest == SENTINEL_DAYS ? (double)NAN : value;
}

void original_add(void *sums, enum home_credit_table table, const double *row)
{
    const struct layout *layout = &layouts[table];
    const struct sums its = sums_of(sums, layout);
    ++*its.rows;
    for (size_t i = 0; i < layout->number_count; i++) {
        const double value = row[layout->numbers[i].column];
        const bool known = !isnan(value) & (value != layout->numbers[i].unknown);
        its.sum[i] += known ? value : 0;
        its.known[i] += known;
    }
    if (!layout->levels)
        return;
    const struct table_schema *schema = home_credit_schema(table);
    size_t level = 0;
    for (size_t i = 0; i < schema->column_count; i++) {
        if (schema->columns[i].kind == COLUMN_CATEGORY && !isnan(row[i]))
            its.level[level + (size_t)row[i]]++;
        level += schema->columns[i].category_count;
    }
}

/* ---- The columns ---- */

static struct original_column *append(struct original_columns *out, enum home_credit_table table,
                                      enum original_kind kind, int column, int level, size_t at)
{
    struct original_column *added = &out->columns[out->count++];
    *added =
        (struct original_column){.table = table, .kind = kind, .column = column, .level = level, .at = at};
    return added;
}

static void append_levels(struct original_columns *out, enum home_credit_table table, enum original_kind kind,
                          int column, size_t at)
{
    const char *prefix = layouts[table].prefix;
    const struct column *its = &home_credit_schema(table)->columns[column];
    for (size_t level = 1; level < its->category_count; level++)
        snprintf(append(out, table, kind, column, (int)level, at + level)->name, ORIGINAL_NAME, "%s%s_%s",
                 prefix ? prefix : "", its->name, its->categories[level]);
}

static void list_application(struct original_columns *out)
{
    const struct table_schema *schema = home_credit_schema(TABLE_APPLICATION);
    for (int i = 0; i < APPLICATION_COLUMNS; i++) {
        const struct column *column = &schema->columns[i];
        bool is_flag = i == APPLICATION_FLAG_OWN_CAR || i == APPLICATION_FLAG_OWN_REALTY ||
                       i == APPLICATION_EMERGENCYSTATE_MODE;
        if (i == APPLICATION_SK_ID_CURR || i == APPLICATION_TARGET)
            continue;
        if (column->kind == COLUMN_CATEGORY && !is_flag)
            append_levels(out, TABLE_APPLICATION, ORIGINAL_LEVEL, i, 0);
        else if (i == APPLICATION_DAYS_BIRTH)
            snprintf(append(out, TABLE_APPLICATION, ORIGINAL_AGE, i, -1, 0)->name, ORIGINAL_NAME, "Age");
        else
            snprintf(append(out, TABLE_APPLICATION, ORIGINAL_VALUE, i, -1, 0)->name, ORIGINAL_NAME, "%s",
                     column->name);
    }
}

static void append_derived(struct original_columns *out, enum home_credit_table table,
                           enum original_kind kind, int column, const char *name)
{
    snprintf(append(out, table, kind, column, -1, 0)->name, ORIGINAL_NAME, "%s", name);
}

/* Means of numbers and shares of levels, in the table's order. */
static void list_history(struct original_columns *out, enum home_credit_table table)
{
    const struct table_schema *schema = home_credit_schema(table);
    size_t number = 0;
    size_t level = 0;
    for (size_t i = 0; i < schema->column_count; i++) {
        const struct column *column = &schema->columns[i];
        if (column->kind == COLUMN_KEY)
            continue;
        if (column->kind != COLUMN_CATEGORY) {
            snprintf(append(out, table, ORIGINAL_MEAN, (int)i, -1, number++)->name, ORIGINAL_NAME, "%s%s",
                     layouts[table].prefix, column->name);
            continue;
        }
        if (layouts[table].levels)
            append_levels(out, table, ORIGINAL_SHARE, (int)i, level);
        level += column->category_count;
    }
}

void original_list(struct original_columns *out)
{
    out->count = 0;
    list_application(out);
    append_derived(out, TABLE_APPLICATION, ORIGINAL_EMPLOYED_PERCENT, -1, "Percent_Days_employed");
    append_derived(out, TABLE_APPLICATION, ORIGINAL_ANNUITY_PERCENT, -1, "Annuity_as_percent_income");
    append_derived(out, TABLE_APPLICATION, ORIGINAL_CREDIT_PERCENT, -1, "Credit_as_percent_income");
    list_history(out, TABLE_BUREAU);
    append_derived(out, TABLE_BUREAU, ORIGINAL_TYPES, BUREAU_CREDIT_TYPE, "BUREAU_LOAN_TYPES");
    append_derived(out, TABLE_BUREAU, ORIGINAL_DEBT_RATIO, -1, "DEBT_CREDIT_RATIO");
    append_derived(out, TABLE_BUREAU, ORIGINAL_OVERDUE_RATIO, -1, "OVERDUE_DEBT_RATIO");
    append_derived(out, TABLE_PREVIOUS_APPLICATION, ORIGINAL_ROWS, -1, "PREV_APP_COUNT");
    list_history(out, TABLE_PREVIOUS_APPLICATION);
    list_history(out, TABLE_INSTALLMENTS_PAYMENTS);
    list_history(out, TABLE_CREDIT_CARD_BALANCE);
}

/* ---- One client's vector ---- */

static double percent(double part, double whole)
{
    return whole == 0 ? (double)NAN : 100 * part / whole;
}

static double application_value(const struct original_column *column, const double *row)
{
    const struct column *columns = home_credit_schema(TABLE_APPLICATION)->columns;
    double employed = clean(&columns[APPLICATION_DAYS_EMPLOYED], row[APPLICATION_DAYS_EMPLOYED]);
    switch (column->kind) {
    case ORIGINAL_LEVEL:
        return row[column->column] == column->level; /* a missing text is none of the levels */
    case ORIGINAL_AGE:
        return row[APPLICATION_DAYS_BIRTH] / YEAR_DAYS;
    case ORIGINAL_EMPLOYED_PERCENT:
        return percent(employed, row[APPLICATION_DAYS_BIRTH]);
    case ORIGINAL_ANNUITY_PERCENT:
        return percent(row[APPLICATION_AMT_ANNUITY], row[APPLICATION_AMT_INCOME_TOTAL]);
    case ORIGINAL_CREDIT_PERCENT:
        return percent(row[APPLICATION_AMT_CREDIT], row[APPLICATION_AMT_INCOME_TOTAL]);
    default:
        return clean(&columns[column->column], row[column->column]);
    }
}

/* The number of a column among those that are averaged. */
#define BUREAU_SUM(name) (bureau_number(BUREAU_##name))
static size_t bureau_number(enum bureau_column column)
{
    const struct column *columns = home_credit_schema(TABLE_BUREAU)->columns;
    size_t number = 0;
    for (int i = 0; i < (int)column; i++)
        number += columns[i].kind != COLUMN_KEY && columns[i].kind != COLUMN_CATEGORY;
    return number;
}

/* As the notebook has it, 0 for what is infinite or unknown. */
static double ratio_or_zero(double dividend, double divisor)
{
    return divisor == 0 ? 0 : dividend / divisor;
}

static double distinct_types(const struct original_bureau *bureau)
{
    const struct table_schema *schema = home_credit_schema(TABLE_BUREAU);
    size_t first = 0;
    for (int i = 0; i < BUREAU_CREDIT_TYPE; i++)
        first += schema->columns[i].category_count;
    int types = 0;
    for (size_t i = 0; i < schema->columns[BUREAU_CREDIT_TYPE].category_count; i++)
        types += bureau->level[first + i] > 0;
    return types;
}

static double history_value(const struct original_column *column, const struct sums *sums,
                            const struct original_history *history)
{
    if (*sums->rows == 0)
        return NAN;
    switch (column->kind) {
    case ORIGINAL_MEAN:
        return sums->known[column->at] ? sums->sum[column->at] / sums->known[column->at] : (double)NAN;
    case ORIGINAL_SHARE:
        return (double)sums->level[column->at] / *sums->rows;
    case ORIGINAL_TYPES:
        return distinct_types(&history->bureau);
    case ORIGINAL_DEBT_RATIO:
        return ratio_or_zero(sums->sum[BUREAU_SUM(AMT_CREDIT_SUM_DEBT)],
                             sums->sum[BUREAU_SUM(AMT_CREDIT_SUM)]);
    case ORIGINAL_OVERDUE_RATIO:
        return ratio_or_zero(sums->sum[BUREAU_SUM(AMT_CREDIT_SUM_OVERDUE)],
                             sums->sum[BUREAU_SUM(AMT_CREDIT_SUM_DEBT)]);
    default:
        return *sums->rows;
    }
}

void original_build(float *out, const struct original_columns *columns, const double *application,
                    const struct original_history *history)
{
    struct sums sums[TABLE_COUNT] = {0};
    for (int table = 0; history && table < TABLE_COUNT; table++)
        if (layouts[table].part.bytes)
            sums[table] = sums_of((char *)history + layouts[table].part.offset, &layouts[table]);
    for (size_t i = 0; i < columns->count; i++) {
        const struct original_column *column = &columns->columns[i];
        double value = column->table == TABLE_APPLICATION ? application_value(column, application)
                       : history ? history_value(column, &sums[column->table], history)
                                 : (double)NAN;
        out[i] = (float)fabs(value);
    }
}
