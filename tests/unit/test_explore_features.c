/* Both feature matrices of a folder: built, selected on the train rows alone, written and read back. */
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

#include "notebooks-port/explore/data.h"
#include "notebooks-port/explore/features.h"
#include "notebooks-port/portfolio/description.h"
#include "notebooks-port/portfolio/generate.h"
#include "shared/base/file.h"
#include "shared/data/csv.h"
#include "shared/data/csv_writer.h"
#include "shared/features/features.h"
#include "tests/support/temporary_folder.h"

enum { CLIENTS = 1200, TEST_CLIENTS = 50, SEED = 21 };

struct world {
    char folder[TEMPORARY_FOLDER];
    struct explore_data data;
    struct explore_features features;
};

static int set_up(void **state)
{
    static struct world world;
    const struct generate_options options = {CLIENTS, TEST_CLIENTS, SEED};
    struct description *description = NULL;
    struct generate_report report;
    struct error err = {0};
    temporary_folder_make(world.folder);
    struct explore_features_source source = {.folder = world.folder};
    if (description_load(&description, "models/portfolio.json", &err) ||
        portfolio_generate(&report, description, &options, world.folder, &err) ||
        explore_data_read(&world.data, world.folder, HISTORY_BOTH, false, &err))
        fail_msg("%s", err.message);
    source.train = world.data.train;
    source.test = world.data.test;
    source.histories = world.data.histories;
    if (explore_features_build(&world.features, &source, &err))
        fail_msg("%s", err.message);
    description_free(description);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    explore_features_free(&world->features);
    explore_data_free(&world->data);
    temporary_folder_remove(world->folder);
    return 0;
}

static void full_is_what_training_reads(void **state)
{
    const struct world *world = *state;
    struct error err = {0};
    struct matrix matrix;
    const struct matrix *full = &world->features.full.train;
    assert_int_equal(matrix_read(&matrix, world->folder, false, &err), 0);
    assert_int_equal(full->rows, CLIENTS);
    assert_true(matrix_is_catalogue(full));
    assert_memory_equal(full->values, matrix.values, full->rows * full->columns * sizeof *full->values);
    assert_memory_equal(full->labels, matrix.labels, full->rows);
    matrix_free(&matrix);
    assert_int_equal(world->features.full.test.rows, TEST_CLIENTS);
    assert_null(world->features.full.test.labels);
}

static void original_is_selected_and_filled(void **state)
{
    const struct world *world = *state;
    const struct explore_features *features = &world->features;
    const struct matrix *train = &features->original.train;
    const struct matrix *test = &features->original.test;
    assert_int_equal(train->columns, features->selection.kept_count);
    assert_int_equal(test->columns, train->columns);
    assert_true(train->columns > 150 && train->columns < features->columns.count);
    bool children = false;
    for (size_t i = 0; i < train->columns; i++) {
        children = children || strcmp(train->names[i], "CNT_CHILDREN") == 0;
        assert_string_not_equal(train->names[i], "CNT_FAM_MEMBERS");
        assert_string_equal(train->names[i], test->names[i]);
    }
    assert_true(children);
    for (size_t i = 0; i < train->rows * train->columns; i++)
        assert_true(train->values[i] >= 0); /* absolute, and no gap left */
    for (size_t i = 0; i < test->rows * test->columns; i++)
        assert_true(test->values[i] >= 0);
}

/* The selection and the train rows are the same when there is no test part, and when its clients are others.
 */
static void test_clients_decide_nothing(void **state)
{
    const struct world *world = *state;
    const struct explore_features *features = &world->features;
    enum { OTHERS = 2 };
    const struct table *const others[OTHERS] = {NULL, world->data.train};
    for (size_t i = 0; i < OTHERS; i++) {
        struct error err = {0};
        struct explore_features again;
        const struct explore_features_source source = {
            .folder = world->folder, .train = world->data.train, .test = others[i]}; /* reads it itself */
        assert_int_equal(explore_features_build(&again, &source, &err), 0);
        assert_int_equal(again.selection.kept_count, features->selection.kept_count);
        assert_memory_equal(again.selection.kept, features->selection.kept,
                            again.selection.kept_count * sizeof *again.selection.kept);
        assert_memory_equal(again.original.train.values, features->original.train.values,
                            again.original.train.rows * again.original.train.columns * sizeof(float));
        explore_features_free(&again);
    }
}

static void clients_can_be_left_out(void **state)
{
    const struct world *world = *state;
    struct error err = {0};
    struct explore_features again;
    bool dropped[CLIENTS] = {false};
    for (size_t i = 0; i < CLIENTS; i += 10)
        dropped[i] = true;
    const struct explore_features_source source = {
        .folder = world->folder, .train = world->data.train, .dropped = dropped};
    assert_int_equal(explore_features_build(&again, &source, &err), 0);
    assert_int_equal(again.full.train.rows, CLIENTS - CLIENTS / 10);
    assert_int_equal(again.full.test.rows, 0);
    assert_int_equal(again.full.train.client_ids[0], world->features.full.train.client_ids[1]);
    assert_int_equal(again.original.train.client_ids[9], world->features.full.train.client_ids[11]);
    explore_features_free(&again);
}

static void expect_lines(const char *folder, const char *name, size_t lines, const char *header)
{
    char path[PATH_MAX];
    struct error err = {0};
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0;
    size_t read = 0;
    assert_int_equal(file_path(path, sizeof path, folder, name, &err), 0);
    assert_int_equal(csv_open(&reader, path, NULL, &err), 0);
    assert_int_equal(csv_next(reader, &fields, &count, &err), 1);
    assert_true(slice_equals(fields[0], header));
    size_t columns = count;
    while (csv_next(reader, &fields, &count, &err) == 1) {
        assert_int_equal(count, columns);
        for (size_t i = 0; lines < CLIENTS && header[0] == 'n' && i < count; i++)
            if (fields[i].length == 0)
                fail_msg("%s: line %zu has an empty field %zu", name, read, i);
        read++;
    }
    assert_int_equal(read, lines);
    csv_close(reader);
}

static void files_read_back_the_same(void **state)
{
    const struct world *world = *state;
    const struct explore_features *features = &world->features;
    struct error err = {0};
    char out[TEMPORARY_FOLDER];
    temporary_folder_make(out);
    assert_int_equal(explore_features_write(features, out, false, &err), 0);
    static const char *const names[] = {"features.csv", "features_original.csv"};
    const struct matrix *const matrices[] = {&features->full.train, &features->original.train};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PATH_MAX];
        struct matrix matrix;
        assert_int_equal(file_path(path, sizeof path, out, names[i], &err), 0);
        if (matrix_read_file(&matrix, path, false, &err))
            fail_msg("%s", err.message);
        assert_int_equal(matrix.rows, matrices[i]->rows);
        assert_int_equal(matrix.columns, matrices[i]->columns);
        assert_memory_equal(matrix.labels, matrices[i]->labels, matrix.rows);
        for (size_t j = 0; j < matrix.rows * matrix.columns; j++) {
            float a = matrix.values[j];
            float b = matrices[i]->values[j];
            assert_true(isnan(a) ? isnan(b) : a == b);
        }
        for (size_t j = 0; j < matrix.columns; j++)
            assert_string_equal(matrix.names[j], matrices[i]->names[j]);
        matrix_free(&matrix);
    }
    expect_lines(out, "features_test.csv", TEST_CLIENTS, "SK_ID_CURR");
    expect_lines(out, "features_original_test.csv", TEST_CLIENTS, "SK_ID_CURR");
    expect_lines(out, "features_dictionary.csv", FEATURE_COUNT, "name");
    expect_lines(out, "features_original_dictionary.csv", features->selection.kept_count, "name");
    temporary_folder_remove(out);
}

/* A feature that one table alone makes known is said to be that table's. */
static void the_dictionary_names_the_table(void **state)
{
    const struct world *world = *state;
    struct error err = {0};
    char out[TEMPORARY_FOLDER];
    char path[PATH_MAX];
    char tables[FEATURE_COUNT + 1][32];
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0;
    temporary_folder_make(out);
    assert_int_equal(explore_features_write(&world->features, out, false, &err), 0);
    assert_int_equal(file_path(path, sizeof path, out, "features_dictionary.csv", &err), 0);
    assert_int_equal(csv_open(&reader, path, NULL, &err), 0);
    for (size_t i = 0; i <= FEATURE_COUNT; i++) { /* the header first */
        assert_int_equal(csv_next(reader, &fields, &count, &err), 1);
        snprintf(tables[i], sizeof tables[i], "%.*s", (int)fields[1].length, fields[1].data);
    }
    csv_close(reader);
    for (enum home_credit_table table = TABLE_BUREAU; table < TABLE_COUNT; table++) {
        double application[APPLICATION_COLUMNS];
        double row[APPLICATION_COLUMNS];
        float vector[FEATURE_COUNT];
        struct history history;
        size_t known = 0;
        for (size_t i = 0; i < APPLICATION_COLUMNS; i++) {
            application[i] = 1;
            row[i] = 0;
        }
        if (table == TABLE_PREVIOUS_APPLICATION)
            row[PREVIOUS_APPLICATION_AMT_CREDIT] = row[PREVIOUS_APPLICATION_CNT_PAYMENT] = 1;
        history_init(&history);
        history_add(&history, table, row);
        features_build(application, &history, vector);
        for (size_t i = FEATURE_BUREAU_COUNT; i < FEATURE_COUNT; i++) {
            if (isnan(vector[i]))
                continue;
            assert_string_equal(tables[i + 1], home_credit_schema(table)->name);
            known++;
        }
        assert_true(known > 0);
    }
    assert_string_equal(tables[1], "application");
    temporary_folder_remove(out);
}

/* The shortest of 7, 8 and 9 digits that reads back, whichever way it is found. */
static void floats_are_written_as_short_as_they_read_back(void **state)
{
    (void)state;
    enum { FLOATS = 200000 };
    char folder[TEMPORARY_FOLDER];
    char path[PATH_MAX];
    struct error err = {0};
    struct writer writer;
    struct buffer text = buffer_new(1 << 24);
    float *values = malloc(FLOATS * sizeof *values);
    unsigned seed = 17;
    for (size_t i = 0; i < FLOATS; i++) {
        double size = ldexp(1 + (double)rand_r(&seed) / RAND_MAX, rand_r(&seed) % 60 - 30);
        values[i] = (float)(i % 3 == 0 ? (double)(rand_r(&seed) % 1000000) / 1000 : size);
        values[i] = rand_r(&seed) % 2 ? values[i] : -values[i];
    }
    temporary_folder_make(folder);
    assert_int_equal(writer_open(&writer, folder, "floats.csv", &err), 0);
    for (size_t i = 0; i < FLOATS; i++)
        writer_float(&writer, values[i], '\n');
    assert_int_equal(writer_close(&writer, &err), 0);
    assert_int_equal(writer_publish(&writer, &err), 0);
    assert_int_equal(file_path(path, sizeof path, folder, "floats.csv", &err), 0);
    assert_int_equal(file_read(&text, path, &err), 0);
    const char *at = text.data;
    for (size_t i = 0; i < FLOATS; i++) {
        char expected[32];
        char *end = NULL;
        for (int digits = 7; digits <= 9; digits++) {
            snprintf(expected, sizeof expected, "%.*g", digits, (double)values[i]);
            if (strtof(expected, NULL) == values[i])
                break;
        }
        assert_true(strtof(at, &end) == values[i]);
        assert_int_equal(*end, '\n');
        if (fabsf(values[i]) < 1e7F && floorf(values[i]) != values[i] &&
            ((size_t)(end - at) != strlen(expected) || memcmp(at, expected, strlen(expected)) != 0))
            fail_msg("%.*s should be %s", (int)(end - at), at, expected);
        at = end + 1;
    }
    buffer_free(&text);
    free(values);
    temporary_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_is_what_training_reads),
        cmocka_unit_test(original_is_selected_and_filled),
        cmocka_unit_test(test_clients_decide_nothing),
        cmocka_unit_test(clients_can_be_left_out),
        cmocka_unit_test(files_read_back_the_same),
        cmocka_unit_test(the_dictionary_names_the_table),
        cmocka_unit_test(floats_are_written_as_short_as_they_read_back),
    };
    return cmocka_run_group_tests_name("explore_features", tests, set_up, tear_down);
}
