/* Trees walked and explained here, against XGBoost's own answers and against Shapley's definition. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <xgboost/c_api.h>

#include "notebooks-port/ml/matrix.h"
#include "shared/model/model.h"
#include "shared/model/tree_shap.h"
#include "tests/support/drawn_vectors.h"
#include "tests/support/shared_data.h"
#include "tests/support/trained_forest.h"

enum { TEST_ROWS = 120, REAL_ROWS = 2000 };

static void check_contributions(const char *name, const float *ours, const float *judged,
                                const float *margins, size_t rows, size_t columns)
{
    for (size_t row = 0; row < rows; row++) {
        const float *a = ours + row * (columns + 1);
        const float *b = judged + row * (columns + 1);
        double largest = 0;
        double sum = 0;
        double worst = 0;
        for (size_t i = 0; i < columns; i++) {
            largest = fmax(largest, fabs((double)b[i]));
            worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
            sum += (double)a[i];
        }
        if (!(worst <= 1e-5 * largest))
            fail_msg("%s, row %zu: off by %g of %g", name, row, worst, largest);
        double bias = (double)a[columns];
        if (!(fabs(bias - (double)b[columns]) <= 2e-5 * fmax(1, fabs(bias))))
            fail_msg("%s: bias %.9g, XGBoost's %.9g", name, bias, (double)b[columns]);
        if (!(fabs(sum + bias - (double)margins[row]) <= 1e-5 * fmax(1, fabs((double)margins[row]))))
            fail_msg("%s, row %zu: adds up to %.9g, the margin is %.9g", name, row, sum + bias,
                     (double)margins[row]);
    }
}

/* Every processor, every number of threads and every way to cut the rows give the bits of `wanted`, and the
 * margins that the trees give. */
static void check_all_ways(struct tree_shap *shap, const struct trees *trees, const float *rows, size_t count,
                           const float *wanted)
{
    size_t columns = trees->columns;
    size_t width = columns + 1;
    float *out = malloc(count * width * sizeof *out);
    float *walked = malloc(count * sizeof *walked);
    float *margins = malloc(count * sizeof *margins);
    size_t bytes = count * width * sizeof *out;
    size_t margin_bytes = count * sizeof *margins;
    trees_predict(trees, rows, count, walked);
    for (int processor = PROCESSOR_PLAIN; processor <= (int)processor_best(); processor++) {
        assert_int_equal(tree_shap_use_processor(shap, (enum processor)processor), 0);
        for (unsigned threads = 1; threads <= 3; threads++) {
            memset(out, 0xff, bytes);
            memset(margins, 0xff, margin_bytes);
            assert_int_equal(tree_shap_score(shap, rows, count, threads, out, margins, NULL), 0);
            assert_memory_equal(out, wanted, bytes);
            assert_memory_equal(margins, walked, margin_bytes);
        }
        memset(out, 0xff, bytes);
        memset(margins, 0xff, margin_bytes);
        for (size_t first = 0, step = 1; first < count; first += step, step = step % 19 + 1) {
            size_t some = first + step < count ? step : count - first;
            assert_int_equal(tree_shap_score(shap, rows + first * columns, some, 1, out + first * width,
                                             margins + first, NULL),
                             0);
        }
        assert_memory_equal(out, wanted, bytes);
        assert_memory_equal(margins, walked, margin_bytes);
        memset(margins, 0xff, margin_bytes);
        for (size_t row = 0; row < count; row++)
            assert_int_equal(
                tree_shap_score(shap, rows + row * columns, 1, 1, out + row * width, margins + row, NULL), 0);
        assert_memory_equal(out, wanted, bytes);
        assert_memory_equal(margins, walked, margin_bytes);
    }
    free(out);
    free(walked);
    free(margins);
}

static void xgboost_agrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct forest forest;
        open_forest(&forest, &cases[i]);
        size_t columns = cases[i].columns;
        float *rows = test_rows(&forest, TEST_ROWS, 5 + i);
        float *judged = ask_xgboost(forest.booster, rows, TEST_ROWS, columns, 2);
        float *margins = ask_xgboost(forest.booster, rows, TEST_ROWS, columns, 1);
        float *ours = malloc(TEST_ROWS * (columns + 1) * sizeof *ours);
        float walked[TEST_ROWS];
        trees_predict(forest.trees, rows, TEST_ROWS, walked);
        assert_memory_equal(walked, margins, sizeof walked);
        for (size_t row = 0; row < TEST_ROWS; row++) {
            float alone = 0;
            trees_predict(forest.trees, rows + row * columns, 1, &alone);
            assert_memory_equal(&alone, &walked[row], sizeof alone);
        }
        assert_int_equal(tree_shap_explain(forest.shap, rows, TEST_ROWS, 1, ours, NULL), 0);
        check_contributions(cases[i].name, ours, judged, margins, TEST_ROWS, columns);
        check_all_ways(forest.shap, forest.trees, rows, TEST_ROWS, ours);
        free(rows);
        free(judged);
        free(margins);
        free(ours);
        close_forest(&forest);
    }
}

/* XGBoost's matrices refuse infinity, its in-place prediction takes it: beyond every finite value. */
static void infinity_lies_beyond_all_values(void **state)
{
    (void)state;
    for (size_t i = 3; i < 9; i++) {
        struct forest forest;
        open_forest(&forest, &cases[i]);
        size_t columns = cases[i].columns;
        float *finite = test_rows(&forest, TEST_ROWS, 31);
        float *infinite = malloc(TEST_ROWS * columns * sizeof *infinite);
        for (size_t j = 0; j < TEST_ROWS * columns; j++) {
            if (j % 7 == 0)
                finite[j] = j % 2 ? FLT_MAX : -FLT_MAX;
            infinite[j] = isnan(finite[j])        ? NAN
                          : finite[j] == FLT_MAX  ? INFINITY
                          : finite[j] == -FLT_MAX ? -INFINITY
                                                  : finite[j];
        }
        float *a = malloc(TEST_ROWS * (columns + 1) * sizeof *a);
        float *b = malloc(TEST_ROWS * (columns + 1) * sizeof *b);
        float walked[TEST_ROWS];
        char interface[160];
        const bst_ulong *shape = NULL;
        bst_ulong dimensions = 0;
        const float *judged = NULL;
        snprintf(interface, sizeof interface,
                 "{\"data\":[%ju,true],\"shape\":[%d,%zu],\"typestr\":\"<f4\",\"version\":3}",
                 (uintmax_t)(uintptr_t)infinite, TEST_ROWS, columns);
        check_xgboost(XGBoosterPredictFromDense(
            forest.booster, interface,
            "{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
            "\"strict_shape\":false,\"missing\":NaN,\"cache_id\":0}",
            NULL, &shape, &dimensions, &judged));
        trees_predict(forest.trees, infinite, TEST_ROWS, walked);
        assert_memory_equal(walked, judged, sizeof walked);
        assert_int_equal(tree_shap_explain(forest.shap, finite, TEST_ROWS, 1, a, NULL), 0);
        assert_int_equal(tree_shap_explain(forest.shap, infinite, TEST_ROWS, 1, b, NULL), 0);
        assert_memory_equal(a, b, TEST_ROWS * (columns + 1) * sizeof *a);
        free(a);
        free(b);
        free(finite);
        free(infinite);
        close_forest(&forest);
    }
}

/* The matrix of pairs of `columns` features, every one in both orders. */
static size_t (*all_pairs(size_t columns))[2]
{
    size_t(*pairs)[2] = malloc(columns * columns * sizeof *pairs);
    for (size_t i = 0; i < columns * columns; i++) {
        pairs[i][0] = i / columns;
        pairs[i][1] = i % columns;
    }
    return pairs;
}

static void interactions_are_xgboosts(void **state)
{
    enum { ROWS = 21 };
    static const size_t some[] = {0, 1, 2, 3, 4, 5, 6, 8, 10, 13};
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        struct forest forest;
        open_forest(&forest, &cases[some[i]]);
        size_t columns = cases[some[i]].columns;
        size_t count = columns * columns;
        size_t(*pairs)[2] = all_pairs(columns);
        float *rows = test_rows(&forest, ROWS, 3);
        float *judged = some[i] == 8 ? NULL : ask_xgboost(forest.booster, rows, ROWS, columns, 4);
        float *contributions = malloc(ROWS * (columns + 1) * sizeof *contributions);
        double *ours = malloc(ROWS * count * sizeof *ours);
        double *again =
            malloc(ROWS * (count + 3) * sizeof *again); /* room for three pairs of one feature too */
        assert_int_equal(tree_shap_explain(forest.shap, rows, ROWS, 1, contributions, NULL), 0);
        assert_int_equal(
            tree_shap_interactions(forest.shap, rows, ROWS, (const size_t(*)[2])pairs, count, 1, ours, NULL),
            0);
        for (size_t row = 0; row < ROWS; row++) {
            const double *matrix = ours + row * count;
            double largest = 0;
            double worst = 0;
            for (size_t a = 0; a < columns; a++) {
                double sum = 0;
                for (size_t b = 0; b < columns; b++) {
                    sum += matrix[a * columns + b];
                    assert_true(matrix[a * columns + b] == matrix[b * columns + a]);
                    if (!judged)
                        continue;
                    double wanted = (double)judged[(row * (columns + 1) + a) * (columns + 1) + b];
                    largest = fmax(largest, fabs(wanted));
                    worst = fmax(worst, fabs(wanted - matrix[a * columns + b]));
                }
                double contribution = (double)contributions[row * (columns + 1) + a];
                if (fabs(sum - contribution) > 2e-6 * fmax(1, fabs(contribution)))
                    fail_msg("%s: row %zu of feature %zu adds up to %g, not %g", cases[some[i]].name, row, a,
                             sum, contribution);
            }
            if (worst > 1e-5 * fmax(largest, 0.1))
                fail_msg("%s, row %zu: interactions off by %g of %g", cases[some[i]].name, row, worst,
                         largest);
        }
        for (int processor = 0; processor <= (int)processor_best(); processor++) {
            assert_int_equal(tree_shap_use_processor(forest.shap, (enum processor)processor), 0);
            assert_int_equal(tree_shap_interactions(forest.shap, rows, ROWS, (const size_t(*)[2])pairs, count,
                                                    3, again, NULL),
                             0);
            assert_memory_equal(again, ours, ROWS * count * sizeof *ours);
        }
        assert_int_equal(tree_shap_interaction_matrix(forest.shap, rows, again, NULL), 0);
        assert_memory_equal(again, ours, count * sizeof *ours);
        size_t few[3][2] = {{columns - 1, 0}, {0, 0}, {columns / 2, columns - 1}};
        assert_int_equal(
            tree_shap_interactions(forest.shap, rows, ROWS, (const size_t(*)[2])few, 3, 1, again, NULL), 0);
        for (size_t row = 0; row < ROWS; row++)
            for (size_t j = 0; j < 3; j++)
                assert_true(again[row * 3 + j] == ours[row * count + few[j][0] * columns + few[j][1]]);
        free(pairs);
        free(rows);
        free(judged);
        free(contributions);
        free(ours);
        free(again);
        close_forest(&forest);
    }
}

static void unknown_pairs_are_refused(void **state)
{
    struct forest forest;
    struct error err = {0};
    size_t pair[1][2] = {{0, 6}};
    double out[1];
    (void)state;
    open_forest(&forest, &cases[1]);
    assert_int_equal(
        tree_shap_interactions(forest.shap, forest.values, 1, (const size_t(*)[2])pair, 1, 1, out, &err), -1);
    assert_non_null(strstr(err.message, "feature 6 of 6"));
    close_forest(&forest);
}

/* The expected value of a subtree when the features of `known` are those of the row and the others unknown.
 */
static double expect(const struct trees *trees, uint32_t index, const float *row, unsigned known)
{
    const struct tree_node *node = &trees->nodes[index];
    if (trees_is_leaf(trees, index))
        return (double)trees->values[index];
    float value = row[node->feature];
    if (known >> node->feature & 1) {
        uint32_t right = isnan(value) ? node->missing_right : value >= node->threshold;
        return expect(trees, node->left + right, row, known);
    }
    double left = (double)trees->covers[node->left];
    double right = (double)trees->covers[node->left + 1];
    double share = left + right > 0 ? left / (left + right) : 0.5;
    return share * expect(trees, node->left, row, known) +
           (1 - share) * expect(trees, node->left + 1, row, known);
}

static double expect_all(const struct trees *trees, const float *row, unsigned known)
{
    double sum = (double)trees->base;
    for (size_t i = 0; i < trees->count; i++)
        sum += expect(trees, trees->roots[i], row, known);
    return sum;
}

/* Contributions are what Shapley's definition says of these expectations (Shapley 1953). */
static void check_definition(const struct trees *trees, const float *rows, size_t count)
{
    size_t columns = trees->columns;
    struct error err = {0};
    struct tree_shap *shap = NULL;
    float *ours = malloc(count * (columns + 1) * sizeof *ours);
    assert_int_equal(tree_shap_new(&shap, trees, &err), 0);
    assert_int_equal(tree_shap_explain(shap, rows, count, 1, ours, &err), 0);
    for (size_t row = 0; row < count; row++) {
        const float *values = rows + row * columns;
        for (size_t i = 0; i < columns; i++) {
            double wanted = 0;
            for (unsigned known = 0; known < 1U << columns; known++) {
                if (known >> i & 1)
                    continue;
                int size = __builtin_popcount(known);
                double weight =
                    exp(lgamma(size + 1.0) + lgamma((double)columns - size) - lgamma((double)columns + 1.0));
                wanted +=
                    weight * (expect_all(trees, values, known | 1U << i) - expect_all(trees, values, known));
            }
            if (!(fabs(wanted - (double)ours[row * (columns + 1) + i]) < 2e-6))
                fail_msg("row %zu, feature %zu: %.9g, by definition %.9g", row, i,
                         (double)ours[row * (columns + 1) + i], wanted);
        }
        assert_true(fabs(expect_all(trees, values, 0) - (double)ours[row * (columns + 1) + columns]) < 2e-6);
    }
    check_all_ways(shap, trees, rows, count, ours);
    tree_shap_free(shap);
    free(ours);
}

static void empty_covers(json_t *learner)
{
    for (size_t number = 0; tree_of(learner, number); number++) {
        json_t *covers = json_object_get(tree_of(learner, number), "sum_hessian");
        for (size_t i = number % 3; i < json_array_size(covers); i += 1 + number % 3)
            json_array_set_new(covers, i, json_real(0));
    }
}

static void change_nothing(json_t *learner)
{
    (void)learner;
}

static void contributions_follow_the_definition(void **state)
{
    static const size_t some[] = {1, 2, 3, 6, 10};
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        struct forest forest;
        struct error err = {0};
        open_forest(&forest, &cases[some[i]]);
        float *rows = test_rows(&forest, 12, 9);
        for (int change = 0; change < 2; change++) {
            struct trees *trees = NULL;
            assert_int_equal(
                read_changed(&trees, forest.booster, change ? empty_covers : change_nothing, &err), 0);
            check_definition(trees, rows, 12);
            trees_free(trees);
        }
        free(rows);
        close_forest(&forest);
    }
}

/* The demo's own booster beside XGBoost on `rows` vectors of the catalogue. */
static void check_demo(const struct model *model, const float *vectors, size_t rows)
{
    size_t columns = model_feature_count(model);
    struct error err = {0};
    struct booster *booster = NULL;
    struct trees *trees = NULL;
    struct tree_shap *shap = NULL;
    float *matrix = malloc(rows * columns * sizeof *matrix);
    float *judged = malloc(rows * (columns + 1) * sizeof *judged);
    float *ours = malloc(rows * (columns + 1) * sizeof *ours);
    float *margins = malloc(rows * sizeof *margins);
    float *walked = malloc(rows * sizeof *walked);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            matrix[i * columns + j] = vectors[i * FEATURE_COUNT + model_feature(model, j)];
    assert_int_equal(booster_load(&booster, "models/demo/model.ubj", columns, &err), 0);
    assert_int_equal(booster_trees(&trees, booster, &err), 0);
    assert_int_equal(tree_shap_new(&shap, trees, &err), 0);
    assert_int_equal(booster_predict(booster, matrix, rows, margins, &err), 0);
    assert_int_equal(booster_explain(booster, matrix, rows, judged, &err), 0);
    trees_predict(trees, matrix, rows, walked);
    assert_memory_equal(walked, margins, rows * sizeof *walked);
    assert_int_equal(tree_shap_explain(shap, matrix, rows, 2, ours, &err), 0);
    check_contributions("demo", ours, judged, margins, rows, columns);
    check_all_ways(shap, trees, matrix, rows < 300 ? rows : 300, ours);
    assert_true(tree_shap_bytes(shap) + trees_bytes(trees) == model_bytes(model));
    assert_true(model_bytes(model) < (size_t)16 << 20);
    tree_shap_free(shap);
    trees_free(trees);
    booster_free(booster);
    free(matrix);
    free(judged);
    free(ours);
    free(margins);
    free(walked);
}

static void demo_agrees_on_drawn_rows(void **state)
{
    struct model *model = *state;
    float *vectors = drawn_vectors(model, 1000, 23);
    check_demo(model, vectors, 1000);
    free(vectors);
}

static void demo_agrees_on_real_rows(void **state)
{
    char folder[PATH_MAX];
    struct error err = {0};
    struct matrix matrix = {0};
    if (!shared_path(folder, "data/home-credit"))
        skip();
    if (matrix_read(&matrix, folder, false, &err))
        fail_msg("%s", err.message);
    assert_int_equal(matrix.columns, FEATURE_COUNT);
    check_demo(*state, matrix.values, matrix.rows < REAL_ROWS ? matrix.rows : REAL_ROWS);
    matrix_free(&matrix);
}

/* What the model makes of many rows, and of pairs, is in its own scale and adds up. */
static void the_model_explains_many_and_pairs(void **state)
{
    enum { ROWS = 50 };
    struct model *model = *state;
    float *vectors = drawn_vectors(model, ROWS, 4);
    struct score scores[ROWS];
    double(*many)[FEATURE_COUNT] = malloc(ROWS * sizeof *many);
    double alone[FEATURE_COUNT];
    double base = 0;
    assert_int_equal(model_explain_many(model, vectors, ROWS, 2, scores, *many, &base, NULL), 0);
    for (size_t row = 0; row < ROWS; row++) {
        struct score score;
        double its_base = 0;
        assert_int_equal(model_explain(model, vectors + row * FEATURE_COUNT, &score, alone, &its_base, NULL),
                         0);
        assert_memory_equal(alone, many[row], sizeof alone);
        assert_true(base == its_base && score.margin == scores[row].margin);
    }
    size_t count = FEATURE_COUNT * FEATURE_COUNT;
    size_t(*pairs)[2] = all_pairs(FEATURE_COUNT);
    double *values = malloc(count * sizeof *values);
    assert_int_equal(model_interactions(model, vectors, 1, (const size_t(*)[2])pairs, count, 1, values, NULL),
                     0);
    for (size_t a = 0; a < FEATURE_COUNT; a++) {
        double sum = 0;
        for (size_t b = 0; b < FEATURE_COUNT; b++)
            sum += values[a * FEATURE_COUNT + b];
        assert_true(fabs(sum - many[0][a]) < 1e-5);
    }
    free(pairs);
    free(values);
    free(many);
    free(vectors);
}

static int load_demo(void **state)
{
    struct error err = {0};
    struct model *model = NULL;
    if (model_load(&model, "models/demo", &err)) {
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xgboost_agrees),
        cmocka_unit_test(infinity_lies_beyond_all_values),
        cmocka_unit_test(interactions_are_xgboosts),
        cmocka_unit_test(unknown_pairs_are_refused),
        cmocka_unit_test(contributions_follow_the_definition),
        cmocka_unit_test_setup_teardown(demo_agrees_on_drawn_rows, load_demo, free_demo),
        cmocka_unit_test_setup_teardown(demo_agrees_on_real_rows, load_demo, free_demo),
        cmocka_unit_test_setup_teardown(the_model_explains_many_and_pairs, load_demo, free_demo),
    };
    return cmocka_run_group_tests_name("tree_shap", tests, NULL, NULL);
}
