#include "notebooks-port/portfolio/fit.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/portfolio/calibrate.h"
#include "notebooks-port/portfolio/history_fit.h"
#include "shared/base/file.h"
#include "shared/base/progress.h"
#include "shared/data/table.h"

enum { FEWEST_CLIENTS = 200, FINENESS = 60, LEAST_ROWS = 1000, FOLDS = 5 };

/* The clients learned from: application_train first, then application_test, whose histories count too. */
struct clients {
    struct id_map ids;
    double *values; /* [count × FIELD_COUNT] */
    uint8_t *defaulted;
    size_t count, capacity, train;
    double documents[DESCRIPTION_DOCUMENTS];
};

static int add_client(struct clients *clients, const double *row, struct error *err)
{
    if (clients->count == clients->capacity) {
        size_t capacity = clients->capacity ? 2 * clients->capacity : 8192;
        double *values = realloc(clients->values, capacity * FIELD_COUNT * sizeof *values);
        if (values != NULL)
            clients->values = values;
        uint8_t *defaulted = realloc(clients->defaulted, capacity);
        if (defaulted != NULL)
            clients->defaulted = defaulted;
        if (values == NULL || defaulted == NULL)
            return error_set(err, ERROR_INTERNAL, "no memory for %zu clients", capacity);
        clients->capacity = capacity;
    }
    if (id_map_add(&clients->ids, (int64_t)row[APPLICATION_SK_ID_CURR], (uint32_t)clients->count, err) < 0)
        return -1;
    fields_read(clients->values + clients->count * FIELD_COUNT, row);
    clients->defaulted[clients->count++] = row[APPLICATION_TARGET] == 1;
    return 0;
}

static int read_applications(struct clients *clients, const char *folder, const char *name, struct error *err)
{
    char path[PATH_MAX];
    struct table_reader *reader = NULL;
    double row[APPLICATION_COLUMNS];
    if (file_path(path, sizeof path, folder, name, err) < 0 ||
        table_open(&reader, path, TABLE_APPLICATION, err) < 0)
        return -1;
    struct progress progress = progress_start(name, table_size(reader));
    int got;
    while ((got = table_next(reader, row, err)) == 1) {
        if (add_client(clients, row, err) < 0) {
            got = -1;
            break;
        }
        for (int i = 0; i < DESCRIPTION_DOCUMENTS; i++)
            clients->documents[i] += row[APPLICATION_FLAG_DOCUMENT_2 + i] == 1;
        progress_update(&progress, table_position(reader));
    }
    progress_end(&progress, clients->count);
    table_close(reader);
    return got;
}

/* ---- Distributions --------------------------------------------------------------------------------- */

struct level {
    double code, rows, defaults;
    double place; /* what the levels are ordered by */
};

static int compare_levels(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return (x->code > y->code) - (x->code < y->code);
}

/* Fields whose schema order says more than their default rate. */
static bool ordered_by_schema(size_t field)
{
    return field == FIELD_OF_NAME_EDUCATION_TYPE || field == FIELD_OF_NAME_FAMILY_STATUS ||
           field == FIELD_OF_WEEKDAY_APPR_PROCESS_START || field == FIELD_OF_REGION_RATING_CLIENT ||
           field == FIELD_OF_REGION_RATING_CLIENT_W_CITY || field == FIELD_OF_NAME_CONTRACT_TYPE ||
           field == FIELD_OF_CODE_GENDER || field == FIELD_OF_WALLSMATERIAL_MODE || field == FIELD_OF_REGIONS;
}

/* The levels that enough clients have, ordered by default rate (shrunk to the mean) or as the schema
 * orders them. Levels of fewer than MARGINAL_CLIENTS clients stay out of the description. */
static void find_levels(struct field_model *model, size_t field, const struct clients *clients)
{
    struct level levels[DESCRIPTION_LEVELS * 8] = {{0}};
    size_t count = 0;
    double defaults = 0;
    for (size_t c = 0; c < clients->train; c++) {
        double code = clients->values[c * FIELD_COUNT + field];
        defaults += clients->defaulted[c];
        if (isnan(code))
            continue;
        size_t i = 0;
        while (i < count && levels[i].code != code)
            i++;
        if (i == count) {
            if (count == sizeof levels / sizeof *levels)
                continue;
            levels[count++] = (struct level){.code = code};
        }
        levels[i].rows++;
        levels[i].defaults += clients->defaulted[c];
    }
    double rate = defaults / (double)clients->train;
    for (size_t i = 0; i < count; i++)
        levels[i].place = levels[i].rows < MARGINAL_CLIENTS ? INFINITY
                          : ordered_by_schema(field)
                              ? levels[i].code
                              : (levels[i].defaults + 50 * rate) / (levels[i].rows + 50);
    qsort(levels, count, sizeof *levels, compare_levels);
    for (size_t i = 0; i < count && model->level_count < DESCRIPTION_LEVELS && isfinite(levels[i].place); i++)
        model->levels[model->level_count++] = levels[i].code;
}

static int fit_field(struct description *out, size_t field, const struct clients *clients, struct error *err)
{
    struct field_model *model = &out->fields[field];
    struct sample sample = {0};
    bool levels = FIELDS[field].kind == FIELD_LEVELS;
    if (levels)
        find_levels(model, field, clients);
    /* Histories of application_test count, its applications do not: it is another population. */
    size_t rows = field >= FIELD_HISTORY ? clients->count : clients->train;
    int failed = 0;
    for (size_t c = 0; c < rows && !failed; c++) {
        const double *values = clients->values + c * FIELD_COUNT;
        double value = values[field];
        for (size_t rank = 0; levels && rank <= model->level_count; rank++)
            if (rank == model->level_count || model->levels[rank] == values[field]) {
                value = rank == model->level_count ? NAN : (double)rank;
                break;
            }
        if (!isnan(value))
            failed = sample_add(&sample, field_stratum(FIELDS[field].stratum, values), value, err);
    }
    bool rare = FIELDS[field].kind == FIELD_FLAG;
    if (!failed)
        failed = marginal_set_fit(&model->set, &sample, field_strata(FIELDS[field].stratum), FEWEST_CLIENTS,
                                  rare, FIELDS[field].kind == FIELD_NUMBER ? FINENESS : 0, err);
    sample_free(&sample);
    if (!failed && model->set.pooled.count == 0)
        return error_set(err, ERROR_INVALID, "nothing can be learned about %s: fewer than %d clients have it",
                         FIELDS[field].name, MARGINAL_CLIENTS);
    return failed;
}

/* Documents that occur in patterns too rare to be kept: the share of clients by which the kept patterns
 * fall short, never finer than tens of clients. */
static void fit_documents(struct description *out, const struct clients *clients)
{
    const struct field_model *model = &out->fields[FIELD_OF_DOCUMENTS];
    for (int i = 0; i < DESCRIPTION_DOCUMENTS; i++) {
        double kept = 0;
        for (size_t c = 0; c < clients->train; c++) {
            double pattern = clients->values[c * FIELD_COUNT + FIELD_OF_DOCUMENTS];
            for (size_t rank = 0; rank < model->level_count; rank++)
                kept += model->levels[rank] == pattern && ((unsigned long)pattern >> i & 1);
        }
        double rest = clients->documents[i] - kept;
        out->extra_documents[i] =
            rest > 0 ? ceil(rest / MARGINAL_BLUR) * MARGINAL_BLUR / (double)clients->train : 0;
    }
}

static int measure_auc(double *out, const double *log_odds, const uint8_t *defaulted, size_t rows,
                       struct error *err)
{
    struct ranking_metrics metrics;
    if (metrics_rank(&metrics, log_odds, defaulted, rows) < 0)
        return error_set(err, ERROR_INTERNAL, "no memory to rank %zu clients", rows);
    *out = metrics.auc;
    return 0;
}

/* ---- Risk ------------------------------------------------------------------------------------------ */

/* What history scores say beyond the application: the part that its log-odds do not foretell. */
static void remove_foretold(double *scores, const double *offset, size_t rows)
{
    enum { COUNT = FIELD_COUNT - FIELD_HISTORY };
    for (size_t i = 0; i < COUNT; i++) {
        double n = 0, x = 0, y = 0, xx = 0, xy = 0;
        for (size_t r = 0; r < rows; r++) {
            double score = scores[r * COUNT + i];
            if (isnan(score))
                continue;
            n++;
            x += offset[r];
            y += score;
            xx += offset[r] * offset[r];
            xy += offset[r] * score;
        }
        double spread = xx - x * x / n, slope = n > 2 && spread > 0 ? (xy - x * y / n) / spread : 0;
        for (size_t r = 0; r < rows; r++)
            scores[r * COUNT + i] -= n > 0 ? y / n + slope * (offset[r] - x / n) : 0;
    }
}

/* Learns what the history adds to log_odds[train], which come from models that did not see the client. */
static int fit_history_risk(struct description *out, const struct clients *clients, const double *log_odds,
                            const uint8_t *fold, const double *reliability, struct fit_report *report,
                            struct error *err)
{
    enum { COUNT = FIELD_COUNT - FIELD_HISTORY };
    size_t rows = 0;
    double *scores = malloc(clients->train * COUNT * sizeof *scores);
    double *offset = malloc(clients->train * sizeof *offset), *with = malloc(clients->train * sizeof *with);
    uint8_t *defaulted = malloc(clients->train), *folds = malloc(clients->train);
    int failed = -1;
    if (!scores || !offset || !with || !defaulted || !folds) {
        error_set(err, ERROR_INTERNAL, "no memory for the risk of histories");
        goto done;
    }
    for (size_t c = 0; c < clients->train; c++) {
        const double *values = clients->values + c * FIELD_COUNT;
        if (isnan(values[FIELD_OF_BUREAU_COUNT]))
            continue;
        for (size_t i = 0; i < COUNT; i++)
            scores[rows * COUNT + i] = description_score(out, FIELD_HISTORY + i, values);
        offset[rows] = with[rows] = log_odds[c];
        folds[rows] = fold[c];
        defaulted[rows++] = clients->defaulted[c];
    }
    if (rows < LEAST_ROWS) {
        fprintf(stderr, "Only %zu clients with a history: it will tell nothing about default.\n", rows);
        failed = 0;
        goto done;
    }
    remove_foretold(scores, offset, rows);
    for (unsigned f = 0; f < FOLDS; f++) {
        if (risk_fit_history(&out->risk, scores, offset, defaulted, folds, f, rows, err) < 0)
            goto done;
        for (size_t r = 0; r < rows; r++)
            for (size_t i = 0; i < COUNT && folds[r] == f; i++)
                with[r] += isnan(scores[r * COUNT + i]) ? 0 : scores[r * COUNT + i] * out->risk.history[i];
    }
    if (measure_auc(&report->history_auc_without, offset, defaulted, rows, err) < 0 ||
        measure_auc(&report->history_auc, with, defaulted, rows, err) < 0)
        goto done;
    failed = risk_fit_history(&out->risk, scores, offset, defaulted, NULL, 0, rows, err);
    /* A client's rows show its tendency with noise; the tendency itself says more. */
    for (size_t i = 0; i < HISTORY_EFFECTS; i++)
        out->risk.history[FIELD_FIRST_EFFECT - FIELD_HISTORY + i] /= sqrt(reliability[i]);
done:
    free(scores);
    free(offset);
    free(with);
    free(defaulted);
    free(folds);
    return failed;
}

/* Clients with many rows weigh more in the tables' distributions: where they stand with their effects,
 * measured on generated clients. */
static void measure_centres(struct description *out, size_t simulated)
{
    double weights[HISTORY_EFFECTS] = {0}, sums[HISTORY_EFFECTS] = {0};
    for (size_t c = 0; c < simulated; c++) {
        struct client client;
        client_draw(&client, out, CALIBRATE_SEED, (int64_t)c + 1);
        for (size_t i = 0; i < HISTORY_EFFECTS; i++) {
            bool bureau = FIELD_FIRST_EFFECT + i < FIELD_OF_PREVIOUS_RECENT;
            double rows = client.values[bureau ? FIELD_OF_BUREAU_COUNT : FIELD_OF_PREVIOUS_COUNT];
            weights[i] += rows;
            sums[i] += rows * client.values[FIELD_FIRST_EFFECT + i];
        }
    }
    for (size_t i = 0; i < HISTORY_EFFECTS; i++)
        out->history.centre[i] = weights[i] > 0 ? sums[i] / weights[i] : 0;
}

/* Moves the intercept until generated clients default at the real rate. */
static int solve_intercept(struct description *out, double rate, size_t simulated, struct error *err)
{
    double *log_odds = malloc((simulated + 1) * sizeof *log_odds);
    if (log_odds == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu clients", simulated);
    struct client client;
    for (size_t i = 0; i < simulated; i++) {
        client_draw(&client, out, CALIBRATE_SEED, (int64_t)i + 1);
        log_odds[i] = log(client.probability / (1 - client.probability));
    }
    double low = -10, high = 10;
    for (int step = 0; step < 60; step++) {
        double middle = (low + high) / 2, sum = 0;
        for (size_t i = 0; i < simulated; i++)
            sum += 1 / (1 + exp(-log_odds[i] - middle));
        if (sum / (double)simulated < rate)
            low = middle;
        else
            high = middle;
    }
    out->risk.intercept += (low + high) / 2;
    free(log_odds);
    return 0;
}

static int fit_risk(struct description *out, const struct clients *clients, const double *reliability,
                    struct fit_report *report, size_t simulated, struct error *err)
{
    double defaults = 0, *log_odds = malloc(clients->train * sizeof *log_odds);
    uint8_t *fold = malloc(clients->train);
    int failed = -1;
    if (log_odds == NULL || fold == NULL) {
        error_set(err, ERROR_INTERNAL, "no memory for the risk model");
        goto done;
    }
    struct random_stream stream = {CALIBRATE_SEED};
    for (size_t c = 0; c < clients->train; c++) {
        fold[c] = (uint8_t)(random_bits(&stream) % FOLDS);
        defaults += clients->defaulted[c];
    }
    report->rate = defaults / (double)clients->train;
    struct progress progress = progress_start("fitting the risk model", FOLDS + 1);
    for (unsigned f = 0; f < FOLDS; f++) {
        if (risk_fit(&out->risk, clients->values, clients->defaulted, fold, f, clients->train, err) < 0)
            goto done;
        for (size_t c = 0; c < clients->train; c++)
            if (fold[c] == f)
                log_odds[c] = risk_application(&out->risk, clients->values + c * FIELD_COUNT);
        progress_update(&progress, f + 1);
    }
    if (measure_auc(&report->application_auc, log_odds, clients->defaulted, clients->train, err) < 0 ||
        risk_fit(&out->risk, clients->values, clients->defaulted, NULL, 0, clients->train, err) < 0 ||
        fit_history_risk(out, clients, log_odds, fold, reliability, report, err) < 0)
        goto done;
    progress_end(&progress, FOLDS + 1);
    measure_centres(out, simulated);
    failed = solve_intercept(out, report->rate, simulated, err);
done:
    free(log_odds);
    free(fold);
    return failed;
}

int portfolio_fit(struct description **out, struct fit_report *report, const char *folder, size_t simulated,
                  struct error *err)
{
    struct clients clients = {0};
    struct history_fit history = {0};
    struct description *made = NULL;
    int failed = -1;
    *out = NULL;
    *report = (struct fit_report){0};
    if (description_new(&made, err) < 0 ||
        read_applications(&clients, folder, "application_train.csv", err) < 0)
        goto done;
    clients.train = clients.count;
    if (clients.train < LEAST_ROWS) {
        error_set(err, ERROR_INVALID, "%s/application_train.csv has %zu clients; learning needs at least %d",
                  folder, clients.train, LEAST_ROWS);
        goto done;
    }
    double documents[DESCRIPTION_DOCUMENTS];
    memcpy(documents, clients.documents, sizeof documents);
    char path[PATH_MAX];
    if (file_path(path, sizeof path, folder, "application_test.csv", err) < 0 ||
        (file_exists(path) && read_applications(&clients, folder, "application_test.csv", err) < 0))
        goto done;
    memcpy(clients.documents, documents, sizeof documents);
    history.clients = &clients.ids;
    history.client_count = clients.count;
    history.values = clients.values;
    if (history_fit(&made->history, &history, folder, err) < 0)
        goto done;
    made->clients = clients.train;
    for (size_t c = 0; c < clients.count; c++)
        made->history_clients += history.seen[c];
    for (size_t i = 0; i < FIELD_FIRST_EFFECT; i++)
        if (fit_field(made, i, &clients, err) < 0)
            goto done;
    fit_documents(made, &clients);
    if (calibrate_correlation(made, clients.values, clients.count, history.reliability, simulated,
                              &report->correlation_error, err) < 0)
        goto done;
    failed = fit_risk(made, &clients, history.reliability, report, simulated, err);
done:
    id_map_free(&clients.ids);
    free(clients.values);
    free(clients.defaulted);
    history_fit_free(&history);
    if (failed) {
        description_free(made);
        made = NULL;
    }
    *out = made;
    return failed;
}
