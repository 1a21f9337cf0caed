/* A population scored by another model, snapshots that share, the sample, and fairness. */
#include <jansson.h>
#include <limits.h>
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

#include "backend/fairness.h"
#include "backend/snapshot.h"
#include "shared/base/file.h"
#include "shared/base/log.h"
#include "tests/support/made_population.h"

static const double SHIFT = 0.5;

struct fixture {
    struct made_population *made;
    char folder[TEMPORARY_FOLDER]; /* of another artifact */
};

/* A document of the shipped artifact, changed, in the folder of the other. */
static void change_document(const char *folder, const char *name, void (*change)(json_t *))
{
    char from[PATH_MAX], to[PATH_MAX];
    struct error err = {0};
    assert_int_equal(file_path(from, sizeof from, "models/demo", name, &err), 0);
    assert_int_equal(file_path(to, sizeof to, folder, name, &err), 0);
    json_t *document = json_load_file(from, 0, NULL);
    assert_non_null(document);
    change(document);
    assert_int_equal(json_dump_file(document, to, JSON_COMPACT | JSON_REAL_PRECISION(17)), 0);
    json_decref(document);
}

static void add(json_t *object, const char *name, double term)
{
    json_t *value = json_object_get(object, name);
    assert_int_equal(json_real_set(value, json_real_value(value) + term), 0);
}

static void shift_calibration(json_t *document)
{
    add(json_object_get(document, "calibration"), "intercept", SHIFT);
}

static void shift_golden_rows(json_t *reference)
{
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(reference, "golden"), i, row)
    {
        add(row, "margin", SHIFT);
        add(row, "base_value", SHIFT);
    }
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char here[PATH_MAX], target[PATH_MAX + 32], link[PATH_MAX];
    log_set_level(LOG_ERROR);
    fixture->made = made_population_new();
    temporary_folder_make(fixture->folder);
    change_document(fixture->folder, "model.json", shift_calibration);
    change_document(fixture->folder, "reference.json", shift_golden_rows);
    assert_non_null(getcwd(here, sizeof here));
    snprintf(target, sizeof target, "%s/models/demo/model.ubj", here);
    assert_int_equal(file_path(link, sizeof link, fixture->folder, "model.ubj", NULL), 0);
    assert_int_equal(symlink(target, link), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    made_population_free(fixture->made);
    temporary_folder_remove(fixture->folder);
    free(fixture);
    return 0;
}

static struct model *load_other(const struct fixture *fixture)
{
    struct model *model = NULL;
    struct error err = {0};
    if (model_load(&model, fixture->folder, &err))
        fail_msg("%s", err.message);
    return model;
}

static struct population *rescore(struct population *population, const struct model *model)
{
    struct population *out = NULL;
    struct error err = {0};
    assert_int_equal(population_rescore(&out, population, model, &err), 0);
    return out;
}

static void test_another_model_scores_the_same_clients(void **state)
{
    const struct fixture *fixture = *state;
    struct population *population = fixture->made->population;
    struct model *other = load_other(fixture);
    struct population *shifted = rescore(population, other);
    double probabilities = 0;
    size_t refused = 0;
    assert_int_equal(population_count(shifted), MADE_CLIENTS);
    for (size_t row = 0; row < MADE_CLIENTS; row++) {
        assert_int_equal(population_id(shifted, row), population_id(population, row));
        assert_int_equal(population_outcome(shifted, row), population_outcome(population, row));
        double difference = population_margin(shifted, row) - population_margin(population, row);
        assert_true(fabs(difference - SHIFT) < 3e-9);
        struct verdict verdict = scoring_verdict(other, population_margin(shifted, row));
        probabilities += verdict.probability;
        refused += verdict.refused;
    }
    assert_int_equal(population_figures(shifted)->refused, refused);
    assert_true(refused > population_figures(population)->refused);
    assert_true(fabs(population_figures(shifted)->mean_probability - probabilities / MADE_CLIENTS) < 1e-12);
    assert_true(population_figures(shifted)->mean_income == population_figures(population)->mean_income);
    /* What does not depend on the model is shared and not copied. */
    for (size_t feature = 0; feature < FEATURE_COUNT; feature += 17)
        assert_ptr_equal(population_values(shifted, feature).values,
                         population_values(population, feature).values);
    population_release(shifted);
    model_free(other);
}

static void test_back_again_and_again(void **state)
{
    const struct fixture *fixture = *state;
    struct population *population = fixture->made->population;
    struct model *other = load_other(fixture);
    population_hold(population);
    struct population *current = population;
    for (int i = 0; i < 6; i++) { /* the last ends with the model of the start */
        struct population *next = rescore(current, i % 2 ? fixture->made->model : other);
        population_release(current);
        current = next;
    }
    for (size_t row = 0; row < MADE_CLIENTS; row++)
        assert_true(population_margin(current, row) == population_margin(population, row));
    float vector[FEATURE_COUNT], original[FEATURE_COUNT];
    population_vector(current, 7, vector);
    population_vector(population, 7, original);
    assert_memory_equal(vector, original, sizeof vector);
    population_release(current);
    model_free(other);
}

static void test_the_last_holder_frees_what_is_shared(void **state)
{
    const struct fixture *fixture = *state;
    struct store_population stored = *population_stored(fixture->made->population);
    struct population *first = NULL;
    struct model *other = load_other(fixture);
    struct error err = {0};
    assert_int_equal(population_load(&first, fixture->made->store, &stored, fixture->made->model, &err), 0);
    struct population *second = rescore(first, other);
    float before = population_value(first, FEATURE_AMT_CREDIT, 3);
    population_release(first);
    assert_true(population_value(second, FEATURE_AMT_CREDIT, 3) == before); /* ASan watches */
    population_release(second);
    model_free(other);
}

static void test_snapshots_share_their_model(void **state)
{
    const struct fixture *fixture = *state;
    struct snapshot *alone = NULL, *whole = NULL;
    struct error err = {0};
    assert_int_equal(snapshot_new(&alone, load_other(fixture), &err), 0);
    assert_null(snapshot_population(alone));
    struct population *population = rescore(fixture->made->population, snapshot_model(alone));
    assert_int_equal(snapshot_with(&whole, alone, population, &err), 0);
    assert_ptr_equal(snapshot_model(whole), snapshot_model(alone));
    assert_ptr_equal(snapshot_population(whole), population);
    snapshot_release(alone);
    snapshot_hold(whole);
    snapshot_release(whole);
    assert_string_equal(model_name(snapshot_model(whole)), "clairscore");
    snapshot_prepare(whole);
    snapshot_release(whole);
    snapshot_release(NULL);
}

static void test_the_sample_is_explained_exactly(void **state)
{
    const struct fixture *fixture = *state;
    const struct population *population = fixture->made->population;
    struct sample *sample = NULL;
    struct error err = {0};
    assert_int_equal(sample_draw(&sample, population, fixture->made->model, &err), 0);
    assert_int_equal(sample->count, SAMPLE_CLIENTS);
    for (size_t i = 0; i < sample->count; i++) {
        float vector[FEATURE_COUNT];
        double contributions[FEATURE_COUNT], base;
        struct score score;
        assert_true(sample->rows[i] < MADE_CLIENTS && (i == 0 || sample->rows[i] > sample->rows[i - 1]));
        if (i % 50)
            continue;
        population_vector(population, sample->rows[i], vector);
        assert_int_equal(model_explain(fixture->made->model, vector, &score, contributions, &base, &err), 0);
        assert_memory_equal(sample->contributions[i], contributions, sizeof contributions);
    }
    free(sample);
}

/* ---- Fairness ---- */

static void check_group(const struct fixture *fixture, const struct fairness_group *group, double youngest,
                        double oldest)
{
    const struct population *population = fixture->made->population;
    struct fairness_group expected = {0};
    for (size_t row = 0; row < MADE_CLIENTS; row++) {
        double age = -(double)population_value(population, FEATURE_DAYS_BIRTH, row) / 365.25;
        if (!(age >= youngest && age < oldest))
            continue;
        bool granted = !scoring_verdict(fixture->made->model, population_margin(population, row)).refused;
        int outcome = population_outcome(population, row);
        expected.clients++;
        expected.granted += granted;
        expected.repaid += outcome == OUTCOME_REPAID;
        expected.defaulted += outcome == OUTCOME_DEFAULTED;
        expected.repaid_granted += granted && outcome == OUTCOME_REPAID;
    }
    assert_int_equal(group->clients, expected.clients);
    assert_int_equal(group->granted, expected.granted);
    assert_int_equal(group->repaid, expected.repaid);
    assert_int_equal(group->defaulted, expected.defaulted);
    assert_int_equal(group->repaid_granted, expected.repaid_granted);
}

static void test_age_bands_are_counted_and_compared(void **state)
{
    const struct fixture *fixture = *state;
    struct fairness_group groups[FAIRNESS_GROUPS];
    static const double limits[] = {0, 30, 40, 50, 60, 200};
    size_t count = fairness_measure(groups, FAIRNESS_AGE, fixture->made->population, fixture->made->model);
    double most = 0, best = 0;
    size_t clients = 0, few = 0;
    assert_int_equal(count, 6);
    for (size_t i = 0; i + 1 < count; i++) {
        check_group(fixture, &groups[i], limits[i], limits[i + 1]);
        most = fmax(most, (double)groups[i].granted / (double)groups[i].clients);
        if (groups[i].repaid >= FAIRNESS_LEAST)
            best = fmax(best, (double)groups[i].repaid_granted / (double)groups[i].repaid);
        few += groups[i].repaid < FAIRNESS_LEAST;
    }
    for (size_t i = 0; i < count; i++)
        clients += groups[i].clients;
    assert_int_equal(clients, MADE_CLIENTS);
    for (size_t i = 0; i + 1 < count; i++) {
        assert_true(groups[i].clients >= FAIRNESS_LEAST);
        double share = (double)groups[i].granted / (double)groups[i].clients;
        double opportunity = (double)groups[i].repaid_granted / (double)groups[i].repaid;
        assert_true(fabs(groups[i].ratio - share / most) < 1e-12);
        if (groups[i].repaid >= FAIRNESS_LEAST)
            assert_true(fabs(groups[i].gap - (opportunity - best)) < 1e-12);
        else
            assert_true(isnan(groups[i].gap));
    }
    assert_true(few > 0 && few < 4); /* both cases are there */
    assert_true(isnan(groups[5].ratio) && isnan(groups[5].gap));
}

static void test_unknown_genders_are_told_apart(void **state)
{
    const struct fixture *fixture = *state;
    struct fairness_group groups[FAIRNESS_GROUPS];
    size_t count = fairness_measure(groups, FAIRNESS_GENDER, fixture->made->population, fixture->made->model);
    assert_int_equal(count, 3);
    assert_int_equal(groups[2].clients, MADE_CLIENTS); /* made-up applications tell no gender */
    assert_int_equal(groups[0].clients, 0);
    for (size_t i = 0; i < count; i++)
        assert_true(isnan(groups[i].ratio) && isnan(groups[i].gap));
    assert_string_equal(fairness_group_name(FAIRNESS_GENDER, 0), "F");
    assert_string_equal(fairness_group_name(FAIRNESS_GENDER, 2), "unknown");
    assert_string_equal(fairness_group_label(FAIRNESS_AGE, 4, LANGUAGE_FR), "60 ans et plus");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_model_scores_the_same_clients),
        cmocka_unit_test(test_back_again_and_again),
        cmocka_unit_test(test_the_last_holder_frees_what_is_shared),
        cmocka_unit_test(test_snapshots_share_their_model),
        cmocka_unit_test(test_the_sample_is_explained_exactly),
        cmocka_unit_test(test_age_bands_are_counted_and_compared),
        cmocka_unit_test(test_unknown_genders_are_told_apart),
    };
    return cmocka_run_group_tests_name("snapshot", tests, set_up, tear_down);
}
