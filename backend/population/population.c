#include "backend/population/population.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/population/population_private.h"
#include "backend/scoring.h"
#include "shared/base/log.h"

enum { BLOCK_ROWS = 512, SUMMARY_THREADS = 4 };

/* ---- Loading ---- */

/* Rows come one client at a time and go into columns a block at a time: writing each row across all columns
 * at once would touch hundreds of cache lines a row. */
struct loader {
    struct population *population;
    const struct model *model; /* NULL: the stored margins are its own */
    size_t rows, flushed;
    float *block; /* BLOCK_ROWS vectors */
};

static int flush_block(struct loader *loader, struct error *err)
{
    struct population *population = loader->population;
    size_t count = loader->rows - loader->flushed;
    for (size_t feature = 0; feature < FEATURE_COUNT; feature++) {
        float *column = population->columns + feature * population->count + loader->flushed;
        for (size_t i = 0; i < count; i++)
            column[i] = loader->block[i * FEATURE_COUNT + feature];
    }
    if (loader->model && count > 0) {
        struct score scores[BLOCK_ROWS];
        if (model_predict(loader->model, loader->block, count, scores, err))
            return -1;
        for (size_t i = 0; i < count; i++)
            population->margins[loader->flushed + i] = scoring_round(scores[i].margin);
    }
    loader->flushed = loader->rows;
    return 0;
}

static int load_client(void *context, const struct store_client *client, struct error *err)
{
    struct loader *loader = context;
    struct population *population = loader->population;
    if (client->feature_count != FEATURE_COUNT || loader->rows == population->count)
        return error_set(err, ERROR_CONFLICT, "the store's population %s",
                         loader->rows == population->count ? "has more clients than it says"
                                                           : "has vectors of another length");
    population->ids[loader->rows] = client->id;
    population->outcomes[loader->rows] = (int8_t)client->outcome;
    population->margins[loader->rows] = client->margin;
    memcpy(loader->block + (loader->rows - loader->flushed) * FEATURE_COUNT, client->features,
           FEATURE_COUNT * sizeof *client->features);
    loader->rows++;
    return loader->rows - loader->flushed == BLOCK_ROWS ? flush_block(loader, err) : 0;
}

/* ---- Summaries ---- */

struct summary_work {
    pthread_t thread;
    struct population *population;
    size_t first; /* features first, first + SUMMARY_THREADS, … */
    bool started, failed;
};

static void *summarise(void *context)
{
    struct summary_work *work = context;
    struct population *population = work->population;
    uint32_t *scratch = malloc((2 * population->count + 1) * sizeof *scratch);
    work->failed = !scratch;
    for (size_t feature = work->first; scratch && feature < FEATURE_COUNT; feature += SUMMARY_THREADS)
        distribution_compute(&population->distributions[feature], (int)feature,
                             population_column(population, feature), population->outcomes, population->count,
                             scratch);
    free(scratch);
    return NULL;
}

static int summarise_features(struct population *population, struct error *err)
{
    struct summary_work work[SUMMARY_THREADS];
    bool failed = false;
    for (size_t i = 0; i < SUMMARY_THREADS; i++) {
        work[i] = (struct summary_work){.population = population, .first = i};
        work[i].started = pthread_create(&work[i].thread, NULL, summarise, &work[i]) == 0;
        if (!work[i].started)
            summarise(&work[i]);
    }
    for (size_t i = 0; i < SUMMARY_THREADS; i++) {
        if (work[i].started)
            pthread_join(work[i].thread, NULL);
        failed = failed || work[i].failed;
    }
    return failed ? error_set(err, ERROR_INTERNAL, "no memory for the population's summaries") : 0;
}

static double mean_of(const float *values, size_t count)
{
    double sum = 0;
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        sum += values[i];
        known++;
    }
    return known ? sum / (double)known : NAN;
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
    figures->mean_income =
        mean_of(population_column(population, FEATURE_AMT_INCOME_TOTAL), population->count);
    figures->mean_credit = mean_of(population_column(population, FEATURE_AMT_CREDIT), population->count);
    free(points);
    free(scratch);
    return 0;
}

/* Everything that follows from margins and model. */
static int summarise_model(struct population *population, const struct model *model, struct error *err)
{
    snprintf(population->scored_by, sizeof population->scored_by, "%s", model_hash(model));
    if (summarise_scores(population, model, err))
        return -1;
    population_prepare_metric(population, model);
    return 0;
}

static int allocate(struct population *population, struct error *err)
{
    size_t count = population->count;
    population->ids = malloc((count + 1) * sizeof *population->ids);
    population->outcomes = malloc(count + 1);
    population->margins = malloc((count + 1) * sizeof *population->margins);
    population->columns = malloc((count * FEATURE_COUNT + 1) * sizeof *population->columns);
    population->distributions = calloc(FEATURE_COUNT, sizeof *population->distributions);
    if (!population->ids || !population->outcomes || !population->margins || !population->columns ||
        !population->distributions)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu clients", count);
    return 0;
}

int population_load(struct population **out, struct store *store, const struct store_population *stored,
                    const struct model *model, struct error *err)
{
    if (strcmp(stored->origin.catalogue, catalogue_version()) != 0)
        return error_set(err, ERROR_CONFLICT,
                         "the store holds features of another version: run build/import --data DIR again");
    if (stored->rows >= UINT32_MAX)
        return error_set(err, ERROR_LIMIT, "more than %u clients", UINT32_MAX - 1);
    int status = -1;
    struct loader loader = {0};
    struct population *population = calloc(1, sizeof *population);
    if (!population)
        return error_set(err, ERROR_INTERNAL, "no memory for the population");
    atomic_init(&population->holders, 1);
    population->stored = *stored;
    population->count = (size_t)stored->rows;
    loader.population = population;
    loader.block = malloc((size_t)BLOCK_ROWS * FEATURE_COUNT * sizeof *loader.block);
    if (!loader.block) {
        error_set(err, ERROR_INTERNAL, "no memory for the population");
        goto done;
    }
    if (strcmp(stored->origin.model, model_hash(model)) != 0) {
        log_event(LOG_INFO, "rescoring", "{s:I}", "clients", (json_int_t)stored->rows);
        loader.model = model;
    }
    if (allocate(population, err) || store_scan(store, stored->id, load_client, &loader, err) ||
        flush_block(&loader, err))
        goto done;
    if (loader.rows != population->count) {
        error_set(err, ERROR_CONFLICT, "the store's population has fewer clients than it says");
        goto done;
    }
    if (summarise_features(population, err) || summarise_model(population, model, err))
        goto done;
    status = 0;
done:
    free(loader.block);
    if (status)
        population_release(population);
    else
        *out = population;
    return status;
}

/* ---- Another model ---- */

static int score_columns(struct population *population, const struct model *model, struct error *err)
{
    struct score scores[BLOCK_ROWS];
    float *block = malloc((size_t)BLOCK_ROWS * FEATURE_COUNT * sizeof *block);
    int status = block ? 0 : error_set(err, ERROR_INTERNAL, "no memory to score the population");
    for (size_t first = 0; !status && first < population->count; first += BLOCK_ROWS) {
        size_t left = population->count - first, count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        for (size_t feature = 0; feature < FEATURE_COUNT; feature++) {
            const float *column = population_column(population, feature) + first;
            for (size_t i = 0; i < count; i++)
                block[i * FEATURE_COUNT + feature] = column[i];
        }
        status = model_predict(model, block, count, scores, err);
        for (size_t i = 0; !status && i < count; i++)
            population->margins[first + i] = scoring_round(scores[i].margin);
    }
    free(block);
    return status;
}

int population_rescore(struct population **out, struct population *population, const struct model *model,
                       struct error *err)
{
    struct population *own = calloc(1, sizeof *own);
    if (!own)
        return error_set(err, ERROR_INTERNAL, "no memory for the population");
    atomic_init(&own->holders, 1);
    own->clients = population->clients ? population->clients : population;
    population_hold(own->clients);
    own->stored = population->stored;
    own->count = population->count;
    own->ids = population->ids;
    own->outcomes = population->outcomes;
    own->columns = population->columns;
    own->distributions = population->distributions;
    own->margins = malloc((own->count + 1) * sizeof *own->margins);
    int status = own->margins ? 0 : error_set(err, ERROR_INTERNAL, "no memory for %zu clients", own->count);
    if (!status && strcmp(population->scored_by, model_hash(model)) == 0)
        memcpy(own->margins, population->margins, own->count * sizeof *own->margins);
    else if (!status)
        status = score_columns(own, model, err);
    if (!status)
        status = summarise_model(own, model, err);
    if (status)
        population_release(own);
    else
        *out = own;
    return status;
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
    if (population->clients) {
        population_release(population->clients);
    } else {
        free(population->ids);
        free(population->outcomes);
        free(population->columns);
        free(population->distributions);
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

const float *population_column(const struct population *population, size_t feature)
{
    return population->columns + feature * population->count;
}

void population_vector(const struct population *population, size_t row, float *out)
{
    for (size_t feature = 0; feature < FEATURE_COUNT; feature++)
        out[feature] = population_column(population, feature)[row];
}

const struct distribution *population_distribution(const struct population *population, size_t feature)
{
    return &population->distributions[feature];
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
