/* Seconds of SMOTE, how many rows and defaults there are then, and the mean distance of the rows of the rarer
 * class to their nearest ones, which both sides must have found. */
#include <stdio.h>
#include <stdlib.h>

#include "notebooks-port/ml/smote.h"
#include "shared/base/progress.h"
#include "tests/support/examples_file.h"

enum { SEED = 1 };

/* Over the defaults, the rarer class of every portfolio. */
static int mean_distance(double *out, const struct examples *data, struct error *err)
{
    struct examples rare = {0};
    if (examples_pick(&rare, data, data->labels, 1, false, err)) {
        examples_free(&rare);
        return -1;
    }
    size_t found = rare.rows * SMOTE_NEIGHBOURS;
    uint32_t *own = malloc((rare.rows + 1) * sizeof *own);
    uint32_t *nearest = malloc((found + 1) * sizeof *nearest);
    double *distances = malloc((found + 1) * sizeof *distances);
    int status = own && nearest && distances ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    for (uint32_t i = 0; status == 0 && i < rare.rows; i++)
        own[i] = i;
    if (status == 0)
        status = neighbours_find(nearest, distances, &rare, &rare, own, SMOTE_NEIGHBOURS, err);
    *out = 0;
    for (size_t i = 0; status == 0 && i < found; i++)
        *out += distances[i] / (double)found;
    free(own);
    free(nearest);
    free(distances);
    examples_free(&rare);
    return status;
}

static int sample(const struct examples *data, struct error *err)
{
    const struct smote_plan plan = {.neighbours = SMOTE_NEIGHBOURS, .ratio = 1, .seed = SEED};
    struct examples out = {0};
    double distance = 0, started = progress_clock_s();
    int status = smote_sample(&out, data, &plan, err);
    double seconds = progress_clock_s() - started;
    size_t defaults = 0;
    for (size_t i = 0; i < out.rows; i++)
        defaults += out.labels[i];
    if (status == 0)
        status = mean_distance(&distance, data, err);
    if (status == 0)
        printf("{\"seconds\": %.6f, \"rows\": %zu, \"defaults\": %zu, \"distance\": %.9f}\n", seconds,
               out.rows, defaults, distance);
    examples_free(&out);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: bench_smote VALUES.f32 LABELS.u8 ROWS COLUMNS\n", stderr);
        return 2;
    }
    struct error err = {0};
    struct examples data = {0};
    int status = examples_file_read(&data, argv[1], argv[2], argv[3], argv[4], &err);
    if (status == 0)
        status = sample(&data, &err);
    if (status)
        fprintf(stderr, "bench_smote: %s\n", err.message);
    examples_free(&data);
    return status ? 1 : 0;
}
