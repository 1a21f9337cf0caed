/* Every kind of classifier: that it learns, that it repeats itself, what it refuses; and each method by what
 * is known of it. */
#include <jansson.h>
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/ml/adaboost.h"
#include "notebooks-port/ml/classifier.h"
#include "notebooks-port/ml/linear.h"
#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/ml/network.h"
#include "tests/support/drawn_scores.h"

enum { ROWS = 1200, TEST_ROWS = 800, COLUMNS = 4 };

/* Two columns carry the outcome, one (of a wide scale) is missing now and then, one says nothing. */
struct made {
    float values[(ROWS + TEST_ROWS) * COLUMNS];
    uint8_t labels[ROWS + TEST_ROWS];
    struct examples train, test;
};

static void make(struct made *made, unsigned seed)
{
    for (size_t r = 0; r < ROWS + TEST_ROWS; r++) {
        float *values = made->values + r * COLUMNS;
        for (size_t c = 0; c < COLUMNS; c++)
            values[c] = (float)drawn_uniform(&seed);
        double margin = 6 * (double)values[0] - 5 * (double)values[1] - 2;
        made->labels[r] = drawn_uniform(&seed) < 1 / (1 + exp(-margin));
        values[1] *= 1e4F;
        if (drawn_uniform(&seed) < 0.1)
            values[1] = NAN;
    }
    made->train = (struct examples){made->values, made->labels, ROWS, COLUMNS};
    made->test = (struct examples){made->values + ROWS * COLUMNS, made->labels + ROWS, TEST_ROWS, COLUMNS};
}

/* Few rounds: the properties hold from the start. */
static json_t *fast(enum classifier_kind kind)
{
    static const char *const parameters[CLASSIFIER_KINDS] = {
        [CLASSIFIER_DUMMY] = "{}",
        [CLASSIFIER_LOGISTIC] = "{\"C\": 1}",
        [CLASSIFIER_ADABOOST] = "{\"rounds\": 30}",
        [CLASSIFIER_FOREST] = "{\"trees\": 30, \"columns\": 0.5}",
        [CLASSIFIER_BOOSTING_DEPTH] = "{\"rounds\": 40, \"eta\": 0.2, \"colsample_bytree\": 0.5}",
        [CLASSIFIER_BOOSTING_LEAF] = "{\"rounds\": 40, \"eta\": 0.2, \"colsample_bytree\": 0.5}",
        [CLASSIFIER_NETWORK] = "{\"epochs\": 40, \"rate\": 0.02, \"networks\": 3, \"decay\": 0.001}"};
    return json_loads(parameters[kind], 0, NULL);
}

static void predict(double *scores, enum classifier_kind kind, const struct examples *train,
                    const struct examples *test, const json_t *parameters, uint64_t seed)
{
    struct error err = {0};
    struct classifier *classifier = NULL;
    if (classifier_train(&classifier, kind, train, parameters, seed, &err) ||
        classifier_predict(classifier, test, scores, &err))
        fail_msg("%s: %s", classifier_name(kind), err.message);
    classifier_free(classifier);
}

static double auc_of(const double *scores, const struct examples *test)
{
    struct ranking_metrics ranking;
    assert_int_equal(metrics_rank(&ranking, scores, test->labels, test->rows), 0);
    return ranking.auc;
}

static void all_learn(void **state)
{
    (void)state;
    static struct made made;
    static double scores[TEST_ROWS];
    make(&made, 1);
    for (int kind = 0; kind < CLASSIFIER_KINDS; kind++) {
        json_t *parameters = fast((enum classifier_kind)kind);
        predict(scores, (enum classifier_kind)kind, &made.train, &made.test, parameters, 5);
        for (size_t r = 0; r < TEST_ROWS; r++)
            assert_true(scores[r] >= 0 && scores[r] <= 1);
        double auc = auc_of(scores, &made.test);
        if (kind == CLASSIFIER_DUMMY ? auc != 0.5 : auc < 0.8)
            fail_msg("%s reaches an AUC of %.4f only", classifier_name((enum classifier_kind)kind), auc);
        json_decref(parameters);
    }
}

static void same_for_any_number_of_threads(void **state)
{
    (void)state;
    static struct made made;
    static double first[TEST_ROWS], again[TEST_ROWS], other[TEST_ROWS];
    int threads = omp_get_max_threads();
    make(&made, 2);
    for (int kind = 0; kind < CLASSIFIER_KINDS; kind++) {
        json_t *parameters = fast((enum classifier_kind)kind);
        omp_set_num_threads(1);
        predict(first, (enum classifier_kind)kind, &made.train, &made.test, parameters, 5);
        omp_set_num_threads(3);
        predict(again, (enum classifier_kind)kind, &made.train, &made.test, parameters, 5);
        predict(other, (enum classifier_kind)kind, &made.train, &made.test, parameters, 6);
        assert_memory_equal(first, again, sizeof first);
        bool is_drawn = kind == CLASSIFIER_FOREST || kind >= CLASSIFIER_BOOSTING_DEPTH, differs = false;
        for (size_t r = 0; r < TEST_ROWS; r++)
            differs = differs || first[r] != other[r];
        assert_int_equal(differs, is_drawn);
        json_decref(parameters);
    }
    omp_set_num_threads(threads);
}

/* On rare defaults, balanced weights raise the probabilities from near the default rate towards a half. */
static void weights_balance_the_classes(void **state)
{
    (void)state;
    static struct made made;
    static double plain[TEST_ROWS], balanced[TEST_ROWS];
    make(&made, 3);
    for (size_t r = 0; r < ROWS; r++) /* nine tenths of the defaults are gone */
        made.labels[r] = made.labels[r] && r % 10 == 0;
    for (int kind = 0; kind < CLASSIFIER_KINDS; kind++) {
        json_t *parameters = fast((enum classifier_kind)kind);
        double mean[2] = {0, 0};
        json_object_set_new(parameters, "weights", json_string("none"));
        predict(plain, (enum classifier_kind)kind, &made.train, &made.test, parameters, 5);
        json_object_set_new(parameters, "weights", json_string("balanced"));
        predict(balanced, (enum classifier_kind)kind, &made.train, &made.test, parameters, 5);
        for (size_t r = 0; r < TEST_ROWS; r++) {
            mean[0] += plain[r] / TEST_ROWS;
            mean[1] += balanced[r] / TEST_ROWS;
        }
        if (!(mean[0] < 0.1 && mean[1] > 4 * mean[0] && mean[1] < 0.75))
            fail_msg("%s: mean %.4f without weights, %.4f with", classifier_name((enum classifier_kind)kind),
                     mean[0], mean[1]);
        json_decref(parameters);
    }
}

/* Medians and scales come from the training part: the other rows predicted change nothing. */
static void rows_are_predicted_alone(void **state)
{
    (void)state;
    static struct made made;
    static double all[TEST_ROWS];
    make(&made, 4);
    for (int kind = 0; kind < CLASSIFIER_KINDS; kind++) {
        struct error err = {0};
        struct classifier *classifier = NULL;
        json_t *parameters = fast((enum classifier_kind)kind);
        json_object_set_new(parameters, "standardise", json_true());
        assert_int_equal(
            classifier_train(&classifier, (enum classifier_kind)kind, &made.train, parameters, 5, &err), 0);
        assert_int_equal(classifier_predict(classifier, &made.test, all, &err), 0);
        for (size_t r = 0; r < TEST_ROWS; r += 97) {
            const struct examples one = {made.test.values + r * COLUMNS, NULL, 1, COLUMNS};
            double score = NAN;
            assert_int_equal(classifier_predict(classifier, &one, &score, &err), 0);
            assert_true(score == all[r]);
        }
        classifier_free(classifier);
        json_decref(parameters);
    }
}

static void assert_refused(int kind, const struct examples *train, const char *parameters, const char *why)
{
    struct error err = {0};
    struct classifier *classifier = NULL;
    json_t *given = parameters ? json_loads(parameters, 0, NULL) : NULL;
    assert_int_equal(classifier_train(&classifier, (enum classifier_kind)kind, train, given, 1, &err), -1);
    assert_null(classifier);
    assert_int_equal(err.code, ERROR_INVALID);
    if (!strstr(err.message, why))
        fail_msg("\"%s\" does not say \"%s\"", err.message, why);
    json_decref(given);
}

static void wrong_data_is_refused(void **state)
{
    (void)state;
    static struct made made;
    for (int kind = 0; kind < CLASSIFIER_KINDS; kind++) {
        make(&made, 5);
        struct examples wrong = made.train;
        wrong.rows = CLASSIFIER_ROWS - 1;
        assert_refused(kind, &wrong, NULL, "19 rows of 4 columns; a classifier needs at least 20 rows");
        wrong = made.train;
        wrong.labels = NULL;
        assert_refused(kind, &wrong, NULL, "rows without labels");
        made.values[2 * COLUMNS + 3] = INFINITY;
        assert_refused(kind, &made.train, NULL, "row 3, column 4 is infinite");
        made.values[2 * COLUMNS + 3] = 0;
        made.labels[7] = 2;
        assert_refused(kind, &made.train, NULL, "row 8 has label 2");
        memset(made.labels, 1, ROWS);
        assert_refused(kind, &made.train, NULL, "all 1200 rows have label 1");
        memset(made.labels, 0, ROWS);
        assert_refused(kind, &made.train, NULL, "all 1200 rows have label 0");
    }
}

static void other_columns_are_refused(void **state)
{
    (void)state;
    static struct made made;
    static double scores[TEST_ROWS];
    make(&made, 6);
    for (int kind = 0; kind < CLASSIFIER_KINDS; kind++) {
        struct error err = {0};
        struct classifier *classifier = NULL;
        json_t *parameters = fast((enum classifier_kind)kind);
        assert_int_equal(
            classifier_train(&classifier, (enum classifier_kind)kind, &made.train, parameters, 5, &err), 0);
        struct examples wrong = {made.test.values, NULL, TEST_ROWS / 2, COLUMNS + 1};
        assert_int_equal(classifier_predict(classifier, &wrong, scores, &err), -1);
        assert_int_equal(err.code, ERROR_INVALID);
        assert_non_null(strstr(err.message, "rows of 5 columns; this "));
        classifier_free(classifier);
        json_decref(parameters);
    }
}

static void wrong_parameters_are_refused(void **state)
{
    (void)state;
    static struct made made;
    make(&made, 7);
    assert_refused(CLASSIFIER_KINDS, &made.train, NULL, "no kind of classifier has number 7");
    assert_refused(CLASSIFIER_LOGISTIC, &made.train, "{\"C\": 0}", "logistic: C must be a number from 1e-12");
    assert_refused(CLASSIFIER_LOGISTIC, &made.train, "{\"C\": \"1\"}", "C must be a number");
    assert_refused(CLASSIFIER_LOGISTIC, &made.train, "{\"c\": 1}", "no parameter c of that kind");
    assert_refused(CLASSIFIER_ADABOOST, &made.train, "{\"rounds\": 2.5}", "rounds must be a whole number");
    assert_refused(CLASSIFIER_DUMMY, &made.train, "{\"weights\": \"some\"}", "\"none\" or \"balanced\"");
    assert_refused(CLASSIFIER_FOREST, &made.train, "{\"standardise\": 1}", "must be true or false");
    assert_refused(CLASSIFIER_FOREST, &made.train, "{\"eta\": 1}", "no parameter eta");
    assert_refused(CLASSIFIER_NETWORK, &made.train, "{\"hidden\": 0}", "from 1 to 1024");
    assert_refused(CLASSIFIER_BOOSTING_DEPTH, &made.train, "{\"max_dept\": 3}", "no parameter max_dept");
    assert_refused(CLASSIFIER_BOOSTING_LEAF, &made.train, "{\"objective\": \"reg:tweedie\"}",
                   "no parameter objective");
}

static void names_and_defaults_agree(void **state)
{
    (void)state;
    static struct made made;
    static double usual[TEST_ROWS], named[TEST_ROWS];
    make(&made, 8);
    for (int kind = 0; kind < CLASSIFIER_KINDS; kind++) {
        assert_int_equal(classifier_find(classifier_name((enum classifier_kind)kind)), kind);
        json_t *defaults = classifier_defaults((enum classifier_kind)kind);
        json_t *less = json_object(); /* hundreds of trees would say no more than five */
        json_object_set_new(less, kind == CLASSIFIER_FOREST ? "trees" : "rounds", json_integer(5));
        bool is_long = json_object_get(defaults, kind == CLASSIFIER_FOREST ? "trees" : "rounds") != NULL;
        if (is_long)
            json_object_update(defaults, less);
        predict(usual, (enum classifier_kind)kind, &made.train, &made.test, is_long ? less : NULL, 5);
        predict(named, (enum classifier_kind)kind, &made.train, &made.test, defaults, 5);
        assert_memory_equal(usual, named, sizeof usual);
        json_decref(less);
        bool is_boosting = kind == CLASSIFIER_BOOSTING_DEPTH || kind == CLASSIFIER_BOOSTING_LEAF;
        assert_int_equal(classifier_served((enum classifier_kind)kind, NULL), is_boosting);
        json_object_set_new(defaults, "standardise", json_true());
        assert_false(classifier_served((enum classifier_kind)kind, defaults));
        json_decref(defaults);
    }
    assert_int_equal(classifier_find("oracle"), -1);
}

/* Away from the minimum a step to any side would lower the loss: both solvers must end where none does. */
static void logistic_ends_at_the_minimum(void **state)
{
    (void)state;
    static struct made made;
    make(&made, 9);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        made.values[i] = isnan(made.values[i]) ? 0.5F
                         : i % COLUMNS == 1    ? made.values[i] / 1e4F
                                               : made.values[i];
    double met[2][COLUMNS + 1];
    for (unsigned iterations = 0; iterations <= 1000; iterations += 1000) {
        struct error err = {0};
        struct linear linear;
        const struct linear_options options = {0.5, 1e-8, iterations, {1, 3}};
        assert_int_equal(linear_train(&linear, &made.train, &options, &err), 0);
        for (size_t c = 0; c <= COLUMNS; c++) {
            double gradient = c < COLUMNS ? linear.coefficients[c] / options.c : 0;
            for (size_t r = 0; r < ROWS; r++) {
                const float *values = made.values + r * COLUMNS;
                double margin = linear.intercept;
                for (size_t k = 0; k < COLUMNS; k++)
                    margin += linear.coefficients[k] * (double)values[k];
                gradient += options.class_weights[made.labels[r]] *
                            (1 / (1 + exp(-margin)) - made.labels[r]) * (c < COLUMNS ? (double)values[c] : 1);
            }
            met[iterations > 0][c] = c < COLUMNS ? linear.coefficients[c] : linear.intercept;
            /* Newton's intercept is penalised by a hundredth of the coefficients' penalty. */
            assert_true(fabs(gradient) < (iterations ? 0.05 : 0.1));
        }
        linear_free(&linear);
    }
    for (size_t c = 0; c <= COLUMNS; c++)
        assert_true(fabs(met[0][c] - met[1][c]) < 2e-3);
}

/* Two stumps by hand: rows 1 1 1 2 2 2 3 3 with defaults among the 2s and 3s. */
static void adaboost_by_hand(void **state)
{
    (void)state;
    const float values[] = {1, 1, 1, 2, 2, 2, 3, 3};
    const uint8_t labels[] = {0, 1, 0, 1, 0, 1, 1, 1};
    const struct examples data = {values, labels, 8, 1};
    const struct adaboost_options options = {2, 1, {1, 1}};
    struct error err = {0};
    struct adaboost adaboost;
    assert_int_equal(adaboost_train(&adaboost, &data, &options, &err), 0);
    assert_int_equal(adaboost.count, 2);
    /* Gini: after the 1s (1/3 and 4/5 default) 0.4444·3 + 0.32·5 = 2.93; after the 2s (3/6 and 2/2) 3. */
    assert_true(adaboost.stumps[0].threshold == 1.5F);
    assert_true(fabs(adaboost.stumps[0].low - log(0.5) / 2) < 1e-12);
    assert_true(fabs(adaboost.stumps[0].high - log(4) / 2) < 1e-12);
    /* Weights now: of the 1s √½ twice and √2; of the others ½ four times and 2. Each side is level. */
    double low_zero = 2 * sqrt(0.5), low_one = sqrt(2), two_zero = 2, two_one = 1;
    double six_zero = low_zero + two_zero, six_one = low_one + two_one;
    assert_true(fabs(low_zero - low_one) < 1e-12);
    assert_true(adaboost.stumps[1].threshold == 2.5F);
    assert_true(fabs(adaboost.stumps[1].low - log(six_one / six_zero) / 2) < 1e-12);
    assert_true(adaboost.stumps[1].high > 10); /* only defaults: its odds are cut off */
    double scores[8];
    adaboost_predict(&adaboost, &data, scores);
    double margin = adaboost.stumps[0].high + adaboost.stumps[1].low;
    assert_true(fabs(scores[4] - 1 / (1 + exp(-2 * margin))) < 1e-12);
    adaboost_free(&adaboost);
}

/* Nothing to split on, and nothing left to learn: one stump is all there is. */
static void adaboost_stops(void **state)
{
    (void)state;
    float values[20], scores_of[2] = {0, 1};
    uint8_t labels[20];
    double scores[20];
    const struct adaboost_options options = {50, 1, {1, 1}};
    for (int constant = 0; constant <= 1; constant++) {
        struct error err = {0};
        struct adaboost adaboost;
        for (size_t r = 0; r < 20; r++) {
            labels[r] = r % 4 == 0;
            values[r] = constant ? 3 : scores_of[labels[r]];
        }
        const struct examples data = {values, labels, 20, 1};
        assert_int_equal(adaboost_train(&adaboost, &data, &options, &err), 0);
        assert_int_equal(adaboost.count, 1);
        adaboost_predict(&adaboost, &data, scores);
        for (size_t r = 0; r < 20; r++)
            assert_true(fabs(scores[r] - (constant ? 0.25 : labels[r])) < 1e-9);
        adaboost_free(&adaboost);
    }
}

/* Exclusive or: no line through the plane tells these apart, a hidden layer does. */
static void network_bends(void **state)
{
    (void)state;
    static float values[ROWS * 2];
    static uint8_t labels[ROWS];
    static double scores[ROWS];
    unsigned seed = 11;
    for (size_t r = 0; r < ROWS; r++) {
        values[r * 2] = (float)(4 * drawn_uniform(&seed) - 2);
        values[r * 2 + 1] = (float)(4 * drawn_uniform(&seed) - 2);
        labels[r] = (values[r * 2] > 0) != (values[r * 2 + 1] > 0);
    }
    const struct examples data = {values, labels, ROWS, 2};
    const struct network_options options = {8, 60, 0.1, 0, 2, {1, 1}};
    struct error err = {0};
    struct network *network = NULL;
    assert_int_equal(network_train(&network, &data, &options, 3, &err), 0);
    assert_int_equal(network_predict(network, &data, scores, &err), 0);
    assert_true(auc_of(scores, &data) > 0.98);
    network_free(network);
    predict(scores, CLASSIFIER_LOGISTIC, &data, &data, NULL, 3);
    assert_true(auc_of(scores, &data) < 0.6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_learn),
        cmocka_unit_test(same_for_any_number_of_threads),
        cmocka_unit_test(weights_balance_the_classes),
        cmocka_unit_test(rows_are_predicted_alone),
        cmocka_unit_test(wrong_data_is_refused),
        cmocka_unit_test(other_columns_are_refused),
        cmocka_unit_test(wrong_parameters_are_refused),
        cmocka_unit_test(names_and_defaults_agree),
        cmocka_unit_test(logistic_ends_at_the_minimum),
        cmocka_unit_test(adaboost_by_hand),
        cmocka_unit_test(adaboost_stops),
        cmocka_unit_test(network_bends),
    };
    return cmocka_run_group_tests_name("classifier", tests, NULL, NULL);
}
