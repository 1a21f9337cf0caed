#include "notebooks-port/portfolio/calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/correlation.h"
#include "notebooks-port/portfolio/copula.h"
#include "shared/base/progress.h"

enum { ROUNDS = 8, CELLS = FIELD_COUNT * FIELD_COUNT };

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
                    size_t simulated, struct error *err)
{
    struct client client;
    double values[FIELD_COUNT];
    for (size_t c = 0; c < simulated; c++) {
        client_draw(&client, description, seed, (int64_t)c + 1);
        fields_read(values, client.row);
        memcpy(values + FIELD_HISTORY, client.values + FIELD_HISTORY,
               (FIELD_COUNT - FIELD_HISTORY) * sizeof *values);
        measure_row(scores + c * FIELD_COUNT, description, values);
    }
    return correlation_pairwise(out, NULL, scores, simulated, FIELD_COUNT, err);
}

/* Target correlations of the scores: what was measured, shrunk by its own sampling error, and for
 * effects what their true values (not a client's few rows) would show. */
static void set_target(double *target, const double *pairs, const double *reliability)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        for (size_t j = 0; j < FIELD_COUNT; j++) {
            double n = pairs[i * FIELD_COUNT + j], r = target[i * FIELD_COUNT + j];
            if (isnan(r)) /* never known together, or one is constant */
                r = 0;
            double seen = n > 0 ? r * r / (r * r + 1 / n) : 0;
            for (size_t side = 0; side < 2; side++) {
                size_t field = side ? j : i;
                if (field >= FIELD_FIRST_EFFECT && i != j)
                    r /= sqrt(reliability[field - FIELD_FIRST_EFFECT]);
            }
            target[i * FIELD_COUNT + j] = i == j ? 1 : clamp(r * seen);
        }
}

/* Histories are known of few clients. So they follow the application through these fields alone, by a
 * ridge regression: a hundred small chance correlations would otherwise leave nothing of them that the
 * application does not foretell. */
static const size_t ANCHORS[] = {
    FIELD_OF_RETIRED,
    FIELD_OF_NAME_CONTRACT_TYPE,
    FIELD_OF_CODE_GENDER,
    FIELD_OF_NAME_EDUCATION_TYPE,
    FIELD_OF_DAYS_BIRTH,
    FIELD_OF_EMPLOYED,
    FIELD_OF_AMT_INCOME_TOTAL,
    FIELD_OF_GOODS,
    FIELD_OF_CREDIT_TO_GOODS,
    FIELD_OF_CREDIT_TO_ANNUITY,
    FIELD_OF_REGION_RATING_CLIENT,
    FIELD_OF_DAYS_ID_PUBLISH,
    FIELD_OF_MISSING_EXT_SOURCE_1,
    FIELD_OF_EXT_SOURCE_1,
    FIELD_OF_EXT_SOURCE_2,
    FIELD_OF_MISSING_EXT_SOURCE_3,
    FIELD_OF_EXT_SOURCE_3,
    FIELD_OF_DAYS_LAST_PHONE_CHANGE,
    FIELD_OF_MISSING_AMT_REQ_CREDIT_BUREAU_HOUR,
    FIELD_OF_AMT_REQ_CREDIT_BUREAU_MON,
    FIELD_OF_AMT_REQ_CREDIT_BUREAU_QRT,
    FIELD_OF_AMT_REQ_CREDIT_BUREAU_YEAR,
};
enum { ANCHOR_COUNT = sizeof ANCHORS / sizeof *ANCHORS, TENDENCIES = (int)FIELD_COUNT - (int)FIELD_HISTORY };
static const double RIDGE = 0.1, MOST_FORETOLD = 0.6;

/* Replaces the rows of the history fields: correlations with the application as the regression on the
 * anchors implies them, among each other as wanted where what is left can carry it. */
static int follow_anchors(double *matrix, struct error *err)
{
    double inverse[ANCHOR_COUNT * ANCHOR_COUNT], slopes[TENDENCIES * ANCHOR_COUNT],
        rest[TENDENCIES * TENDENCIES];
    double deviation[TENDENCIES];
    for (size_t a = 0; a < ANCHOR_COUNT; a++)
        for (size_t b = 0; b < ANCHOR_COUNT; b++)
            inverse[a * ANCHOR_COUNT + b] =
                matrix[ANCHORS[a] * FIELD_COUNT + ANCHORS[b]] + (a == b ? RIDGE : 0);
    if (copula_invert(inverse, ANCHOR_COUNT, err) < 0)
        return -1;
    for (size_t h = 0; h < TENDENCIES; h++) {
        double *slope = slopes + h * ANCHOR_COUNT, foretold = 0;
        const double *wanted = matrix + (FIELD_HISTORY + h) * FIELD_COUNT;
        for (size_t a = 0; a < ANCHOR_COUNT; a++) {
            slope[a] = 0;
            for (size_t b = 0; b < ANCHOR_COUNT; b++)
                slope[a] += inverse[a * ANCHOR_COUNT + b] * wanted[ANCHORS[b]];
        }
        for (size_t a = 0; a < ANCHOR_COUNT; a++)
            for (size_t b = 0; b < ANCHOR_COUNT; b++)
                foretold += slope[a] * slope[b] * matrix[ANCHORS[a] * FIELD_COUNT + ANCHORS[b]];
        double shrink = foretold > MOST_FORETOLD ? sqrt(MOST_FORETOLD / foretold) : 1;
        for (size_t a = 0; a < ANCHOR_COUNT; a++)
            slope[a] *= shrink;
        deviation[h] = sqrt(1 - foretold * shrink * shrink);
    }
    /* With the application: what the anchors carry over. */
    for (size_t h = 0; h < TENDENCIES; h++)
        for (size_t j = 0; j < FIELD_HISTORY; j++) {
            double r = 0;
            for (size_t a = 0; a < ANCHOR_COUNT; a++)
                r += slopes[h * ANCHOR_COUNT + a] * matrix[ANCHORS[a] * FIELD_COUNT + j];
            matrix[(FIELD_HISTORY + h) * FIELD_COUNT + j] = matrix[j * FIELD_COUNT + FIELD_HISTORY + h] = r;
        }
    /* Among each other: the remainders' correlation matrix must be one. */
    double shared[TENDENCIES * TENDENCIES];
    for (size_t h = 0; h < TENDENCIES; h++)
        for (size_t g = 0; g < TENDENCIES; g++) {
            double sum = 0;
            for (size_t a = 0; a < ANCHOR_COUNT; a++)
                sum += slopes[g * ANCHOR_COUNT + a] * matrix[(FIELD_HISTORY + h) * FIELD_COUNT + ANCHORS[a]];
            shared[h * TENDENCIES + g] = sum;
            double wanted = matrix[(FIELD_HISTORY + h) * FIELD_COUNT + FIELD_HISTORY + g];
            rest[h * TENDENCIES + g] = h == g ? 1 : (wanted - sum) / (deviation[h] * deviation[g]);
        }
    if (copula_make_positive(rest, TENDENCIES, 0.05, err) < 0)
        return -1;
    for (size_t h = 0; h < TENDENCIES; h++)
        for (size_t g = 0; g < TENDENCIES; g++)
            matrix[(FIELD_HISTORY + h) * FIELD_COUNT + FIELD_HISTORY + g] =
                h == g ? 1
                       : shared[h * TENDENCIES + g] + rest[h * TENDENCIES + g] * deviation[h] * deviation[g];
    return 0;
}

/* The nearest correlation matrix of the application's fields, and the histories upon it. */
static int apply(struct description *description, const double *wanted, struct error *err)
{
    double *application = malloc((size_t)FIELD_HISTORY * FIELD_HISTORY * sizeof *application);
    if (application == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for correlations");
    for (size_t i = 0; i < FIELD_HISTORY; i++)
        for (size_t j = 0; j < FIELD_HISTORY; j++)
            application[i * FIELD_HISTORY + j] = wanted[i * FIELD_COUNT + j];
    int failed = copula_make_positive(application, FIELD_HISTORY, LOWEST_ROOT, err);
    memcpy(description->correlation, wanted, CELLS * sizeof *wanted);
    for (size_t i = 0; i < FIELD_HISTORY && !failed; i++)
        for (size_t j = 0; j < FIELD_HISTORY; j++)
            description->correlation[i * FIELD_COUNT + j] = application[i * FIELD_HISTORY + j];
    free(application);
    if (failed || follow_anchors(description->correlation, err) < 0)
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
            double miss = isnan(got[at]) ? 0 : target[at] - got[at],
                   strength = sqrt(information[i] * information[j]);
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
                          const double *reliability, size_t simulated, double *error, struct error *err)
{
    size_t most = rows > simulated ? rows : simulated;
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
    if (correlation_pairwise(target, pairs, scores, rows, FIELD_COUNT, err) < 0)
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
    if (correlation_pairwise(target, pairs, scores, rows, FIELD_COUNT, err) < 0)
        goto done;
    set_target(target, pairs, reliability);
    struct progress progress = progress_start("calibrating correlations", ROUNDS);
    for (int round = 0; round < ROUNDS; round++) {
        if (apply(description, wanted, err) < 0 ||
            simulate(got, scores, description, CALIBRATE_SEED + (uint64_t)round, simulated, err) < 0)
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
