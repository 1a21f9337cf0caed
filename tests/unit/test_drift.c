/* Drift of vectors drawn as the model's reference says, and of others; what was scored last. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/drift.h"
#include "backend/recent.h"
#include "shared/model/decision.h"
#include "shared/model/psi.h"

enum { ROWS = 4000 };

struct columns {
    float (*values)[ROWS]; /* FEATURE_COUNT */
    double margins[ROWS];
};

static struct drift_values column_of(const void *context, size_t feature)
{
    return (struct drift_values){((const struct columns *)context)->values[feature], NULL, ROWS};
}

static double margin_of(const void *context, size_t row)
{
    return ((const struct columns *)context)->margins[row];
}

static double next_value(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* A value of one of the bins, drawn by their shares. */
static double draw_bin(const json_t *bins, uint64_t *random)
{
    const json_t *atoms = json_object_get(bins, "atoms"), *edges = json_object_get(bins, "edges");
    const json_t *shares = json_object_get(bins, "shares");
    double left = next_value(random);
    size_t bin = 0;
    while (bin + 1 < json_array_size(shares) && (left -= json_number_value(json_array_get(shares, bin))) > 0)
        bin++;
    if (bin == 0)
        return NAN;
    if (bin <= json_array_size(atoms))
        return json_number_value(json_array_get(atoms, bin - 1));
    size_t place = bin - 1 - json_array_size(atoms); /* 0: below the first edge */
    if (json_array_size(edges) == 0)
        return 0.123456789;
    if (place == 0)
        return json_number_value(json_array_get(edges, 0)) - 1e6;
    double low = json_number_value(json_array_get(edges, place - 1));
    return low + 1e-9 * fabs(low);
}

static double draw_level(const json_t *feature, uint64_t *random)
{
    const json_t *shares = json_object_get(feature, "shares");
    double missing = json_number_value(json_object_get(feature, "missing"));
    if (next_value(random) < missing)
        return NAN;
    double left = next_value(random);
    size_t level = 0;
    while (level + 1 < json_array_size(shares) &&
           (left -= json_number_value(json_array_get(shares, level))) > 0)
        level++;
    return (double)level;
}

struct fixture {
    struct model *model;
    struct columns columns;
    struct drift_clients clients;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error err = {0};
    uint64_t random = 11;
    assert_int_equal(model_load(&fixture->model, "models/demo", &err), 0);
    fixture->columns.values = malloc(FEATURE_COUNT * sizeof *fixture->columns.values);
    const json_t *features = json_object_get(model_reference(fixture->model), "features");
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const json_t *feature = json_object_get(features, catalogue_feature(i)->name);
        const json_t *bins = json_object_get(feature, "bins");
        for (size_t row = 0; row < ROWS; row++)
            fixture->columns.values[i][row] =
                (float)(bins ? draw_bin(bins, &random) : draw_level(feature, &random));
    }
    const json_t *scores = json_object_get(model_reference(fixture->model), "scores");
    for (size_t row = 0; row < ROWS; row++) {
        double probability = draw_bin(scores, &random);
        fixture->columns.margins[row] = decision_margin(probability > 0 ? probability : 1e-4);
    }
    fixture->clients = (struct drift_clients){ROWS, column_of, margin_of, &fixture->columns};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    model_free(fixture->model);
    free(fixture->columns.values);
    free(fixture);
    return 0;
}

static const struct drift *find(const struct drift *drifts, size_t count, int feature)
{
    for (size_t i = 0; i < count; i++)
        if (drifts[i].feature == feature)
            return &drifts[i];
    fail_msg("feature %d is not among the drifts", feature);
    return NULL;
}

static void test_the_same_distribution_drifts_by_chance_alone(void **state)
{
    struct fixture *fixture = *state;
    struct drift drifts[FEATURE_COUNT + 1];
    size_t count = drift_measure(drifts, fixture->model, &fixture->clients), beyond = 0;
    assert_int_equal(count, model_feature_count(fixture->model) + 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(drifts[i].psi >= 0 && drifts[i].psi < 0.02);
        assert_true(i == 0 || drifts[i].psi <= drifts[i - 1].psi);
        beyond += drifts[i].psi > drifts[i].chance;
    }
    assert_true(beyond < count / 5); /* one in twenty is expected; rows drawn once, so less is missed */
    find(drifts, count, DRIFT_SCORE);
}

static void test_what_changes_is_found_with_its_size(void **state)
{
    struct fixture *fixture = *state;
    struct drift drifts[FEATURE_COUNT + 1];
    float *amounts = fixture->columns.values[FEATURE_AMT_CREDIT];
    float kept[ROWS];
    memcpy(kept, amounts, sizeof kept);
    for (size_t row = 0; row < ROWS; row += 2)
        amounts[row] = NAN;
    size_t count = drift_measure(drifts, fixture->model, &fixture->clients);
    const struct drift *found = &drifts[0];
    assert_int_equal(found->feature, FEATURE_AMT_CREDIT);
    assert_true(found->missing_now == 0.5 && found->missing_then < 0.01);

    /* The same by the definition: half of every bin has moved to missing. */
    const json_t *bins = json_object_get(
        json_object_get(json_object_get(model_reference(fixture->model), "features"), "AMT_CREDIT"), "bins");
    const json_t *shares = json_object_get(bins, "shares");
    double expected = 0;
    for (size_t i = 0; i < json_array_size(shares); i++) {
        double then = fmax(json_number_value(json_array_get(shares, i)), 1e-4);
        double now = i == 0 ? 0.5 : then / 2;
        expected += (now - then) * log(now / then);
    }
    assert_true(fabs(found->psi / expected - 1) < 0.1);
    assert_true(find(drifts, count, FEATURE_AMT_ANNUITY)->psi < 0.02);
    memcpy(amounts, kept, sizeof kept);
}

static void test_scores_drift_too(void **state)
{
    struct fixture *fixture = *state;
    struct drift drifts[FEATURE_COUNT + 1];
    for (size_t row = 0; row < ROWS; row++)
        fixture->columns.margins[row] += 2;
    size_t count = drift_measure(drifts, fixture->model, &fixture->clients);
    assert_int_equal(drifts[0].feature, DRIFT_SCORE);
    assert_true(drifts[0].psi > 0.25);
    assert_int_equal(count, model_feature_count(fixture->model) + 1);
    for (size_t row = 0; row < ROWS; row++)
        fixture->columns.margins[row] -= 2;
}

/* Every feature looked at by itself: the same index, shares of everybody, bins that ascend without a gap. */
static void test_bins_make_the_index(void **state)
{
    struct fixture *fixture = *state;
    struct drift drifts[FEATURE_COUNT + 1];
    struct drift_bin bins[DRIFT_BINS];
    size_t count = drift_measure(drifts, fixture->model, &fixture->clients);
    for (size_t i = 0; i < count; i++) {
        struct drift drift;
        double then[DRIFT_BINS], now[DRIFT_BINS], all_then = 0, all_now = 0, edge = -INFINITY;
        size_t filled = drift_look(bins, &drift, fixture->model, &fixture->clients, drifts[i].feature),
               missing = 0;
        assert_true(filled > 0 && filled <= DRIFT_BINS);
        for (size_t bin = 0; bin < filled; bin++) {
            all_then += then[bin] = bins[bin].then;
            all_now += now[bin] = bins[bin].now;
            missing += bins[bin].kind == DRIFT_MISSING;
            if (bins[bin].kind == DRIFT_RANGE) {
                assert_true(bins[bin].low == edge && bins[bin].low < bins[bin].high);
                edge = bins[bin].high;
            } else if (bins[bin].kind == DRIFT_LEVEL) {
                assert_true(bins[bin].low == (double)bin);
            }
        }
        assert_true(fabs(all_then - 1) < 1e-6 && fabs(all_now - 1) < 1e-9);
        assert_int_equal(missing, 1);
        assert_int_equal(bins[filled - 1].kind, DRIFT_MISSING);
        assert_true(edge == -INFINITY || edge == INFINITY);
        assert_true(drift.psi == drifts[i].psi && drift.chance == drifts[i].chance);
        assert_true(fabs(psi_of_shares(then, now, filled) - drift.psi) < 1e-9);
    }
}

static void test_nobody_does_not_drift(void **state)
{
    struct fixture *fixture = *state;
    struct drift drifts[FEATURE_COUNT + 1];
    struct drift_clients nobody = fixture->clients;
    struct drift_bin bins[DRIFT_BINS];
    nobody.count = 0;
    assert_int_equal(drift_measure(drifts, fixture->model, &nobody), 0);
    assert_int_equal(drift_look(bins, &drifts[0], fixture->model, &nobody, DRIFT_SCORE), 0);
}

static void test_recent_vectors_push_out_the_oldest(void **state)
{
    (void)state;
    struct recent *recent = NULL;
    enum { PART = 700 };
    assert_int_equal(recent_new(&recent, NULL), 0);
    float *vectors = calloc((size_t)(RECENT_VECTORS + PART) * FEATURE_COUNT, sizeof *vectors);
    float *copy = malloc((size_t)RECENT_VECTORS * FEATURE_COUNT * sizeof *copy);
    for (size_t i = 0; i < RECENT_VECTORS + PART; i++)
        vectors[i * FEATURE_COUNT] = vectors[(i + 1) * FEATURE_COUNT - 1] = (float)i;
    assert_int_equal(recent_copy(recent, copy), 0);

    size_t added = 0;
    for (; added + PART <= RECENT_VECTORS + PART; added += PART)
        recent_add(recent, vectors + added * FEATURE_COUNT, PART);
    assert_int_equal(recent_copy(recent, copy), added < RECENT_VECTORS ? added : RECENT_VECTORS);
    for (size_t i = 0; i < RECENT_VECTORS; i++) {
        float number = copy[i * FEATURE_COUNT];
        assert_true(number >= (float)(added - RECENT_VECTORS) && number < (float)added);
        assert_true(copy[(i + 1) * FEATURE_COUNT - 1] == number);
    }
    /* More than there is room for: the last ones stay. */
    recent_add(recent, vectors, RECENT_VECTORS + PART);
    assert_int_equal(recent_copy(recent, copy), RECENT_VECTORS);
    double sum = 0, expected = 0;
    for (size_t i = 0; i < RECENT_VECTORS; i++) {
        sum += (double)copy[i * FEATURE_COUNT];
        expected += (double)(PART + i);
    }
    assert_true(sum == expected);
    free(vectors);
    free(copy);
    recent_free(recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_distribution_drifts_by_chance_alone),
        cmocka_unit_test(test_what_changes_is_found_with_its_size),
        cmocka_unit_test(test_scores_drift_too),
        cmocka_unit_test(test_bins_make_the_index),
        cmocka_unit_test(test_nobody_does_not_drift),
        cmocka_unit_test(test_recent_vectors_push_out_the_oldest),
    };
    return cmocka_run_group_tests_name("drift", tests, set_up, tear_down);
}
