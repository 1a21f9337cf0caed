/* The population in memory against plain recomputation: distributions, ranks, neighbours, scores. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/population/population.h"
#include "backend/scoring.h"
#include "shared/base/log.h"

enum { CLIENTS = 1500, MORE_CLIENTS = 2 * CLIENTS, BATCH = 100, FIRST_ID = 100001 };

struct fixture {
    char folder[64];
    struct store *store;
    struct model *model;
    struct store_population stored;
    struct population *population;
    float (*vectors)[FEATURE_COUNT];
};

static double next_value(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* Values such as the feature could have: categories, flags, skewed amounts, a third missing, a few far out.
 */
static float make_value(size_t feature, uint64_t *random)
{
    enum feature_unit unit = catalogue_feature(feature)->unit;
    const struct column *column = catalogue_column(feature);
    double value = next_value(random);
    if (feature % 3 == 1 && value < 0.3)
        return NAN;
    value = next_value(random);
    if (unit == UNIT_CATEGORY && column)
        return (float)floor(value * (double)column->category_count);
    if (unit == UNIT_FLAG)
        return value < 0.2F;
    if (unit == UNIT_COUNT)
        return (float)floor(value * value * 9);
    if (unit == UNIT_DAYS)
        return (float)-floor(value * 20000);
    return (float)(value < 0.002 ? 1e8 : exp(3 * value) * 1000);
}

static void fill_store(struct fixture *fixture, const char *model_hash_given)
{
    static double application[1];
    struct error err = {0};
    struct store_origin origin = {.source = "made up"};
    uint64_t random = 42;
    snprintf(origin.catalogue, sizeof origin.catalogue, "%s", catalogue_version());
    snprintf(origin.model, sizeof origin.model, "%s", model_hash_given);
    assert_int_equal(store_import_begin(fixture->store, &origin, &fixture->stored, &err), 0);
    for (size_t start = 0; start < CLIENTS; start += BATCH) {
        struct store_client clients[BATCH];
        for (size_t i = 0; i < BATCH; i++) {
            float *vector = fixture->vectors[start + i];
            for (size_t feature = 0; feature < FEATURE_COUNT; feature++)
                vector[feature] = make_value(feature, &random);
            clients[i] = (struct store_client){.id = FIRST_ID + 2 * (int64_t)(start + i),
                                               .outcome = (int)(next_value(&random) * 3) - 1,
                                               .margin = -2 + (double)(start + i) / CLIENTS,
                                               .features = vector,
                                               .feature_count = FEATURE_COUNT,
                                               .application = application,
                                               .application_count = 1};
        }
        assert_int_equal(store_import_add(fixture->store, &fixture->stored, clients, BATCH, &err), 0);
    }
    assert_int_equal(store_import_finish(fixture->store, &fixture->stored, &err), 0);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error err = {0};
    char url[128];
    log_set_level(LOG_ERROR);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/test-population-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(url, sizeof url, "sqlite:%s/store.db", fixture->folder);
    fixture->vectors = malloc(CLIENTS * sizeof *fixture->vectors);
    assert_int_equal(model_load(&fixture->model, "models/demo", &err), 0);
    assert_int_equal(store_open(&fixture->store, url, 1, &err), 0);
    fill_store(fixture, model_hash(fixture->model));
    assert_int_equal(
        population_load(&fixture->population, fixture->store, &fixture->stored, fixture->model, &err), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    population_release(fixture->population);
    store_close(fixture->store);
    model_free(fixture->model);
    snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a folder of our own */
    free(fixture->vectors);
    free(fixture);
    return 0;
}

static int compare_floats(const void *a, const void *b)
{
    float left = *(const float *)a, right = *(const float *)b;
    return (left > right) - (left < right);
}

static void test_look_up(void **state)
{
    const struct fixture *fixture = *state;
    const struct population *population = fixture->population;
    float vector[FEATURE_COUNT];
    assert_int_equal(population_count(population), CLIENTS);
    for (size_t row = 0; row < CLIENTS; row += 7) {
        assert_int_equal(population_find(population, FIRST_ID + 2 * (int64_t)row), row);
        assert_int_equal(population_find(population, FIRST_ID + 2 * (int64_t)row + 1), -1);
        assert_int_equal(population_from(population, FIRST_ID + 2 * (int64_t)row - 1), row);
        population_vector(population, row, vector);
        assert_memory_equal(vector, fixture->vectors[row], sizeof vector);
        assert_true(population_margin(population, row) == -2 + (double)row / CLIENTS);
    }
    assert_int_equal(population_find(population, 0), -1);
    assert_int_equal(population_find(population, INT64_MAX), -1);
    assert_int_equal(population_from(population, INT64_MAX), CLIENTS);
}

static void check_histogram(const struct distribution *distribution, const struct population *population,
                            size_t feature)
{
    uint32_t expected[CLASS_COUNT][DISTRIBUTION_BINS] = {0};
    const float *values = population_column(population, feature);
    for (size_t row = 0; row < CLIENTS; row++) {
        if (isnan(values[row]))
            continue;
        size_t bin = 0;
        if (distribution->categorical)
            bin = (size_t)values[row];
        else
            while (bin + 1 < distribution->bins && values[row] >= distribution->edges[bin + 1])
                bin++;
        int outcome = population_outcome(population, row);
        expected[outcome < 0 ? CLASS_UNKNOWN : outcome][bin]++;
    }
    for (size_t class = 0; class < CLASS_COUNT; class ++)
        assert_memory_equal(expected[class], distribution->counts[class], sizeof expected[class]);
}

static void test_distributions(void **state)
{
    const struct fixture *fixture = *state;
    const struct population *population = fixture->population;
    static const double shares[] = {0.05, 0.25, 0.5, 0.75, 0.95};
    float sorted[CLIENTS];
    for (size_t feature = 0; feature < FEATURE_COUNT; feature++) {
        const struct distribution *distribution = population_distribution(population, feature);
        const float *values = population_column(population, feature);
        size_t known = 0;
        for (size_t row = 0; row < CLIENTS; row++)
            if (!isnan(values[row]))
                sorted[known++] = values[row];
        assert_int_equal(distribution->known, known);
        assert_int_equal(distribution->missing, CLIENTS - known);
        check_histogram(distribution, population, feature);
        if (distribution->categorical)
            continue;
        assert_in_range(distribution->bins, 1, DISTRIBUTION_BINS);
        qsort(sorted, known, sizeof *sorted, compare_floats);
        for (size_t i = 0; i < DISTRIBUTION_QUANTILES; i++) {
            double position = shares[i] * (double)(known - 1);
            size_t below = (size_t)position;
            double high = sorted[below + 1 < known ? below + 1 : below];
            double wanted = sorted[below] + (position - (double)below) * (high - sorted[below]);
            assert_true(fabs(distribution->quantiles[i] - wanted) <= 1e-9 * fmax(1, fabs(wanted)));
        }
    }
}

static void test_bins_of_odd_columns(void **state)
{
    static const float columns[][6] = {
        {NAN, NAN, NAN, NAN, NAN, NAN}, {5, 5, 5, 5, 5, 5},    {0, 0, 0, 0, 0, 0},
        {-3, -3, NAN, -3, -3, -3},      {0, 0, 0, 0, 0, 1e9F}, {1e-12F, 2e-12F, 0, 0, 0, 0},
        {-1e30F, 1e30F, 0, 1, 2, 3}};
    static const int8_t outcomes[6] = {0, 1, -1, 0, 0, 1};
    uint32_t scratch[12];
    (void)state;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        struct distribution distribution;
        distribution_compute(&distribution, DISTRIBUTION_NUMBER, columns[i], outcomes, 6, scratch);
        uint32_t total = 0;
        for (size_t class = 0; class < CLASS_COUNT; class ++)
            for (size_t bin = 0; bin < distribution.bins; bin++)
                total += distribution.counts[class][bin];
        assert_int_equal(total, distribution.known);
        assert_true(distribution.bins <= DISTRIBUTION_BINS);
        for (size_t bin = 0; bin < distribution.bins; bin++)
            assert_true(distribution.edges[bin] < distribution.edges[bin + 1]);
        assert_int_equal(distribution_bin(&distribution, NAN), -1);
    }
}

static void test_ranks_and_tenths(void **state)
{
    const struct fixture *fixture = *state;
    static const float values[] = {1, 2, 2, 3, NAN};
    assert_true(distribution_rank(values, 5, 2).percent == 50 && distribution_rank(values, 5, 2).equal == 50);
    assert_true(distribution_rank(values, 5, 1).percent == 12.5);
    assert_true(distribution_rank(values, 5, 9).percent == 100 && distribution_rank(values, 5, 9).equal == 0);
    assert_true(isnan(distribution_rank(values, 5, NAN).percent));
    assert_true(isnan(distribution_rank(values + 4, 1, 1).equal));
    const struct distribution *credit = population_distribution(fixture->population, FEATURE_AMT_CREDIT);
    const float *column = population_column(fixture->population, FEATURE_AMT_CREDIT);
    size_t sizes[10] = {0};
    for (size_t row = 0; row < CLIENTS; row++)
        if (!isnan(column[row]))
            sizes[distribution_tenth(credit, column[row])]++;
    for (size_t i = 0; i < 10; i++)
        assert_in_range(sizes[i], credit->known / 10 - 2, credit->known / 10 + 2);
}

/* The distance as population.h describes it, in double precision and without shortcuts. */
struct reference {
    size_t feature;
    double weight, variance;
    bool categorical;
};

static size_t reference_metric(struct reference *out, const struct fixture *fixture)
{
    const json_t *features = json_object_get(model_reference(fixture->model), "features");
    double total = 0, covered = 0, importance[FEATURE_COUNT] = {0};
    size_t count = 0;
    for (size_t i = 0; i < model_feature_count(fixture->model); i++) {
        size_t feature = model_feature(fixture->model, i);
        const json_t *entry = json_object_get(features, catalogue_feature(feature)->name);
        importance[feature] = json_number_value(json_object_get(entry, "importance"));
        total += importance[feature];
    }
    assert_true(total > 0);
    const uint16_t *order = population_by_importance(fixture->population);
    for (size_t i = 0; i < FEATURE_COUNT && count < POPULATION_METRIC && covered < 0.95 * total; i++) {
        double sum = 0, squares = 0, known = 0;
        size_t feature = order[i];
        assert_true(i == 0 || importance[order[i - 1]] >= importance[feature]);
        covered += importance[feature];
        for (size_t row = 0; row < CLIENTS; row++) {
            double value = fixture->vectors[row][feature];
            if (isnan(value))
                continue;
            sum += value;
            squares += value * value;
            known++;
        }
        double variance = squares / known - sum / known * (sum / known);
        if (variance > 0)
            out[count++] = (struct reference){feature, importance[feature] / total, variance,
                                              catalogue_feature(feature)->unit == UNIT_CATEGORY};
    }
    return count;
}

static double reference_distance(const struct reference *metric, size_t count, const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double x = a[metric[i].feature], y = b[metric[i].feature];
        if (isnan(x) && isnan(y))
            continue;
        if (isnan(x) || isnan(y))
            sum += 2 * metric[i].weight;
        else if (metric[i].categorical)
            sum += x == y ? 0 : 2 * metric[i].weight;
        else
            sum += (x - y) * (x - y) / metric[i].variance * metric[i].weight;
    }
    return sqrt(sum);
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void test_neighbours_are_the_nearest(void **state)
{
    const struct fixture *fixture = *state;
    enum { K = 50 };
    struct reference metric[POPULATION_METRIC];
    size_t parts = reference_metric(metric, fixture);
    uint32_t rows[K];
    float distances[K];
    double all[CLIENTS];
    assert_true(parts > 5);
    for (size_t row = 0; row < CLIENTS; row += 211) {
        assert_int_equal(population_nearest(fixture->population, row, K, rows, distances), K);
        size_t count = 0;
        for (size_t other = 0; other < CLIENTS; other++)
            if (other != row)
                all[count++] =
                    reference_distance(metric, parts, fixture->vectors[row], fixture->vectors[other]);
        qsort(all, count, sizeof *all, compare_doubles);
        for (size_t i = 0; i < K; i++) {
            double own = reference_distance(metric, parts, fixture->vectors[row], fixture->vectors[rows[i]]);
            assert_true(rows[i] != row);
            assert_true(fabs(distances[i] - own) < 1e-4 && fabs(own - all[i]) < 1e-4);
        }
    }
    uint32_t *everybody = malloc(MORE_CLIENTS * sizeof *everybody);
    assert_int_equal(population_nearest(fixture->population, 3, MORE_CLIENTS, everybody, NULL), CLIENTS - 1);
    free(everybody);
}

static void test_figures(void **state)
{
    const struct fixture *fixture = *state;
    const struct population_figures *figures = population_figures(fixture->population);
    size_t refused = 0, outcomes[CLASS_COUNT] = {0};
    double probabilities = 0, credit = 0, known = 0;
    for (size_t row = 0; row < CLIENTS; row++) {
        struct verdict verdict = scoring_verdict(fixture->model, population_margin(fixture->population, row));
        int outcome = population_outcome(fixture->population, row);
        refused += verdict.refused;
        probabilities += verdict.probability;
        outcomes[outcome < 0 ? CLASS_UNKNOWN : outcome]++;
        if (!isnan(fixture->vectors[row][FEATURE_AMT_CREDIT])) {
            credit += fixture->vectors[row][FEATURE_AMT_CREDIT];
            known++;
        }
    }
    assert_int_equal(figures->refused, refused);
    assert_memory_equal(figures->outcomes, outcomes, sizeof outcomes);
    assert_true(fabs(figures->mean_probability - probabilities / CLIENTS) < 1e-12);
    assert_true(fabs(figures->mean_credit - credit / known) < 1e-6 * figures->mean_credit);
}

static void test_another_model_scores_again(void **state)
{
    const struct fixture *fixture = *state;
    struct store_population stored = fixture->stored;
    struct population *population = NULL;
    struct error err = {0};
    snprintf(stored.origin.model, sizeof stored.origin.model, "another");
    assert_int_equal(population_load(&population, fixture->store, &stored, fixture->model, &err), 0);
    struct score *scores = malloc(CLIENTS * sizeof *scores);
    assert_int_equal(model_predict(fixture->model, fixture->vectors[0], CLIENTS, scores, &err), 0);
    for (size_t row = 0; row < CLIENTS; row++)
        assert_true(population_margin(population, row) == scoring_round(scores[row].margin));
    free(scores);
    population_release(population);
}

static void test_other_contents_are_refused(void **state)
{
    const struct fixture *fixture = *state;
    struct population *population = NULL;
    struct store_population stored = fixture->stored;
    struct error err = {0};
    snprintf(stored.origin.catalogue, sizeof stored.origin.catalogue, "another");
    assert_int_equal(population_load(&population, fixture->store, &stored, fixture->model, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_non_null(strstr(err.message, "import"));
    static const uint64_t wrong_counts[] = {CLIENTS - 1, CLIENTS + 1};
    for (size_t i = 0; i < 2; i++) {
        stored = fixture->stored;
        stored.rows = wrong_counts[i];
        error_clear(&err);
        assert_int_equal(population_load(&population, fixture->store, &stored, fixture->model, &err), -1);
        assert_int_equal(err.code, ERROR_CONFLICT);
    }
    assert_null(population);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_look_up),
        cmocka_unit_test(test_distributions),
        cmocka_unit_test(test_bins_of_odd_columns),
        cmocka_unit_test(test_ranks_and_tenths),
        cmocka_unit_test(test_neighbours_are_the_nearest),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_another_model_scores_again),
        cmocka_unit_test(test_other_contents_are_refused),
    };
    return cmocka_run_group_tests_name("population", tests, set_up, tear_down);
}
