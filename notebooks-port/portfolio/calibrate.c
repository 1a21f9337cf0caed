#include "notebooks-port/portfolio/calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/portfolio/copula.h"
#include "shared/base/progress.h"

enum { ROUNDS = 8, CLIENTS = 30000, CELLS = FIELD_COUNT * FIELD_COUNT };

static const double LOWEST_ROOT = 1e-4, STRONGEST = 0.998, STEP = 0.8;

/* Below this share of a continuous pair's information a sampling error would be blown up too far. */
static const double LEAST_INFORMATION = 0.15;

static void score_row(double *scores, const struct description *description, const double *values)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        scores[i] = description_score(description, i, values);
}

/* What the generated clients are held to: Pearson's correlations of the quantities themselves, which the
 * portfolio is judged by, and of scores where a field has only levels. */
static void measure_row(double *measures, const struct description *description, const double *values)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        measures[i] = FIELDS[i].kind == FIELD_NUMBER ? values[i] : description_score(description, i, values);
}

/* A field says nothing further about those that set its stratum, nor about its own absence. */
static bool tied(size_t i, size_t j)
{
    return field_conditions(FIELDS[i].stratum, j) || field_conditions(FIELDS[j].stratum, i) ||
           FIELDS[i].missing == (int)j || FIELDS[j].missing == (int)i;
}

/* Variance of each field's scores: 1 for a continuous field, small for a rare flag. */
static void measure_information(double *information, const double *scores, size_t rows)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        double sum = 0, squares = 0, known = 0;
        for (size_t r = 0; r < rows; r++) {
            double score = scores[r * FIELD_COUNT + i];
            if (isnan(score))
                continue;
            sum += score;
            squares += score * score;
            known++;
        }
        information[i] = known > 0 ? squares / known - (sum / known) * (sum / known) : 0;
        if (FIELDS[i].kind == FIELD_EFFECT)
            information[i] = 1;
    }
}

static double clamp(double value)
{
    return value > STRONGEST ? STRONGEST : value < -STRONGEST ? -STRONGEST : value;
}

/* Generates clients with the present correlations and measures how they correlate. */
static int simulate(double *out, double *scores, const struct description *description, uint64_t seed,
                    struct error *err)
{
    struct client client;
    double values[FIELD_COUNT];
    for (size_t c = 0; c < CLIENTS; c++) {
        client_draw(&client, description, seed, (int64_t)c + 1);
        fields_read(values, client.row);
        memcpy(values + FIELD_HISTORY, client.values + FIELD_HISTORY,
               (FIELD_COUNT - FIELD_HISTORY) * sizeof *values);
        measure_row(scores + c * FIELD_COUNT, description, values);
    }
    return copula_correlate(out, NULL, scores, CLIENTS, FIELD_COUNT, err);
}

/* Target correlations of the scores: what was measured, shrunk by its own sampling error, and for
 * effects what their true values (not a client's few rows) would show. */
static void set_target(double *target, const double *pairs, const double *reliability)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        for (size_t j = 0; j < FIELD_COUNT; j++) {
            double n = pairs[i * FIELD_COUNT + j], r = target[i * FIELD_COUNT + j];
            double seen = n > 0 ? r * r / (r * r + 1 / n) : 0;
            for (size_t side = 0; side < 2; side++) {
                size_t field = side ? j : i;
                if (field >= FIELD_FIRST_EFFECT && i != j)
                    r /= sqrt(reliability[field - FIELD_FIRST_EFFECT]);
            }
            target[i * FIELD_COUNT + j] = i == j ? 1 : clamp(r * seen);
        }
}

static int apply(struct description *description, const double *wanted, struct error *err)
{
    memcpy(description->correlation, wanted, CELLS * sizeof *wanted);
    if (copula_make_positive(description->correlation, FIELD_COUNT, LOWEST_ROOT, err) < 0)
        return -1;
    return copula_factor(description->factor, description->correlation, FIELD_COUNT, err);
}

static double correct(double *wanted, const double *target, const double *got, const double *information,
                      bool change)
{
    double error = 0;
    size_t pairs = 0;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        for (size_t j = 0; j < i; j++) {
            size_t at = i * FIELD_COUNT + j;
            double miss = target[at] - got[at], strength = sqrt(information[i] * information[j]);
            if (i < FIELD_HISTORY) {
                error += fabs(miss);
                pairs++;
            }
            if (change && strength > LEAST_INFORMATION && !tied(i, j))
                wanted[at] = wanted[j * FIELD_COUNT + i] = clamp(wanted[at] + STEP * miss / strength);
        }
    return error / (double)pairs;
}

int calibrate_correlation(struct description *description, const double *values, size_t rows,
                          const double *reliability, double *error, struct error *err)
{
    size_t most = rows > CLIENTS ? rows : CLIENTS;
    double *scores = malloc(most * FIELD_COUNT * sizeof *scores);
    double *target = malloc(CELLS * sizeof *target), *pairs = malloc(CELLS * sizeof *pairs);
    double *wanted = malloc(CELLS * sizeof *wanted), *got = malloc(CELLS * sizeof *got);
    double information[FIELD_COUNT];
    int failed = -1;
    if (!scores || !target || !pairs || !wanted || !got) {
        error_set(err, ERROR_INTERNAL, "no memory to calibrate %d fields", FIELD_COUNT);
        goto done;
    }
    for (size_t r = 0; r < rows; r++)
        score_row(scores + r * FIELD_COUNT, description, values + r * FIELD_COUNT);
    measure_information(information, scores, rows);
    if (copula_correlate(target, pairs, scores, rows, FIELD_COUNT, err) < 0)
        goto done;
    set_target(target, pairs, reliability);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        for (size_t j = 0; j < FIELD_COUNT; j++) {
            double strength = sqrt(information[i] * information[j]);
            wanted[i * FIELD_COUNT + j] =
                i == j ? 1
                : tied(i, j)
                    ? 0
                    : clamp(target[i * FIELD_COUNT + j] / (strength > LEAST_INFORMATION ? strength : 1));
        }
    for (size_t r = 0; r < rows; r++)
        measure_row(scores + r * FIELD_COUNT, description, values + r * FIELD_COUNT);
    if (copula_correlate(target, pairs, scores, rows, FIELD_COUNT, err) < 0)
        goto done;
    set_target(target, pairs, reliability);
    struct progress progress = progress_start("calibrating correlations", ROUNDS);
    for (int round = 0; round < ROUNDS; round++) {
        if (apply(description, wanted, err) < 0 ||
            simulate(got, scores, description, CALIBRATE_SEED + (uint64_t)round, err) < 0)
            goto done;
        *error = correct(wanted, target, got, information, round + 1 < ROUNDS);
        progress_update(&progress, (uint64_t)round + 1);
    }
    progress_end(&progress, ROUNDS);
    failed = 0;
done:
    free(scores);
    free(target);
    free(pairs);
    free(wanted);
    free(got);
    return failed;
}
