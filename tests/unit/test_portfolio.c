/* The portfolio generator: what it writes hangs together, comes out the same from the same seed, and is
 * what the shipped description says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notebooks-port/portfolio/client.h"
#include "notebooks-port/portfolio/generate.h"
#include "shared/base/file.h"
#include "shared/base/id_map.h"
#include "shared/data/csv.h"
#include "shared/data/table.h"
#include "shared/model/psi.h"
#include "tests/support/temporary_folder.h"

enum { CLIENTS = 1500, TEST_CLIENTS = 60, ALL = CLIENTS + TEST_CLIENTS, SEED = 11 };

static const char *const FILES[] = {
    "application_train.csv",     "application_test.csv",     "bureau.csv",
    "bureau_balance.csv",        "previous_application.csv", "POS_CASH_balance.csv",
    "installments_payments.csv", "credit_card_balance.csv",  "truth.csv"};
enum { FILE_COUNT = sizeof FILES / sizeof *FILES };

struct world {
    char folder[TEMPORARY_FOLDER];
    struct description *description;
    struct generate_report report;
};

static const struct generate_options OPTIONS = {CLIENTS, TEST_CLIENTS, SEED};

static int set_up(void **state)
{
    static struct world world;
    struct error err = {0};
    temporary_folder_make(world.folder);
    if (description_load(&world.description, "models/portfolio.json", &err) < 0 ||
        portfolio_generate(&world.report, world.description, &OPTIONS, world.folder, &err) < 0)
        fail_msg("%s", err.message);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    temporary_folder_remove(world->folder);
    description_free(world->description);
    return 0;
}

static void hash_of(char out[FILE_HASH_HEX], const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct error err = {0};
    assert_int_equal(file_path(path, sizeof path, folder, name, &err), 0);
    assert_int_equal(file_hash(out, path, &err), 0);
}

static void test_same_seed_same_bytes(void **state)
{
    const struct world *world = *state;
    struct generate_report report;
    struct error err = {0};
    char folder[TEMPORARY_FOLDER], first[FILE_HASH_HEX], second[FILE_HASH_HEX];
    temporary_folder_make(folder);
    assert_int_equal(portfolio_generate(&report, world->description, &OPTIONS, folder, &err), 0);
    for (size_t i = 0; i < FILE_COUNT; i++) {
        hash_of(first, world->folder, FILES[i]);
        hash_of(second, folder, FILES[i]);
        assert_string_equal(first, second);
    }
    struct generate_options other = OPTIONS;
    other.seed++;
    assert_int_equal(portfolio_generate(&report, world->description, &other, folder, &err), 0);
    for (size_t i = 0; i < FILE_COUNT; i++) {
        hash_of(first, world->folder, FILES[i]);
        hash_of(second, folder, FILES[i]);
        assert_string_not_equal(first, second);
    }
    temporary_folder_remove(folder);
}

static void test_no_part_remains(void **state)
{
    const struct world *world = *state;
    DIR *open = opendir(world->folder);
    size_t files = 0;
    assert_non_null(open);
    for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
        assert_null(strstr(entry->d_name, ".part"));
        files += entry->d_name[0] != '.';
    }
    closedir(open);
    assert_int_equal(files, FILE_COUNT);
}

static void test_a_folder_that_cannot_be_written(void **state)
{
    const struct world *world = *state;
    struct generate_report report;
    struct error err = {0};
    char blocked[128];
    snprintf(blocked, sizeof blocked, "%s/truth.csv", world->folder);
    assert_int_equal(portfolio_generate(&report, world->description, &OPTIONS, blocked, &err), -1);
    assert_int_equal(err.code, ERROR_IO);
    assert_non_null(strstr(err.message, "truth.csv"));
}

static struct table_reader *open_table(const struct world *world, const char *name,
                                       enum home_credit_table table)
{
    char path[PATH_MAX];
    struct error err = {0};
    struct table_reader *reader = NULL;
    assert_int_equal(file_path(path, sizeof path, world->folder, name, &err), 0);
    if (table_open(&reader, path, table, &err) < 0)
        fail_msg("%s", err.message);
    return reader;
}

static int next_row(struct table_reader *reader, double *row)
{
    struct error err = {0};
    int got = table_next(reader, row, &err);
    if (got < 0)
        fail_msg("%s", err.message);
    return got;
}

static const char *file_of(enum home_credit_table table)
{
    return table == TABLE_APPLICATION ? FILES[0] : home_credit_schema(table)->file;
}

/* Fills a map of the keys of both application files; returns how many there are. */
static size_t read_clients(const struct world *world, struct id_map *clients)
{
    double row[APPLICATION_COLUMNS];
    for (int test = 0; test < 2; test++) {
        struct table_reader *reader = open_table(world, FILES[test], TABLE_APPLICATION);
        assert_int_equal(table_has_target(reader), !test);
        while (next_row(reader, row))
            assert_int_equal(
                id_map_add(clients, (int64_t)row[APPLICATION_SK_ID_CURR], (uint32_t)clients->count, NULL), 0);
        table_close(reader);
    }
    return clients->count;
}

static void test_applications(void **state)
{
    const struct world *world = *state;
    struct table_reader *reader = open_table(world, FILES[0], TABLE_APPLICATION);
    double row[APPLICATION_COLUMNS], defaults = 0;
    size_t rows = 0;
    for (; next_row(reader, row); rows++) {
        defaults += row[APPLICATION_TARGET];
        bool retired = row[APPLICATION_DAYS_EMPLOYED] == 365243;
        assert_int_equal(retired, row[APPLICATION_FLAG_EMP_PHONE] == 0);
        assert_int_equal(retired, row[APPLICATION_ORGANIZATION_TYPE] == ORGANIZATION_TYPE_XNA);
        if (retired)
            assert_true(isnan(row[APPLICATION_OCCUPATION_TYPE]));
        else
            assert_true(row[APPLICATION_DAYS_EMPLOYED] > row[APPLICATION_DAYS_BIRTH]);
        assert_int_equal(row[APPLICATION_FLAG_OWN_CAR] == YES_NO_LETTER_N,
                         isnan(row[APPLICATION_OWN_CAR_AGE]));
        assert_true(row[APPLICATION_CNT_FAM_MEMBERS] >= row[APPLICATION_CNT_CHILDREN] + 1);
        assert_true(row[APPLICATION_AMT_CREDIT] > row[APPLICATION_AMT_ANNUITY]);
        if (row[APPLICATION_NAME_CONTRACT_TYPE] == CONTRACT_TYPE_REVOLVING_LOANS)
            assert_true(fabs(row[APPLICATION_AMT_CREDIT] / row[APPLICATION_AMT_ANNUITY] - 20) < 0.1);
        assert_int_equal(isnan(row[APPLICATION_APARTMENTS_AVG]), isnan(row[APPLICATION_APARTMENTS_MODE]));
        assert_int_equal(isnan(row[APPLICATION_OBS_30_CNT_SOCIAL_CIRCLE]),
                         isnan(row[APPLICATION_DEF_60_CNT_SOCIAL_CIRCLE]));
        if (!isnan(row[APPLICATION_OBS_30_CNT_SOCIAL_CIRCLE]))
            assert_true(
                row[APPLICATION_DEF_60_CNT_SOCIAL_CIRCLE] <= row[APPLICATION_DEF_30_CNT_SOCIAL_CIRCLE] &&
                row[APPLICATION_DEF_30_CNT_SOCIAL_CIRCLE] <= row[APPLICATION_OBS_30_CNT_SOCIAL_CIRCLE]);
    }
    table_close(reader);
    assert_int_equal(rows, CLIENTS);
    /* Five standard errors around the real rate. */
    assert_true(fabs(defaults / CLIENTS - 0.0807) < 5 * sqrt(0.0807 * 0.9193 / CLIENTS));
    assert_true(fabs(defaults / CLIENTS - world->report.rate) < 1e-12);
}

static void test_keys_agree(void **state)
{
    const struct world *world = *state;
    struct id_map clients = {0}, credits = {0}, contracts = {0};
    double row[64];
    assert_int_equal(read_clients(world, &clients), ALL);
    struct table_reader *reader = open_table(world, file_of(TABLE_BUREAU), TABLE_BUREAU);
    while (next_row(reader, row)) {
        assert_true(id_map_get(&clients, (int64_t)row[BUREAU_SK_ID_CURR]) != ID_MAP_NONE);
        assert_int_equal(id_map_add(&credits, (int64_t)row[BUREAU_SK_ID_BUREAU], 0, NULL), 0);
    }
    table_close(reader);
    reader = open_table(world, file_of(TABLE_BUREAU_BALANCE), TABLE_BUREAU_BALANCE);
    while (next_row(reader, row))
        assert_true(id_map_get(&credits, (int64_t)row[BUREAU_BALANCE_SK_ID_BUREAU]) != ID_MAP_NONE);
    table_close(reader);
    reader = open_table(world, file_of(TABLE_PREVIOUS_APPLICATION), TABLE_PREVIOUS_APPLICATION);
    while (next_row(reader, row)) {
        int64_t client = (int64_t)row[PREVIOUS_APPLICATION_SK_ID_CURR];
        assert_true(id_map_get(&clients, client) != ID_MAP_NONE);
        assert_int_equal(
            id_map_add(&contracts, (int64_t)row[PREVIOUS_APPLICATION_SK_ID_PREV], (uint32_t)client, NULL), 0);
    }
    table_close(reader);
    static const enum home_credit_table months[] = {TABLE_POS_CASH_BALANCE, TABLE_INSTALLMENTS_PAYMENTS,
                                                    TABLE_CREDIT_CARD_BALANCE};
    for (size_t i = 0; i < 3; i++) {
        reader = open_table(world, file_of(months[i]), months[i]);
        size_t rows = 0;
        for (; next_row(reader, row); rows++) /* SK_ID_PREV and SK_ID_CURR lead in all three */
            assert_int_equal(id_map_get(&contracts, (int64_t)row[0]), (int64_t)row[1]);
        assert_true(rows > CLIENTS);
        table_close(reader);
    }
    id_map_free(&clients);
    id_map_free(&credits);
    id_map_free(&contracts);
}

static void test_histories_hold(void **state)
{
    const struct world *world = *state;
    double row[64], before[64] = {0};
    struct table_reader *reader = open_table(world, file_of(TABLE_BUREAU), TABLE_BUREAU);
    while (next_row(reader, row)) {
        bool closed = row[BUREAU_CREDIT_ACTIVE] == CREDIT_ACTIVE_CLOSED;
        assert_int_equal(closed, !isnan(row[BUREAU_DAYS_ENDDATE_FACT]));
        if (closed)
            assert_true(row[BUREAU_DAYS_ENDDATE_FACT] >= row[BUREAU_DAYS_CREDIT]);
        assert_true(row[BUREAU_DAYS_CREDIT_UPDATE] >= row[BUREAU_DAYS_CREDIT] && row[BUREAU_DAYS_CREDIT] < 0);
        assert_true(row[BUREAU_CREDIT_DAY_OVERDUE] > 0 || row[BUREAU_AMT_CREDIT_SUM_OVERDUE] == 0);
    }
    table_close(reader);
    /* Months of a contract follow each other, what is left to pay falls, and nothing follows its end. */
    reader = open_table(world, file_of(TABLE_POS_CASH_BALANCE), TABLE_POS_CASH_BALANCE);
    while (next_row(reader, row)) {
        if (row[POS_CASH_BALANCE_SK_ID_PREV] == before[POS_CASH_BALANCE_SK_ID_PREV]) {
            assert_true(row[POS_CASH_BALANCE_MONTHS_BALANCE] == before[POS_CASH_BALANCE_MONTHS_BALANCE] + 1);
            assert_true(row[POS_CASH_BALANCE_CNT_INSTALMENT_FUTURE] <=
                        before[POS_CASH_BALANCE_CNT_INSTALMENT_FUTURE]);
            assert_true(before[POS_CASH_BALANCE_NAME_CONTRACT_STATUS] != POS_CONTRACT_STATUS_COMPLETED);
        }
        assert_true(row[POS_CASH_BALANCE_SK_DPD_DEF] <= row[POS_CASH_BALANCE_SK_DPD]);
        memcpy(before, row, sizeof before);
    }
    table_close(reader);
    reader = open_table(world, file_of(TABLE_INSTALLMENTS_PAYMENTS), TABLE_INSTALLMENTS_PAYMENTS);
    while (next_row(reader, row)) {
        assert_true(row[INSTALLMENTS_PAYMENTS_AMT_PAYMENT] <=
                    row[INSTALLMENTS_PAYMENTS_AMT_INSTALMENT] + 0.01);
        assert_true(row[INSTALLMENTS_PAYMENTS_DAYS_ENTRY_PAYMENT] < 0);
    }
    table_close(reader);
    reader = open_table(world, file_of(TABLE_CREDIT_CARD_BALANCE), TABLE_CREDIT_CARD_BALANCE);
    while (next_row(reader, row)) {
        double limit = row[CREDIT_CARD_BALANCE_AMT_CREDIT_LIMIT_ACTUAL];
        assert_true(row[CREDIT_CARD_BALANCE_AMT_BALANCE] <= 1.4 * limit + 1 &&
                    row[CREDIT_CARD_BALANCE_AMT_BALANCE] >= 0);
        double parts = row[CREDIT_CARD_BALANCE_AMT_DRAWINGS_ATM_CURRENT] +
                       row[CREDIT_CARD_BALANCE_AMT_DRAWINGS_POS_CURRENT] +
                       row[CREDIT_CARD_BALANCE_AMT_DRAWINGS_OTHER_CURRENT];
        if (!isnan(parts))
            assert_true(fabs(parts - row[CREDIT_CARD_BALANCE_AMT_DRAWINGS_CURRENT]) < 0.01);
    }
    table_close(reader);
}

/* The printed AUC is the truth's: read truth.csv and application_train.csv back and compute it again. */
static void test_truth(void **state)
{
    const struct world *world = *state;
    struct id_map outcomes = {0};
    double row[APPLICATION_COLUMNS];
    struct table_reader *reader = open_table(world, FILES[0], TABLE_APPLICATION);
    while (next_row(reader, row))
        id_map_add(&outcomes, (int64_t)row[APPLICATION_SK_ID_CURR], (uint32_t)row[APPLICATION_TARGET], NULL);
    table_close(reader);
    static double probability[CLIENTS];
    static uint8_t defaulted[CLIENTS];
    size_t train = 0, rows = 0, count;
    char path[PATH_MAX];
    struct error err = {0};
    struct csv_reader *csv = NULL;
    const struct slice *fields;
    assert_int_equal(file_path(path, sizeof path, world->folder, "truth.csv", &err), 0);
    assert_int_equal(csv_open(&csv, path, NULL, &err), 0);
    assert_int_equal(csv_next(csv, &fields, &count, &err), 1);
    assert_true(count == 2 && slice_equals(fields[0], "SK_ID_CURR") &&
                slice_equals(fields[1], "PROBABILITY"));
    for (; csv_next(csv, &fields, &count, &err) == 1; rows++) {
        char id[32] = {0}, p[32] = {0};
        memcpy(id, fields[0].data, fields[0].length);
        memcpy(p, fields[1].data, fields[1].length);
        int64_t outcome = id_map_get(&outcomes, strtoll(id, NULL, 10));
        double value = strtod(p, NULL);
        assert_true(value > 0 && value < 1);
        if (outcome == ID_MAP_NONE)
            continue;
        probability[train] = value;
        defaulted[train++] = outcome == 1;
    }
    csv_close(csv);
    id_map_free(&outcomes);
    assert_int_equal(rows, ALL);
    assert_int_equal(train, CLIENTS);
    /* Mann and Whitney's count of pairs in the right order. */
    double right = 0, pairs = 0;
    for (size_t i = 0; i < train; i++)
        for (size_t j = 0; j < train; j++)
            if (defaulted[i] && !defaulted[j]) {
                right += probability[i] > probability[j] ? 1 : probability[i] == probability[j] ? 0.5 : 0;
                pairs++;
            }
    double auc = right / pairs;
    assert_true(fabs(auc - world->report.perfect_auc) < 1e-12);
    assert_true(auc > 0.7 && auc < 0.92);
}

/* A client does not depend on those drawn before it. */
static void test_clients_stand_alone(void **state)
{
    const struct world *world = *state;
    static struct client alone, again;
    client_draw(&alone, world->description, SEED, 100042);
    client_draw(&again, world->description, SEED, 7);
    client_draw(&again, world->description, SEED, 100042);
    assert_memory_equal(alone.row, again.row, sizeof alone.row);
    assert_true(alone.probability == again.probability);
}

/* Drawn values are distributed as the description says, field by field (those without strata). */
static void test_follows_the_description(void **state)
{
    enum { DRAWS = 4000 };
    const struct world *world = *state;
    static const size_t fields[] = {FIELD_OF_EXT_SOURCE_2, FIELD_OF_DAYS_ID_PUBLISH, FIELD_OF_TOTALAREA_MODE,
                                    FIELD_OF_DAYS_LAST_PHONE_CHANGE, FIELD_OF_BUREAU_COUNT};
    static double drawn[5][DRAWS], stated[5][DRAWS];
    size_t known[5] = {0};
    struct error err = {0};
    for (int i = 0; i < DRAWS; i++) {
        struct client client;
        client_draw(&client, world->description, SEED, 500000 + i);
        for (size_t f = 0; f < 5; f++)
            if (!isnan(client.values[fields[f]]))
                drawn[f][known[f]++] = client.values[fields[f]];
    }
    for (size_t f = 0; f < 5; f++) {
        for (int i = 0; i < DRAWS; i++)
            stated[f][i] = description_quantile(world->description, fields[f], NULL, (i + 0.5) / DRAWS);
        double psi;
        assert_int_equal(psi_of_numbers(&psi, NULL, stated[f], DRAWS, drawn[f], known[f], &err), 0);
        assert_true(psi < 0.04);
    }
}

/* Missing values and defaults are as frequent as learned, but for chance. */
static void test_sentinels_and_missing(void **state)
{
    const struct world *world = *state;
    struct table_reader *reader = open_table(world, FILES[0], TABLE_APPLICATION);
    double row[APPLICATION_COLUMNS], retired = 0, no_external = 0, no_car = 0;
    while (next_row(reader, row)) {
        retired += row[APPLICATION_DAYS_EMPLOYED] == 365243;
        no_external += isnan(row[APPLICATION_EXT_SOURCE_1]);
        no_car += isnan(row[APPLICATION_OWN_CAR_AGE]);
    }
    table_close(reader);
    double slack = 5 * sqrt(0.25 / CLIENTS);
    assert_true(fabs(retired / CLIENTS - 0.181) < slack);
    assert_true(fabs(no_external / CLIENTS - 0.562) < slack);
    assert_true(fabs(no_car / CLIENTS - 0.66) < slack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test(test_no_part_remains),
        cmocka_unit_test(test_a_folder_that_cannot_be_written),
        cmocka_unit_test(test_applications),
        cmocka_unit_test(test_keys_agree),
        cmocka_unit_test(test_histories_hold),
        cmocka_unit_test(test_truth),
        cmocka_unit_test(test_clients_stand_alone),
        cmocka_unit_test(test_follows_the_description),
        cmocka_unit_test(test_sentinels_and_missing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
