/* The artifact as the backend meets it: the shipped demo model, whole and damaged. */
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "shared/base/file.h"
#include "shared/model/decision.h"
#include "shared/model/model.h"
#include "tests/support/drawn_vectors.h"

static const char DEMO[] = "models/demo";
enum { ROWS = 600, THREADS = 8 };

static int load_demo(void **state)
{
    struct error err = {0};
    struct model *model = NULL;
    if (model_load(&model, DEMO, &err)) {
        printf("%s\n", err.message);
        return -1;
    }
    *state = model;
    return 0;
}

static int free_demo(void **state)
{
    model_free(*state);
    return 0;
}

static void assert_same_score(const struct score *a, const struct score *b)
{
    assert_true(a->margin == b->margin);
    assert_true(a->probability == b->probability);
    assert_true(a->points == b->points);
    assert_int_equal(a->refused, b->refused);
}

static void explanations_add_up_to_the_prediction(void **state)
{
    struct model *model = *state;
    struct error err = {0};
    float *vectors = drawn_vectors(model, ROWS, 11);
    double first_base = 0;
    for (size_t i = 0; i < ROWS; i++) {
        const float *vector = vectors + i * FEATURE_COUNT;
        struct score predicted;
        struct score explained;
        double contributions[FEATURE_COUNT];
        double base = 0;
        assert_int_equal(model_predict(model, vector, 1, &predicted, &err), 0);
        assert_int_equal(model_explain(model, vector, &explained, contributions, &base, &err), 0);
        assert_same_score(&predicted, &explained);
        double sum = base;
        for (size_t j = 0; j < FEATURE_COUNT; j++)
            sum += contributions[j];
        assert_true(fabs(sum - predicted.margin) < 1e-12);
        assert_true(predicted.probability == 1 / (1 + exp(-predicted.margin)));
        assert_int_equal(predicted.refused, predicted.probability >= model_threshold(model));
        if (i == 0)
            first_base = base;
        assert_true(base == first_base);
    }
    free(vectors);
}

static void many_rows_score_as_one_does(void **state)
{
    struct model *model = *state;
    struct error err = {0};
    float *vectors = drawn_vectors(model, ROWS, 11);
    struct score together[ROWS];
    assert_int_equal(model_predict(model, vectors, ROWS, together, &err), 0);
    for (size_t i = 0; i < ROWS; i++) {
        struct score alone;
        assert_int_equal(model_predict(model, vectors + i * FEATURE_COUNT, 1, &alone, &err), 0);
        assert_same_score(&alone, &together[i]);
    }
    assert_int_equal(model_predict(model, vectors, 0, together, &err), 0);
    free(vectors);
}

struct job {
    const struct model *model;
    const float *vectors;
    struct score scores[ROWS];
    double first_contribution[ROWS];
};

static void *work(void *context)
{
    struct job *job = context;
    for (size_t i = 0; i < ROWS; i += 7) {
        double contributions[FEATURE_COUNT];
        double base = 0;
        model_explain(job->model, job->vectors + i * FEATURE_COUNT, &job->scores[i], contributions, &base,
                      NULL);
        job->first_contribution[i] = contributions[0];
    }
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    struct model *model = *state;
    float *vectors = drawn_vectors(model, ROWS, 11);
    struct job *jobs = calloc(THREADS + 1, sizeof *jobs);
    pthread_t threads[THREADS];
    for (int i = 0; i <= THREADS; i++)
        jobs[i] = (struct job){.model = model, .vectors = vectors};
    work(&jobs[THREADS]);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        for (size_t row = 0; row < ROWS; row += 7)
            assert_same_score(&jobs[i].scores[row], &jobs[THREADS].scores[row]);
        assert_memory_equal(jobs[i].first_contribution, jobs[THREADS].first_contribution,
                            sizeof jobs[i].first_contribution);
    }
    free(jobs);
    free(vectors);
}

/* A copy of the demo artifact in a new folder. */
static void copy_artifact(char folder[64])
{
    static const char *const names[] = {"model.ubj", "model.json", "reference.json"};
    snprintf(folder, 64, "/tmp/clairscore-model-XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char from[PATH_MAX];
        char to[PATH_MAX];
        struct buffer content = buffer_new(64 << 20);
        assert_int_equal(file_path(from, sizeof from, DEMO, names[i], NULL), 0);
        assert_int_equal(file_path(to, sizeof to, folder, names[i], NULL), 0);
        assert_int_equal(file_read(&content, from, NULL), 0);
        assert_int_equal(file_write(to, content.data, content.length, NULL), 0);
        buffer_free(&content);
    }
}

static void remove_artifact(const char *folder)
{
    static const char *const names[] = {"model.ubj", "model.json", "reference.json"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (file_path(path, sizeof path, folder, names[i], NULL) == 0)
            unlink(path);
    rmdir(folder);
}

/* Changes one document of a copied artifact and expects the load to fail with `part` in the message. */
static void expect_refusal(const char *name, void (*change)(json_t *), const char *part)
{
    char folder[64];
    char path[PATH_MAX];
    struct error err = {0};
    struct model *model = NULL;
    copy_artifact(folder);
    file_path(path, sizeof path, folder, name, NULL);
    json_t *document = json_load_file(path, 0, NULL);
    change(document);
    assert_int_equal(json_dump_file(document, path, JSON_COMPACT | JSON_REAL_PRECISION(17)), 0);
    json_decref(document);
    assert_int_equal(model_load(&model, folder, &err), -1);
    assert_null(model);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" does not speak of \"%s\"", err.message, part);
    remove_artifact(folder);
}

static void shift_golden_margin(json_t *reference)
{
    json_t *row = json_array_get(json_object_get(reference, "golden"), 3);
    json_t *margin = json_object_get(row, "margin");
    json_real_set(margin, json_real_value(margin) + 2e-5);
}

static void drop_golden(json_t *reference)
{
    json_object_del(reference, "golden");
}

static void rename_feature(json_t *document)
{
    json_array_set_new(json_object_get(document, "features"), 5, json_string("AMT_UNHEARD_OF"));
}

static void drop_feature(json_t *document)
{
    json_array_remove(json_object_get(document, "features"), 5);
}

static void break_threshold(json_t *document)
{
    json_object_set_new(json_object_get(document, "threshold"), "value", json_real(1.5));
}

static void age_catalogue(json_t *document)
{
    json_object_set_new(document, "catalogue_version", json_string("0"));
}

static void drop_name(json_t *document)
{
    json_object_del(document, "name");
}

static void damaged_artifacts_are_refused(void **state)
{
    (void)state;
    expect_refusal("reference.json", shift_golden_margin, "golden row 3");
    expect_refusal("reference.json", drop_golden, "no golden rows");
    expect_refusal("model.json", rename_feature, "AMT_UNHEARD_OF");
    expect_refusal("model.json", drop_feature, "features");
    expect_refusal("model.json", break_threshold, "threshold");
    expect_refusal("model.json", age_catalogue, "train again");
    expect_refusal("model.json", drop_name, "name");
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"model.ubj", "model.json", "reference.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char folder[64];
        char path[PATH_MAX];
        struct error err = {0};
        struct model *model = NULL;
        copy_artifact(folder);
        file_path(path, sizeof path, folder, names[i], NULL);
        assert_int_equal(file_write(path, "{\"half\":", 8, NULL), 0);
        assert_int_equal(model_load(&model, folder, &err), -1);
        assert_non_null(strstr(err.message, names[i]));
        unlink(path);
        error_clear(&err);
        assert_int_equal(model_load(&model, folder, &err), -1);
        remove_artifact(folder);
    }
}

static void points_follow_the_banks_scale(void **state)
{
    (void)state;
    assert_true(fabs(decision_points(decision_margin(0.05)) - 600) < 1e-9);
    assert_true(fabs(decision_points(decision_margin(1.0 / 39)) - 650) < 1e-9); /* odds 1:38 */
    assert_true(fabs(decision_points(decision_margin(1.0 / 11)) - 553.7) < 0.1);
    assert_true(fabs(decision_contribution_points(log(2)) + 50) < 1e-9);
    assert_true(fabs(decision_threshold(10, 1) - 1.0 / 11) < 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explanations_add_up_to_the_prediction),
        cmocka_unit_test(many_rows_score_as_one_does),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(damaged_artifacts_are_refused),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(points_follow_the_banks_scale),
    };
    return cmocka_run_group_tests_name("model", tests, load_demo, free_demo);
}
