/* The classifiers on real clients, against what scikit-learn and XGBoost reach on the same folds.
 *
 * Every method is held to 0.005 of the reference's mean AUC over five folds, which takes about a minute.
 * Under a sanitizer, or when CLAIRSCORE_QUICK is set, only the first fold is tried, against the reference's
 * AUC of that fold: the methods that draw at random differ more from fold to fold, so that 0.01 is allowed
 * there. */
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

#include <cmocka.h>

#include "notebooks-port/ml/classifier.h"
#include "notebooks-port/ml/dummies.h"
#include "notebooks-port/ml/metrics.h"
#include "shared/features/catalogue.h"
#include "tests/support/shared_data.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool SANITIZED = true;
#else
static const bool SANITIZED = false;
#endif

/* The application's own columns, categories as dummies. */
struct clients {
    struct matrix columns;
    uint8_t *fold;
    unsigned folds, tried;
    json_t *results;
};

static int pick_application(struct matrix *out, const struct matrix *all, struct error *err)
{
    size_t columns[FEATURE_COUNT], count = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (catalogue_column(i))
            columns[count++] = i;
    const struct examples whole = matrix_examples(all);
    struct examples picked;
    struct matrix part = *all;
    char *names[FEATURE_COUNT];
    for (size_t i = 0; i < count; i++)
        names[i] = all->names[columns[i]];
    int status = examples_pick_columns(&picked, &whole, columns, count, err);
    part.columns = count;
    part.names = names;
    part.values = (float *)picked.values;
    if (status == 0)
        status = dummies_expand(out, &part, err);
    examples_free(&picked);
    return status;
}

static int read_clients(void **state)
{
    static struct clients clients;
    char folder[PATH_MAX], folds[PATH_MAX], oracle[PATH_MAX];
    if (!shared_path(folder, "data/home-credit") || !shared_path(folds, "data/home-credit/folds.csv") ||
        !shared_path(oracle, "oracles/models.json"))
        return 0;
    struct error err = {0};
    struct matrix all = {0};
    json_t *document = json_load_file(oracle, 0, NULL);
    clients.results = json_incref(json_object_get(document, "results"));
    json_decref(document);
    int status = matrix_read(&all, folder, false, &err);
    if (status == 0)
        status = pick_application(&clients.columns, &all, &err);
    if (status == 0 && (clients.fold = malloc(all.rows)))
        status = matrix_read_folds(&all, folds, clients.fold, &clients.folds, &err);
    matrix_free(&all);
    clients.tried = SANITIZED || getenv("CLAIRSCORE_QUICK") ? 1 : clients.folds;
    if (status || !clients.fold)
        printf("%s\n", err.message);
    *state = &clients;
    return status;
}

static int free_clients(void **state)
{
    struct clients *clients = *state;
    if (clients) {
        matrix_free(&clients->columns);
        free(clients->fold);
        json_decref(clients->results);
    }
    return 0;
}

static double measure_fold(const struct clients *clients, unsigned fold, enum classifier_kind kind,
                           const json_t *parameters)
{
    struct error err = {0};
    const struct examples all = matrix_examples(&clients->columns);
    struct examples train, test;
    struct classifier *classifier = NULL;
    struct ranking_metrics ranking = {0};
    assert_int_equal(examples_pick(&train, &all, clients->fold, fold, true, &err), 0);
    assert_int_equal(examples_pick(&test, &all, clients->fold, fold, false, &err), 0);
    double *scores = malloc(test.rows * sizeof *scores);
    assert_non_null(scores);
    if (classifier_train(&classifier, kind, &train, parameters, 7, &err) ||
        classifier_predict(classifier, &test, scores, &err))
        fail_msg("%s", err.message);
    assert_int_equal(metrics_rank(&ranking, scores, test.labels, test.rows), 0);
    classifier_free(classifier);
    free(scores);
    examples_free(&train);
    examples_free(&test);
    return ranking.auc;
}

/* `reference` is how the row's name in models.json starts. */
static void compare(void **state, enum classifier_kind kind, const char *parameters, const char *reference)
{
    const struct clients *clients = *state;
    if (!clients) {
        skip();
        return;
    }
    const char *name = NULL;
    json_t *row = NULL, *found = NULL;
    json_object_foreach(clients->results, name, row)
    {
        if (!found && strncmp(name, reference, strlen(reference)) == 0)
            found = row;
    }
    assert_non_null(found);
    json_t *given = parameters ? json_loads(parameters, 0, NULL) : NULL;
    assert_true(!parameters || given);
    double sum = 0, wanted = 0;
    for (unsigned fold = 0; fold < clients->tried; fold++) {
        sum += measure_fold(clients, fold, kind, given);
        wanted += json_number_value(json_array_get(json_object_get(found, "auc_folds"), fold));
    }
    bool is_whole = clients->tried == clients->folds;
    double got = sum / clients->tried, allowed = is_whole ? 0.005 : 0.01;
    wanted = is_whole ? json_number_value(json_object_get(found, "auc_mean")) : wanted / clients->tried;
    printf("%s: AUC %.5f, reference %.5f\n", classifier_name(kind), got, wanted);
    if (!(fabs(got - wanted) <= allowed))
        fail_msg("%s: AUC %.5f is not within %g of %.5f", reference, got, allowed, wanted);
    json_decref(given);
}

static void dummy(void **state)
{
    compare(state, CLASSIFIER_DUMMY, NULL, "dummy");
}

static void logistic_as_it_was(void **state)
{
    compare(state, CLASSIFIER_LOGISTIC, "{\"C\": 0.0001, \"iterations\": 100, \"standardise\": false}",
            "logistic C=0.0001 unscaled");
}

static void logistic(void **state)
{
    compare(state, CLASSIFIER_LOGISTIC, "{\"C\": 0.01}", "logistic C=0.01 standardised");
}

static void adaboost(void **state)
{
    compare(state, CLASSIFIER_ADABOOST, "{\"rounds\": 50}", "AdaBoost 50 stumps");
}

static void forest(void **state)
{
    compare(state, CLASSIFIER_FOREST, "{\"trees\": 300, \"min_leaf\": 20, \"weights\": \"balanced\"}",
            "random forest 300 balanced");
}

static void boosting_leaf(void **state)
{
    compare(state, CLASSIFIER_BOOSTING_LEAF, NULL, "hist gradient boosting (LightGBM-like)");
}

static void boosting_depth(void **state)
{
    compare(state, CLASSIFIER_BOOSTING_DEPTH,
            "{\"rounds\": 800, \"max_depth\": 4, \"eta\": 0.03, \"subsample\": 0.8,"
            " \"colsample_bytree\": 0.3, \"min_child_weight\": 20, \"lambda\": 5}",
            "xgboost {");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dummy),          cmocka_unit_test(logistic_as_it_was),
        cmocka_unit_test(logistic),       cmocka_unit_test(adaboost),
        cmocka_unit_test(forest),         cmocka_unit_test(boosting_leaf),
        cmocka_unit_test(boosting_depth),
    };
    return cmocka_run_group_tests_name("model oracles", tests, read_clients, free_clients);
}
