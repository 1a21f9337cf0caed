/* Seconds of filling the gaps of a matrix with this project's imputer; how many gaps, and mean and root mean
 * square of what stands in them, in standard deviations of the known values from their mean. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/imputer.h"
#include "shared/base/progress.h"
#include "tests/support/examples_file.h"

struct summary {
    size_t gaps;
    double sum, squares; /* of the filled values, standardised */
};

static void add_column(struct summary *summary, const struct examples *given, const double *filled,
                       size_t column)
{
    double sum = 0, squares = 0, known = 0;
    for (size_t i = column; i < given->rows * given->columns; i += given->columns)
        if (!isnan(given->values[i])) {
            sum += (double)given->values[i];
            known++;
        }
    double mean = sum / known;
    for (size_t i = column; i < given->rows * given->columns; i += given->columns)
        if (!isnan(given->values[i]))
            squares += ((double)given->values[i] - mean) * ((double)given->values[i] - mean);
    double deviation = sqrt(squares / known);
    for (size_t i = column; i < given->rows * given->columns; i += given->columns)
        if (isnan(given->values[i])) {
            double value = (filled[i] - mean) / deviation;
            summary->gaps++;
            summary->sum += value;
            summary->squares += value * value;
        }
}

static int impute(const struct examples *given, struct error *err)
{
    struct imputer *imputer = NULL;
    const struct imputer_options options = imputer_defaults();
    struct summary summary = {0};
    size_t cells = given->rows * given->columns;
    double *values = malloc(cells * sizeof *values);
    if (!values)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", given->rows);
    for (size_t i = 0; i < cells; i++)
        values[i] = (double)given->values[i];
    double started = progress_clock_s();
    int status = imputer_fit(&imputer, values, given->rows, given->columns, &options, err);
    double seconds = progress_clock_s() - started;
    if (status == 0) {
        for (size_t column = 0; column < given->columns; column++)
            add_column(&summary, given, values, column);
        double gaps = (double)summary.gaps;
        printf("{\"seconds\": %.6f, \"rounds\": %u, \"gaps\": %zu, \"mean\": %.9f, \"spread\": %.9f}\n",
               seconds, imputer_rounds(imputer), summary.gaps, summary.sum / gaps,
               sqrt(summary.squares / gaps));
    }
    imputer_free(imputer);
    free(values);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: bench_impute VALUES.f32 LABELS.u8 ROWS COLUMNS\n", stderr);
        return 2;
    }
    struct error err = {0};
    struct examples given = {0};
    int status = examples_file_read(&given, argv[1], argv[2], argv[3], argv[4], &err);
    if (status == 0)
        status = impute(&given, &err);
    if (status)
        fprintf(stderr, "bench_impute: %s\n", err.message);
    examples_free(&given);
    return status ? 1 : 0;
}
