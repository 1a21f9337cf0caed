/* Seconds of building a feature set from the tables of a folder, reading included, writing not. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "notebooks-port/ml/matrix.h"
#include "shared/base/progress.h"

/* One figure that changes when any value does: the mean of ln(1 + |value|) over the known values. */
static double mean_log(const struct matrix *matrix)
{
    double sum = 0;
    size_t known = 0;
    for (size_t i = 0; i < matrix->rows * matrix->columns; i++)
        if (!isnan(matrix->values[i])) {
            sum += log1p(fabs((double)matrix->values[i]));
            known++;
        }
    return sum / (double)known;
}

int main(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "full") != 0) {
        fputs("usage: bench_features full DATA\n", stderr);
        return 2;
    }
    struct error err = {0};
    struct matrix matrix = {0};
    double started = progress_clock_s();
    int status = matrix_read(&matrix, argv[2], false, &err);
    double seconds = progress_clock_s() - started;
    if (status == 0)
        printf("{\"seconds\": %.6f, \"rows\": %zu, \"columns\": %zu, \"mean_log\": %.9f}\n", seconds,
               matrix.rows, matrix.columns, mean_log(&matrix));
    else
        fprintf(stderr, "bench_features: %s\n", err.message);
    matrix_free(&matrix);
    return status ? 1 : 0;
}
