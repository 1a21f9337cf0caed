/* Seconds of growing an isolation forest, scoring every row and marking a tenth with this project's code; how
 * many rows are marked, the mean score, and how far the marked rows are from the mean row (root mean square
 * of their standardised values). */
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/isolation_forest.h"
#include "shared/base/progress.h"
#include "tests/support/examples_file.h"

/* The mean square of the marked rows' standardised values, of a column that is not constant. */
static double marked_square(const double *values, const uint8_t *marks, const struct examples *given,
                            size_t column)
{
    double mean = gsl_stats_mean(values + column, given->columns, given->rows);
    double variance = gsl_stats_variance_with_fixed_mean(values + column, given->columns, given->rows, mean);
    double squares = 0, marked = 0;
    for (size_t row = 0; row < given->rows; row++)
        if (marks[row]) {
            squares += pow(values[row * given->columns + column] - mean, 2);
            marked++;
        }
    return squares / marked / variance;
}

static int isolate(const struct examples *given, struct error *err)
{
    struct isolation_forest *forest = NULL;
    const struct isolation_options options = isolation_forest_defaults();
    size_t cells = given->rows * given->columns;
    double *values = calloc(cells, sizeof *values);
    double *scores = malloc(given->rows * sizeof *scores);
    uint8_t *marks = malloc(given->rows);
    int status = values && scores && marks
                     ? 0
                     : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", given->rows);
    for (size_t i = 0; status == 0 && i < cells; i++)
        values[i] = (double)given->values[i];
    double started = progress_clock_s();
    size_t outliers = 0;
    if (status == 0)
        status = isolation_forest_fit(&forest, scores, values, given->rows, given->columns, &options, err);
    if (status == 0)
        outliers = isolation_forest_mark(marks, forest, scores, given->rows);
    double seconds = progress_clock_s() - started;
    if (status == 0) {
        double squares = 0;
        for (size_t column = 0; column < given->columns; column++)
            squares += marked_square(values, marks, given, column) / (double)given->columns;
        printf("{\"seconds\": %.6f, \"outliers\": %zu, \"mean_score\": %.6f, \"distance\": %.6f}\n", seconds,
               outliers, gsl_stats_mean(scores, 1, given->rows), sqrt(squares));
    }
    isolation_forest_free(forest);
    free(values);
    free(scores);
    free(marks);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: bench_isolation FILLED.f32 LABELS.u8 ROWS COLUMNS\n", stderr);
        return 2;
    }
    struct error err = {0};
    struct examples given = {0};
    int status = examples_file_read(&given, argv[1], argv[2], argv[3], argv[4], &err);
    if (status == 0)
        status = isolate(&given, &err);
    if (status)
        fprintf(stderr, "bench_isolation: %s\n", err.message);
    examples_free(&given);
    return status ? 1 : 0;
}
