/* Seconds of training XGBoost through this project's own call, and the log loss on the rows it learned
 * from. `bench_train parameters` prints what it trains with, for a peer to use the same. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/boosting.h"
#include "notebooks-port/ml/metrics.h"
#include "shared/base/progress.h"
#include "tests/support/examples_file.h"

enum { SEED = 1 };

static int print_parameters(void)
{
    json_t *parameters = boosting_defaults();
    int status = parameters ? 0 : -1;
    if (status == 0)
        status = json_object_set_new(parameters, "seed", json_integer(SEED));
    if (status == 0)
        status = json_object_set_new(parameters, "nthread", json_integer(BOOSTING_THREADS));
    if (status == 0)
        status = json_dumpf(parameters, stdout, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(parameters);
    return status ? 1 : 0;
}

/* Log loss of the booster on `data`, or NAN. */
static double measure_loss(const struct boosting *boosting, const struct examples *data, struct error *err)
{
    double *probabilities = malloc(data->rows * sizeof *probabilities);
    double loss = NAN;
    if (probabilities && boosting_predict(boosting, data, probabilities, err) == 0) {
        for (size_t i = 0; i < data->rows; i++)
            probabilities[i] = 1 / (1 + exp(-probabilities[i]));
        loss = metrics_log_loss(probabilities, data->labels, data->rows);
    }
    free(probabilities);
    return loss;
}

static int train(const struct examples *data, unsigned rounds, struct error *err)
{
    struct boosting *boosting = NULL;
    json_t *parameters = boosting_defaults();
    double started = progress_clock_s();
    int status = boosting_train(&boosting, data, parameters, SEED, rounds, err);
    double seconds = progress_clock_s() - started;
    double loss = status ? (double)NAN : measure_loss(boosting, data, err);
    if (status == 0 && isnan(loss))
        status = error_set(err, ERROR_INTERNAL, "the booster has no log loss");
    if (status == 0)
        printf("{\"seconds\": %.6f, \"log_loss\": %.9f}\n", seconds, loss);
    boosting_free(boosting);
    json_decref(parameters);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "parameters") == 0)
        return print_parameters();
    if (argc != 6) {
        fputs("usage: bench_train VALUES.f32 LABELS.u8 ROWS COLUMNS ROUNDS\n"
              "       bench_train parameters\n",
              stderr);
        return 2;
    }
    struct error err = {0};
    struct examples data = {0};
    int status = examples_file_read(&data, argv[1], argv[2], argv[3], argv[4], &err);
    if (status == 0)
        status = train(&data, (unsigned)strtoul(argv[5], NULL, 10), &err);
    if (status)
        fprintf(stderr, "bench_train: %s\n", err.message);
    examples_free(&data);
    return status ? 1 : 0;
}
