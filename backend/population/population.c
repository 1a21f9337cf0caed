#include "backend/population/population.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/population/population_private.h"
#include "backend/scoring.h"
#include "shared/base/log.h"

enum { BLOCK_ROWS = 512 /* clients scored at once */ };

/* ---- Making ---- */

/* With room for margins; NULL without memory. */
static struct population *make(const struct store_population *stored, size_t count)
{
    struct population *population = calloc(1, sizeof *population);
    if (!population)
        return NULL;
    atomic_init(&population->holders, 1);
    population->stored = *stored;
    population->count = count;
    population->margins = malloc((count + 1) * sizeof *population->margins);
    population->similarity = calloc(1, sizeof *population->similarity);
    if (population->similarity)
        pthread_mutex_init(&population->similarity->lock, NULL);
    if (!population->margins || !population->similarity) {
        population_release(population);
        return NULL;
    }
    return population;
}

static void free_summaries(struct summaries *summaries)
{
    if (!summaries)
        return;
    pthread_mutex_destroy(&summaries->lock);
    free(summaries->scratch);
    free(summaries);
}

/* The room to compute them in, too: later nobody could be told that there is no memory. */
static struct summaries *new_summaries(size_t count)
{
    struct summaries *summaries = calloc(1, sizeof *summaries);
    if (!summaries)
        return NULL;
    pthread_mutex_init(&summaries->lock, NULL);
    summaries->scratch = malloc((2 * count + 1) * sizeof *summaries->scratch);
    if (!summaries->scratch) {
        free_summaries(summaries);
        return NULL;
    }
    return summaries;
}

int population_new(struct population **out, const struct store_population *stored, struct error *err)
{
    if (strcmp(stored->origin.catalogue, catalogue_version()) != 0)
        return error_set(err, ERROR_CONFLICT,
                         "the store holds features of another version: run build/import --data DIR again");
    if (stored->rows >= UINT32_MAX)
        return error_set(err, ERROR_LIMIT, "more than %u clients", UINT32_MAX - 1);
    const size_t count = (size_t)stored->rows;
    struct population *population = make(stored, count);
    if (population) {
        population->ids = malloc((count + 1) * sizeof *population->ids);
        population->outcomes = malloc(count + 1);
        population->columns = calloc(FEATURE_COUNT, sizeof *population->columns);
        population->summaries = new_summaries(count);
    }
    if (!population || !population->ids || !population->outcomes || !population->columns ||
        !population->summaries) {
        population_release(population);
        return error_set(err, ERROR_INTERNAL, "no memory for %zu clients", count);
    }
    snprintf(population->scored_by, sizeof population->scored_by, "%s", stored->origin.model);
    *out = population;
    return 0;
}

/* ---- What a model makes of them ---- */

static double mean_of(const struct packed_values *values)
{
    double sum = 0, known = 0;
    for (size_t i = 0; i < values->count; i++) {
        const double rows = values->rows ? values->rows[i] : 1;
        if (isnan(values->values[i]))
            continue;
        sum += rows * (double)values->values[i];
        known += rows;
    }
    return known > 0 ? sum / known : NAN;
}

static double mean_of_feature(const struct population *population, size_t feature)
{
    const struct packed_values values = population_values(population, feature);
    return mean_of(&values);
}

static int summarise_scores(struct population *population, const struct model *model, struct error *err)
{
    struct population_figures *figures = &population->figures;
    float *points = malloc((population->count + 1) * sizeof *points);
    uint32_t *scratch = malloc((2 * population->count + 1) * sizeof *scratch);
    if (!points || !scratch) {
        free(points);
        free(scratch);
        return error_set(err, ERROR_INTERNAL, "no memory for the population's summaries");
    }
    double probabilities = 0;
    for (size_t i = 0; i < population->count; i++) {
        struct verdict verdict = scoring_verdict(model, population->margins[i]);
        points[i] = (float)verdict.points;
        probabilities += verdict.probability;
        figures->refused += verdict.refused;
        figures->outcomes[population->outcomes[i] < 0 ? CLASS_UNKNOWN : population->outcomes[i]]++;
    }
    distribution_compute(&population->points, DISTRIBUTION_NUMBER, points, population->outcomes,
                         population->count, scratch);
    figures->mean_probability = population->count ? probabilities / (double)population->count : NAN;
    figures->mean_income = mean_of_feature(population, FEATURE_AMT_INCOME_TOTAL);
    figures->mean_credit = mean_of_feature(population, FEATURE_AMT_CREDIT);
    free(points);
    free(scratch);
    return 0;
}

/* Everything that follows from margins and model. */
static int summarise_model(struct population *population, const struct model *model, struct error *err)
{
    snprintf(population->scored_by, sizeof population->scored_by, "%s", model_hash(model));
    population_order_features(population, model);
    return summarise_scores(population, model, err);
}

static int score_columns(struct population *population, const struct model *model, struct error *err)
{
    struct score scores[BLOCK_ROWS];
    float *block = malloc((size_t)BLOCK_ROWS * FEATURE_COUNT * sizeof *block);
    int status = block ? 0 : error_set(err, ERROR_INTERNAL, "no memory to score the population");
    for (size_t first = 0; !status && first < population->count; first += BLOCK_ROWS) {
        size_t left = population->count - first, count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        for (size_t feature = 0; feature < FEATURE_COUNT; feature++) {
            float values[BLOCK_ROWS];
            population_read_values(population, feature, first, count, values);
            for (size_t i = 0; i < count; i++)
                block[i * FEATURE_COUNT + feature] = values[i];
        }
        status = model_predict(model, block, count, scores, err);
        for (size_t i = 0; !status && i < count; i++)
            population->margins[first + i] = scoring_round(scores[i].margin);
    }
    free(block);
    return status;
}

int population_take_model(struct population *population, const struct model *model, struct error *err)
{
    if (strcmp(population->scored_by, model_hash(model)) != 0) {
        log_event(LOG_INFO, "rescoring", "{s:I}", "clients", (json_int_t)population->count);
        if (score_columns(population, model, err))
            return -1;
    }
    return summarise_model(population, model, err);
}

int population_load(struct population **out, struct store *store, const struct store_population *stored,
                    const struct model *model, struct error *err)
{
    struct population *population = NULL;
    if (population_read(&population, store, stored, err))
        return -1;
    if (population_take_model(population, model, err)) {
        population_release(population);
        return -1;
    }
    *out = population;
    return 0;
}

int population_rescore(struct population **out, struct population *population, const struct model *model,
                       struct error *err)
{
    struct population *own = make(&population->stored, population->count);
    if (!own)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu clients", population->count);
    own->clients = population->clients ? population->clients : population;
    population_hold(own->clients);
    own->ids = population->ids;
    own->outcomes = population->outcomes;
    own->columns = population->columns;
    own->summaries = population->summaries;
    memcpy(own->scored_by, population->scored_by, sizeof own->scored_by);
    memcpy(own->margins, population->margins, own->count * sizeof *own->margins);
    if (population_take_model(own, model, err)) {
        population_release(own);
        return -1;
    }
    *out = own;
    return 0;
}

/* ---- Holding ---- */

void population_hold(struct population *population)
{
    atomic_fetch_add(&population->holders, 1);
}

void population_release(struct population *population)
{
    if (!population || atomic_fetch_sub(&population->holders, 1) > 1)
        return;
    free(population->margins);
    if (population->similarity) {
        nearest_free(population->similarity->nearest);
        pthread_mutex_destroy(&population->similarity->lock);
        free(population->similarity);
    }
    if (population->clients) {
        population_release(population->clients);
    } else {
        free(population->ids);
        free(population->outcomes);
        for (size_t i = 0; i < FEATURE_COUNT && population->columns; i++)
            packed_release(&population->columns[i]);
        free(population->columns);
        free_summaries(population->summaries);
    }
    free(population);
}

/* ---- Looking things up ---- */

size_t population_count(const struct population *population)
{
    return population->count;
}

const struct store_population *population_stored(const struct population *population)
{
    return &population->stored;
}

size_t population_from(const struct population *population, int64_t client_id)
{
    size_t low = 0, high = population->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (population->ids[middle] < client_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t population_find(const struct population *population, int64_t client_id)
{
    size_t row = population_from(population, client_id);
    return row < population->count && population->ids[row] == client_id ? (int64_t)row : -1;
}

int64_t population_id(const struct population *population, size_t row)
{
    return population->ids[row];
}

int population_outcome(const struct population *population, size_t row)
{
    return population->outcomes[row];
}

double population_margin(const struct population *population, size_t row)
{
    return population->margins[row];
}

float population_value(const struct population *population, size_t feature, size_t row)
{
    return packed_value(&population->columns[feature], row);
}

void population_read_values(const struct population *population, size_t feature, size_t first, size_t count,
                            float *out)
{
    packed_read(&population->columns[feature], first, count, out);
}

void population_gather(const struct population *population, size_t feature, const uint32_t *rows,
                       size_t count, float *out)
{
    packed_gather(&population->columns[feature], rows, count, out);
}

void population_vector(const struct population *population, size_t row, float *out)
{
    for (size_t feature = 0; feature < FEATURE_COUNT; feature++)
        out[feature] = population_value(population, feature, row);
}

struct packed_values population_values(const struct population *population, size_t feature)
{
    return packed_values(&population->columns[feature]);
}

const struct distribution *population_distribution(const struct population *population, size_t feature)
{
    struct summaries *summaries = population->summaries;
    struct distribution *distribution = &summaries->distributions[feature];
    if (atomic_load_explicit(&summaries->ready[feature], memory_order_acquire))
        return distribution;
    pthread_mutex_lock(&summaries->lock);
    if (!atomic_load(&summaries->ready[feature])) {
        distribution_compute_packed(distribution, (int)feature, &population->columns[feature],
                                    population->outcomes, summaries->scratch);
        atomic_store_explicit(&summaries->ready[feature], true, memory_order_release);
        if (++summaries->computed == FEATURE_COUNT) {
            free(summaries->scratch);
            summaries->scratch = NULL;
        }
    }
    pthread_mutex_unlock(&summaries->lock);
    return distribution;
}

const struct distribution *population_points(const struct population *population)
{
    return &population->points;
}

const struct population_figures *population_figures(const struct population *population)
{
    return &population->figures;
}

const uint16_t *population_by_importance(const struct population *population)
{
    return population->by_importance;
}
