/* Learning a portfolio: distributions, correlations, risk; the whole way from tables to a description;
 * and, where the real data are, how near the generated clients come to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notebooks-port/explore/summary.h"
#include "notebooks-port/explore/table_drift.h"
#include "notebooks-port/ml/correlation.h"
#include "notebooks-port/portfolio/copula.h"
#include "notebooks-port/portfolio/fit.h"
#include "notebooks-port/portfolio/generate.h"
#include "notebooks-port/portfolio/logistic.h"
#include "notebooks-port/portfolio/marginal.h"
#include "shared/base/file.h"
#include "shared/data/csv_writer.h"
#include "shared/model/psi.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

enum { VALUES = 5000 };

static void test_numbers_as_kaggle_writes_them(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{406597.5, "406597.5"},
                 {-874, "-874.0"},
                 {0, "0.0"},
                 {9251.775, "9251.775"},
                 {0.0247, "0.0247"},
                 {0.08303696739132256, "0.08303696739132256"},
                 {0.035792000000000004, "0.035792000000000004"},
                 {5e-05, "5e-05"},
                 {0.003540999999999999, "0.003540999999999999"},
                 {1e6, "1000000.0"},
                 {-0.5, "-0.5"},
                 {365243, "365243.0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32] = {0};
        text[writer_format_real(text, cases[i].value)] = '\0';
        assert_string_equal(text, cases[i].text);
    }
}

static void test_marginal_keeps_shape_and_hides_people(void **state)
{
    (void)state;
    static double values[VALUES], copy[VALUES];
    struct random_stream stream = {1};
    struct marginal marginal;
    struct error err = {0};
    for (int i = 0; i < VALUES; i++)
        values[i] = i % 10 == 0 ? (double)NAN : i % 4 == 0 ? 100 : 50 * exp(random_normal(&stream));
    values[1] = 123456789; /* somebody stands out */
    memcpy(copy, values, sizeof values);
    assert_int_equal(marginal_fit(&marginal, values, VALUES, false, 60, &err), 0);
    assert_true(fabs(marginal.missing - 0.1) < 1e-9);
    double before = 0, known = VALUES * 0.9;
    for (size_t i = 0; i < marginal.count; i++) {
        assert_true((marginal.pieces[i].upto - before) * known > MARGINAL_CLIENTS - 0.5);
        assert_true(marginal.pieces[i].high < 123456789 * 0.2);
        before = marginal.pieces[i].upto;
    }
    static double drawn[VALUES];
    for (int i = 0; i < VALUES; i++)
        drawn[i] = marginal_quantile(&marginal, (i + 0.5) / VALUES, 0);
    double psi;
    assert_int_equal(psi_of_numbers(&psi, NULL, copy, VALUES, drawn, VALUES, &err), 0);
    assert_true(psi < 0.005);
    /* Scores are standard normal but for the atom. */
    double sum = 0, squares = 0;
    for (int i = 0; i < VALUES; i++)
        if (!isnan(copy[i])) {
            double score = marginal_score(&marginal, copy[i]);
            sum += score;
            squares += score * score;
        }
    assert_true(fabs(sum / known) < 0.03);
    assert_true(fabs(squares / known - marginal_information(&marginal)) < 0.03);
    marginal_free(&marginal);
}

static void test_marginal_too_few(void **state)
{
    (void)state;
    double values[MARGINAL_CLIENTS - 1] = {0};
    struct marginal marginal;
    struct error err = {0};
    assert_int_equal(marginal_fit(&marginal, values, MARGINAL_CLIENTS - 1, false, 10, &err), 0);
    assert_int_equal(marginal.count, 0);
    assert_true(isnan(marginal_quantile(&marginal, 0.5, 0)));
    marginal_free(&marginal);
}

static void test_marginal_reads_what_it_writes(void **state)
{
    (void)state;
    double values[400];
    struct marginal made, read;
    struct error err = {0};
    struct buffer text = buffer_new(1 << 16);
    for (int i = 0; i < 400; i++)
        values[i] = i % 3 == 0 ? 0.035792000000000004 : i;
    assert_int_equal(marginal_fit(&made, values, 400, false, 10, &err), 0);
    assert_int_equal(marginal_write(&made, &text, &err), 0);
    json_t *json = json_loadb(text.data, text.length, 0, NULL);
    assert_int_equal(marginal_read(&read, json, "it", &err), 0);
    assert_int_equal(read.count, made.count);
    assert_memory_equal(read.pieces, made.pieces, made.count * sizeof *made.pieces);
    json_decref(json);
    marginal_free(&read);
    json = json_loads("[0, [0.5, 3], [0.4, 4]]", 0, NULL);
    assert_int_equal(marginal_read(&read, json, "EXT", &err), -1);
    assert_non_null(strstr(err.message, "EXT"));
    json_decref(json);
    buffer_free(&text);
    marginal_free(&made);
}

/* Hermite coefficients foretell the covariance of the scores of two correlated flags. */
static void test_hermite(void **state)
{
    (void)state;
    double values[1000], coefficients[20], expected = 0, power = 0.6, got = 0;
    struct marginal flag;
    struct error err = {0};
    for (int i = 0; i < 1000; i++)
        values[i] = i % 10 == 0;
    assert_int_equal(marginal_fit(&flag, values, 1000, false, 0, &err), 0);
    marginal_hermite(coefficients, 20, &flag);
    for (int k = 0; k < 20; k++) {
        expected += coefficients[k] * coefficients[k] * power;
        power *= 0.6;
    }
    struct random_stream stream = {5};
    enum { PAIRS = 200000 };
    for (int i = 0; i < PAIRS; i++) {
        double x = random_normal(&stream), y = 0.6 * x + 0.8 * random_normal(&stream);
        got += marginal_score(&flag, marginal_quantile(&flag, gsl_cdf_ugaussian_P(x), 0)) *
               marginal_score(&flag, marginal_quantile(&flag, gsl_cdf_ugaussian_P(y), 0)) / PAIRS;
    }
    assert_true(fabs(got - expected) < 0.01);
    marginal_free(&flag);
}

static void test_correlation(void **state)
{
    (void)state;
    const double values[] = {1, 2, 7, 2, NAN, 7, 3, 5, 7, 4, 9, 7, NAN, 1, 7};
    double out[9], pairs[9];
    struct error err = {0};
    assert_int_equal(correlation_pairwise(out, pairs, values, 5, 3, &err), 0);
    /* x = 1, 3, 4 with y = 2, 5, 9 */
    assert_true(fabs(out[1] - 93 / sqrt(42 * 222)) < 1e-12);
    assert_true(out[1] == out[3] && out[0] == 1 && pairs[1] == 3 && pairs[0] == 4);
    assert_true(isnan(out[2])); /* the third column is constant */
}

static void test_nearest_correlation_matrix(void **state)
{
    (void)state;
    /* Higham (2002), section 4: the nearest correlation matrix to this one has these entries. */
    double matrix[] = {1, 1, 0, 1, 1, 1, 0, 1, 1}, factor[9];
    struct error err = {0};
    assert_int_equal(copula_factor(factor, matrix, 3, &err), -1);
    error_clear(&err);
    assert_int_equal(copula_make_positive(matrix, 3, 1e-8, &err), 0);
    assert_true(fabs(matrix[1] - 0.7607) < 5e-4 && fabs(matrix[2] - 0.1573) < 5e-4);
    assert_int_equal(copula_factor(factor, matrix, 3, &err), 0);
}

static size_t slope_row(const void *context, size_t row, unsigned *index, double *weight)
{
    index[0] = 0;
    index[1] = 1;
    weight[0] = 1;
    weight[1] = ((const double *)context)[row];
    return 2;
}

static void test_logistic(void **state)
{
    (void)state;
    enum { ROWS = 40000 };
    static double x[ROWS];
    static uint8_t y[ROWS];
    struct random_stream stream = {3};
    for (int i = 0; i < ROWS; i++) {
        x[i] = random_normal(&stream);
        y[i] = random_happens(&stream, 1 / (1 + exp(2 - 0.7 * x[i])));
    }
    const double penalty[4] = {0};
    struct logistic_problem problem = {
        .rows = ROWS, .size = 2, .most = 2, .row = slope_row, .context = x, .outcome = y, .penalty = penalty};
    double beta[2];
    struct error err = {0};
    assert_int_equal(logistic_fit(beta, &problem, &err), 0);
    assert_true(fabs(beta[0] + 2) < 0.08 && fabs(beta[1] - 0.7) < 0.08);
}

static void test_psi(void **state)
{
    (void)state;
    const double e[] = {0.5, 0.3, 0.2}, a[] = {0.4, 0.3, 0.3};
    assert_true(fabs(psi_of_shares(e, a, 3) - (0.1 * log(0.5 / 0.4) + 0.1 * log(0.3 / 0.2))) < 1e-12);
    const double x[] = {0, 0, 1, 1, NAN, 2}, y[] = {0, 1, 1, 1, NAN, 0};
    const double ex[] = {2. / 6, 2. / 6, 1. / 6, 1. / 6}, ey[] = {2. / 6, 3. / 6, 0, 1. / 6};
    struct error err = {0};
    double psi;
    assert_int_equal(psi_of_levels(&psi, NULL, x, 6, y, 6, 3, &err), 0);
    assert_true(fabs(psi - psi_of_shares(ex, ey, 4)) < 1e-12);
    /* Missing values and a heavy atom have bins of their own. */
    static double here[1000], there[1000];
    for (int i = 0; i < 1000; i++) {
        here[i] = i < 100 ? (double)NAN : i < 300 ? 42 : i;
        there[i] = i < 300 ? (double)NAN : i;
    }
    assert_int_equal(psi_of_numbers(&psi, NULL, here, 1000, there, 1000, &err), 0);
    assert_true(psi > 1);
    assert_int_equal(psi_of_numbers(&psi, NULL, here, 1000, here, 1000, &err), 0);
    assert_true(psi == 0);
}

static void generate(const char *folder, const char *model, uint64_t clients, uint64_t seed)
{
    struct description *description;
    struct generate_report report;
    struct generate_options options = {clients, clients / 25, seed};
    struct error err = {0};
    if (description_load(&description, model, &err) < 0 ||
        portfolio_generate(&report, description, &options, folder, &err) < 0)
        fail_msg("%s", err.message);
    description_free(description);
}

/* A portfolio's description can be learned from a portfolio. */
static void test_fit_closes_the_circle(void **state)
{
    (void)state;
    struct description *description;
    struct fit_report report;
    struct error err = {0};
    char folder[TEMPORARY_FOLDER], path[128], again[128];
    temporary_folder_make(folder);
    generate(folder, "models/portfolio.json", 3000, 3);
    if (portfolio_fit(&description, &report, folder, 3000, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(description->clients, 3000);
    assert_true(description->history_clients > 3000);
    assert_true(fabs(report.rate - 0.0807) < 0.02);
    assert_true(report.application_auc > 0.65 && report.correlation_error < 0.05);
    snprintf(path, sizeof path, "%s/portfolio.json", folder);
    snprintf(again, sizeof again, "%s/again", folder);
    assert_int_equal(description_save(description, path, &err), 0);
    description_free(description);
    generate(again, path, 500, 4);
    temporary_folder_remove(folder);
}

static void test_fit_says_what_is_missing(void **state)
{
    (void)state;
    struct description *description;
    struct fit_report report;
    struct error err = {0};
    assert_int_equal(portfolio_fit(&description, &report, "/nonexistent", 100, &err), -1);
    assert_null(description);
    assert_non_null(strstr(err.message, "application_train.csv"));
    error_clear(&err);
    assert_int_equal(description_load(&description, "LICENSE", &err), -1);
    assert_int_equal(err.code, ERROR_PARSE);
    assert_non_null(strstr(err.message, "LICENSE"));
}

static struct table *load(const char *folder)
{
    char path[PATH_MAX];
    struct table *table;
    struct error err = {0};
    assert_int_equal(file_path(path, sizeof path, folder, "application_train.csv", &err), 0);
    if (table_load(&table, path, TABLE_APPLICATION, &err) < 0)
        fail_msg("%s", err.message);
    return table;
}

/* The promise on real rows: every column stable, the correlations kept. */
static void test_near_the_real_clients(void **state)
{
    (void)state;
    char real[PATH_MAX], folder[TEMPORARY_FOLDER];
    if (!shared_path(real, "data/home-credit"))
        skip();
    struct error err = {0};
    temporary_folder_make(folder);
    generate(folder, "models/portfolio.json", 20000, 6);
    struct table *expected = load(real), *actual = load(folder);
    struct summary before, after;
    struct table_drift drift;
    size_t pairs = 0;
    assert_int_equal(summary_make(&before, expected, &err), 0);
    assert_int_equal(summary_make(&after, actual, &err), 0);
    assert_int_equal(table_drift_measure(&drift, expected, actual, &err), 0);
    assert_int_equal(drift.count, APPLICATION_COLUMNS - 1);
    double difference = table_drift_of_correlations(&pairs, &before, &after);
    for (size_t i = 0; i < 5; i++)
        printf("PSI %.4f %s\n", drift.columns[i].psi,
               home_credit_schema(TABLE_APPLICATION)->columns[drift.columns[i].column].name);
    printf("mean absolute difference of %zu correlations: %.4f\n", pairs, difference);
    assert_true(drift.columns[0].psi < 0.1);
    assert_true(difference < 0.03);
    summary_free(&before);
    summary_free(&after);
    table_free(expected);
    table_free(actual);
    temporary_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_as_kaggle_writes_them),
        cmocka_unit_test(test_marginal_keeps_shape_and_hides_people),
        cmocka_unit_test(test_marginal_too_few),
        cmocka_unit_test(test_marginal_reads_what_it_writes),
        cmocka_unit_test(test_hermite),
        cmocka_unit_test(test_correlation),
        cmocka_unit_test(test_nearest_correlation_matrix),
        cmocka_unit_test(test_logistic),
        cmocka_unit_test(test_psi),
        cmocka_unit_test(test_fit_closes_the_circle),
        cmocka_unit_test(test_fit_says_what_is_missing),
        cmocka_unit_test(test_near_the_real_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
