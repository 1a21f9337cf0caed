/* Features against the reference results, and what holds for any input. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shared/base/id_map.h"
#include "shared/base/number.h"
#include "shared/data/csv.h"
#include "shared/data/table.h"
#include "shared/features/features.h"
#include "tests/support/shared_data.h"

enum { ORACLE_COLUMNS = 37 };
static const double TOLERANCE = 1e-6;

/* Reads the reference: ids into `map` (position = row), values into a new array of rows × ORACLE_COLUMNS. */
static double *read_oracle(const char *path, struct id_map *map, int features[ORACLE_COLUMNS], size_t *rows)
{
    struct error err = {0};
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0;
    double *values = NULL;
    *rows = 0;
    assert_int_equal(csv_open(&reader, path, NULL, &err), 0);
    assert_int_equal(csv_next(reader, &fields, &count, &err), 1);
    assert_int_equal(count, ORACLE_COLUMNS);
    for (size_t i = 1; i < ORACLE_COLUMNS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)fields[i].length, fields[i].data);
        features[i] = catalogue_find(name);
        if (features[i] < 0)
            fail_msg("the catalogue has no %s", name);
    }
    for (*rows = 0; csv_next(reader, &fields, &count, &err) == 1; ++*rows) {
        values = realloc(values, (*rows + 1) * ORACLE_COLUMNS * sizeof *values);
        for (size_t i = 0; i < count; i++)
            if (!number_read(&values[*rows * ORACLE_COLUMNS + i], fields[i].data, fields[i].length))
                values[*rows * ORACLE_COLUMNS + i] = NAN;
        id_map_add(map, (int64_t)values[*rows * ORACLE_COLUMNS], (uint32_t)*rows, &err);
    }
    csv_close(reader);
    return values;
}

static void agree_with_the_reference(void **state)
{
    (void)state;
    char oracle_path[PATH_MAX];
    char data[PATH_MAX];
    char application[PATH_MAX];
    if (!shared_path(oracle_path, "oracles/features.csv") || !shared_path(data, "data/home-credit") ||
        !shared_path(application, "data/home-credit/application_train.csv"))
        skip();

    struct error err = {0};
    struct id_map map = {0};
    int features[ORACLE_COLUMNS] = {0};
    size_t rows = 0;
    double *oracle = read_oracle(oracle_path, &map, features, &rows);
    struct history_set *histories = NULL;
    assert_int_equal(history_set_read(&histories, data, false, &err), 0);
    struct table_reader *reader = NULL;
    assert_int_equal(table_open(&reader, application, TABLE_APPLICATION, &err), 0);

    double row[APPLICATION_COLUMNS];
    float vector[FEATURE_COUNT];
    double worst[ORACLE_COLUMNS] = {0};
    size_t compared = 0;
    while (table_next(reader, row, &err) == 1) {
        int64_t id = (int64_t)row[APPLICATION_SK_ID_CURR];
        int64_t at = id_map_get(&map, id);
        const struct history *history = history_set_get(histories, id);
        if (at == ID_MAP_NONE) {
            assert_null(history); /* folds.csv says that it is unknown */
            continue;
        }
        assert_non_null(history);
        features_build(row, history, vector);
        for (size_t i = 1; i < ORACLE_COLUMNS; i++) {
            double wanted = oracle[(size_t)at * ORACLE_COLUMNS + i];
            double got = (double)vector[features[i]];
            if (isnan(wanted) != isnan(got))
                fail_msg("client %" PRId64 ": %s is %g, not %g", id,
                         catalogue_feature((size_t)features[i])->name, got, wanted);
            if (isnan(wanted))
                continue;
            double difference = fabs(got - wanted) / fmax(fabs(wanted), 1e-3);
            worst[i] = fmax(worst[i], difference);
            if (difference > TOLERANCE)
                fail_msg("client %" PRId64 ": %s is %.9g, not %.9g", id,
                         catalogue_feature((size_t)features[i])->name, got, wanted);
        }
        compared++;
    }
    assert_int_equal(err.code, ERROR_NONE);
    assert_int_equal(compared, rows);
    for (size_t i = 1; i < ORACLE_COLUMNS; i++)
        printf("%-28s worst relative error %.1e\n", catalogue_feature((size_t)features[i])->name, worst[i]);
    table_close(reader);
    history_set_free(histories);
    id_map_free(&map);
    free(oracle);
}

/* An application whose every column is missing. */
static void empty_application(double row[APPLICATION_COLUMNS])
{
    for (int i = 0; i < APPLICATION_COLUMNS; i++)
        row[i] = NAN;
}

static void build_from_nothing(void **state)
{
    (void)state;
    double row[APPLICATION_COLUMNS];
    float vector[FEATURE_COUNT];
    empty_application(row);
    features_build(row, NULL, vector);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        if (i == FEATURE_EXT_MISSING)
            assert_true(vector[i] == 3);
        else if (i == FEATURE_DOCUMENT_COUNT)
            assert_true(vector[i] == 0);
        else if (i == FEATURE_MISSING_COUNT)
            assert_true(vector[i] == APPLICATION_COLUMNS - 2);
        else
            assert_true(isnan(vector[i]));
    }
}

static void tell_unknown_history_from_none(void **state)
{
    (void)state;
    double row[APPLICATION_COLUMNS];
    float vector[FEATURE_COUNT];
    empty_application(row);
    struct history history;
    history_init(&history);
    features_build(row, &history, vector);
    assert_true(isnan(vector[FEATURE_BUREAU_COUNT]));
    assert_true(isnan(vector[FEATURE_PREV_COUNT]));
    history_know(&history, TABLE_BUREAU);
    features_build(row, &history, vector);
    assert_true(vector[FEATURE_BUREAU_COUNT] == 0);
    assert_true(vector[FEATURE_BUREAU_LOAN_TYPES] == 0);
    assert_true(isnan(vector[FEATURE_BUREAU_ACTIVE_SHARE]));
    assert_true(isnan(vector[FEATURE_PREV_COUNT]));
}

static void clean_the_sentinels(void **state)
{
    (void)state;
    double row[APPLICATION_COLUMNS];
    float vector[FEATURE_COUNT];
    empty_application(row);
    row[APPLICATION_DAYS_EMPLOYED] = 365243;
    row[APPLICATION_DAYS_BIRTH] = -10000;
    row[APPLICATION_DAYS_LAST_PHONE_CHANGE] = 0;
    row[APPLICATION_CODE_GENDER] = CODE_GENDER_XNA;
    row[APPLICATION_ORGANIZATION_TYPE] = ORGANIZATION_TYPE_XNA;
    row[APPLICATION_AMT_CREDIT] = 1000;
    row[APPLICATION_AMT_ANNUITY] = 0;
    row[APPLICATION_AMT_INCOME_TOTAL] = 500;
    features_build(row, NULL, vector);
    assert_true(isnan(vector[FEATURE_DAYS_EMPLOYED]));
    assert_true(isnan(vector[FEATURE_EMPLOYED_TO_BIRTH]));
    assert_true(isnan(vector[FEATURE_DAYS_LAST_PHONE_CHANGE]));
    assert_true(isnan(vector[FEATURE_CODE_GENDER]));
    assert_true(isnan(vector[FEATURE_ORGANIZATION_TYPE]));
    assert_true(isnan(vector[FEATURE_CREDIT_TO_ANNUITY])); /* x / 0 */
    assert_true(vector[FEATURE_CREDIT_TO_INCOME] == 2);
    row[APPLICATION_DAYS_EMPLOYED] = -2500;
    features_build(row, NULL, vector);
    assert_true(vector[FEATURE_EMPLOYED_TO_BIRTH] == 0.25F);
}

/* A history row with plausible numbers drawn by a small generator of our own (the test's, not the product's).
 */
static void draw_row(enum home_credit_table table, double *row, unsigned *seed)
{
    const struct table_schema *schema = home_credit_schema(table);
    for (size_t i = 0; i < schema->column_count; i++) {
        const struct column *column = &schema->columns[i];
        double share = (double)(rand_r(seed) % 1000) / 1000;
        double low = column->lowest == -1200 ? -20 /* months */ : fmax(column->lowest, -3000);
        double high = fmin(column->highest, 3000);
        row[i] = low + share * (high - low);
        if (column->kind != COLUMN_NUMBER)
            row[i] = floor(row[i]);
        if (!column->required && rand_r(seed) % 5 == 0)
            row[i] = NAN;
    }
}

static void do_not_depend_on_the_order_of_rows(void **state)
{
    (void)state;
    enum { ROWS = 40 };
    double application[APPLICATION_COLUMNS];
    empty_application(application);
    application[APPLICATION_AMT_CREDIT] = 1e5;
    application[APPLICATION_AMT_ANNUITY] = 5e3;
    application[APPLICATION_AMT_INCOME_TOTAL] = 3e4;
    struct history forwards;
    struct history backwards;
    history_init(&forwards);
    history_init(&backwards);
    for (enum home_credit_table table = TABLE_BUREAU; table < TABLE_COUNT; table++) {
        double rows[ROWS][APPLICATION_COLUMNS];
        unsigned seed = 42 + table;
        for (int i = 0; i < ROWS; i++)
            draw_row(table, rows[i], &seed);
        for (int i = 0; i < ROWS; i++) {
            history_add(&forwards, table, rows[i]);
            history_add(&backwards, table, rows[ROWS - 1 - i]);
        }
    }
    float a[FEATURE_COUNT];
    float b[FEATURE_COUNT];
    features_build(application, &forwards, a);
    features_build(application, &backwards, b);
    for (size_t i = FEATURE_BUREAU_COUNT; i < FEATURE_COUNT; i++) {
        if (isnan(a[i]) || isnan(b[i]))
            fail_msg("%s is missing", catalogue_feature(i)->name);
        if (fabsf(a[i] - b[i]) > 1e-5F * fmaxf(fabsf(a[i]), 1e-3F))
            fail_msg("%s: %g and %g", catalogue_feature(i)->name, (double)a[i], (double)b[i]);
    }
}

static void survive_rows_whose_every_field_is_missing(void **state)
{
    (void)state;
    double application[APPLICATION_COLUMNS];
    float vector[FEATURE_COUNT];
    empty_application(application);
    struct history history;
    history_init(&history);
    for (enum home_credit_table table = TABLE_BUREAU; table < TABLE_COUNT; table++)
        history_add(&history, table, application); /* NaN throughout; wider than any of them */
    features_build(application, &history, vector);
    assert_true(vector[FEATURE_BUREAU_COUNT] == 1);
    assert_true(vector[FEATURE_PREV_COUNT] == 1);
    assert_true(isnan(vector[FEATURE_CARD_LIMIT_USE_MAX]));
}

static void histories_can_be_stored(void **state)
{
    (void)state;
    struct error err = {0};
    struct history history;
    struct history again;
    unsigned char bytes[HISTORY_BYTES];
    double row[APPLICATION_COLUMNS];
    unsigned seed = 7;
    history_init(&history);
    draw_row(TABLE_BUREAU, row, &seed);
    history_add(&history, TABLE_BUREAU, row);
    history_pack(&history, bytes);
    assert_int_equal(history_unpack(&again, bytes, sizeof bytes, &err), 0);
    assert_memory_equal(&history, &again, sizeof history);
    assert_int_equal(history_unpack(&again, bytes, sizeof bytes - 1, &err), -1);
    error_clear(&err);
    bytes[0] ^= 1;
    assert_int_equal(history_unpack(&again, bytes, sizeof bytes, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
}

static void histories_of_a_folder_that_is_not_there_are_unknown(void **state)
{
    (void)state;
    struct error err = {0};
    struct history_set *histories = NULL;
    assert_int_equal(history_set_read(&histories, "/nowhere", false, &err), 0);
    const struct history *history = history_set_get(histories, 100001);
    for (enum home_credit_table table = TABLE_BUREAU; table < TABLE_COUNT; table++)
        assert_false(history_knows(history, table));
    history_set_free(histories);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agree_with_the_reference),
        cmocka_unit_test(build_from_nothing),
        cmocka_unit_test(tell_unknown_history_from_none),
        cmocka_unit_test(clean_the_sentinels),
        cmocka_unit_test(do_not_depend_on_the_order_of_rows),
        cmocka_unit_test(survive_rows_whose_every_field_is_missing),
        cmocka_unit_test(histories_can_be_stored),
        cmocka_unit_test(histories_of_a_folder_that_is_not_there_are_unknown),
    };
    return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
