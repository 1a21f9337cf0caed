#include "notebooks-port/portfolio/history_fit.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "shared/base/file.h"
#include "shared/base/progress.h"
#include "shared/data/table.h"

enum { FEWEST_ROWS = 40, WIDEST_ROW = 160, HERMITE = 20 };
static const double MOST_ALIKE = 0.81;

/* The quantity in which an effect shows. */
static const enum history_quantity SHOWN_BY[HISTORY_EFFECTS] = {
    [FIELD_OF_BUREAU_RECENT - FIELD_FIRST_EFFECT] = HISTORY_BUREAU_DAYS,
    [FIELD_OF_BUREAU_OPEN - FIELD_FIRST_EFFECT] = HISTORY_BUREAU_ACTIVE,
    [FIELD_OF_BUREAU_LARGE - FIELD_FIRST_EFFECT] = HISTORY_BUREAU_SUM,
    [FIELD_OF_BUREAU_INDEBTED - FIELD_FIRST_EFFECT] = HISTORY_BUREAU_DEBT,
    [FIELD_OF_BUREAU_LATE - FIELD_FIRST_EFFECT] = HISTORY_BUREAU_MAX_OVERDUE,
    [FIELD_OF_PREVIOUS_RECENT - FIELD_FIRST_EFFECT] = HISTORY_PREVIOUS_DAYS,
    [FIELD_OF_PREVIOUS_REFUSED - FIELD_FIRST_EFFECT] = HISTORY_PREVIOUS_STATUS,
    [FIELD_OF_PREVIOUS_LARGE - FIELD_FIRST_EFFECT] = HISTORY_PREVIOUS_AMOUNT,
    [FIELD_OF_LATE - FIELD_FIRST_EFFECT] = HISTORY_POS_FALLS_LATE,
    [FIELD_OF_CARD_USE - FIELD_FIRST_EFFECT] = HISTORY_CARD_LEVEL,
};

int history_each(struct history_fit *fit, const char *folder, enum home_credit_table table,
                 history_row action, void *context, struct error *err)
{
    const struct table_schema *schema = home_credit_schema(table);
    char path[PATH_MAX];
    struct table_reader *reader = NULL;
    double row[WIDEST_ROW];
    if (file_path(path, sizeof path, folder, schema->file, err) < 0 ||
        table_open(&reader, path, table, err) < 0)
        return -1;
    struct progress progress = progress_start(schema->file, table_size(reader));
    int got;
    while ((got = table_next(reader, row, err)) == 1) {
        if (action(fit, context, row, err) < 0) {
            got = -1;
            break;
        }
        progress_update(&progress, table_position(reader));
    }
    progress_end(&progress, table_position(reader));
    table_close(reader);
    return got;
}

void *history_room(void *array, size_t count, size_t *capacity, size_t size, struct error *err)
{
    if (count < *capacity)
        return array;
    size_t larger = *capacity ? 2 * *capacity : 4096;
    void *grown = realloc(array, larger * size);
    if (grown == NULL)
        error_set(err, ERROR_INTERNAL, "no memory for %zu rows", larger);
    else
        *capacity = larger;
    return grown;
}

int history_sample(struct history_fit *fit, enum history_quantity quantity, size_t stratum, double value,
                   struct error *err)
{
    return sample_add(&fit->samples[quantity], stratum, value, err);
}

int history_lean_row(struct history_fit *fit, enum field_index effect, size_t client, size_t stratum,
                     double value, struct error *err)
{
    struct lean_rows *rows = &fit->leans[effect - FIELD_FIRST_EFFECT];
    struct lean_row *grown = history_room(rows->rows, rows->count, &rows->capacity, sizeof *grown, err);
    if (grown == NULL)
        return -1;
    rows->rows = grown;
    rows->rows[rows->count++] = (struct lean_row){value, (unsigned)stratum, (unsigned)client};
    return 0;
}

int64_t history_client(const struct history_fit *fit, double id)
{
    return id_map_get(fit->clients, (int64_t)id);
}

/* The correlation of latent normals at which two rows of a client have scores of this covariance. */
static double latent_correlation(const struct marginal *marginal, double covariance)
{
    double coefficients[HERMITE], low = 0, high = MOST_ALIKE;
    marginal_hermite(coefficients, HERMITE, marginal);
    for (int step = 0; step < 50; step++) {
        double middle = (low + high) / 2, sum = 0, power = middle;
        for (int k = 0; k < HERMITE; k++) {
            sum += coefficients[k] * coefficients[k] * power;
            power *= middle;
        }
        if (sum < covariance)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* Variance within clients against between them (one-way analysis of variance on the normal scores)
 * tells how far a row's latent normal follows its client; the client's mean score, divided by its
 * deviation, is what correlates with the application. */
static int measure_effect(struct portfolio_history *out, struct history_fit *fit, size_t effect,
                          struct error *err)
{
    const struct lean_rows *rows = &fit->leans[effect];
    const struct marginal_set *set = &out->sets[SHOWN_BY[effect]];
    size_t n = fit->client_count, known = 0, clients = 0;
    double *sum = calloc(n, sizeof *sum), *count = calloc(n, sizeof *count);
    if (sum == NULL || count == NULL) {
        free(sum);
        free(count);
        return error_set(err, ERROR_INTERNAL, "no memory for the effects of %zu clients", n);
    }
    double squares = 0, total = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct lean_row *row = &rows->rows[i];
        double score = marginal_score(marginal_of(set, row->stratum), row->value);
        if (isnan(score))
            continue;
        sum[row->client] += score;
        count[row->client]++;
        squares += score * score;
        total += score;
        known++;
    }
    double between = 0, sizes = 0, means = 0, mean_squares = 0;
    for (size_t c = 0; c < n; c++) {
        if (count[c] == 0)
            continue;
        double mean = sum[c] / count[c];
        between += sum[c] * mean;
        sizes += count[c] * count[c];
        means += mean;
        mean_squares += mean * mean;
        clients++;
    }
    double loading = 0, reliability = 1, deviation = 1;
    if (clients >= 50 && known > clients) {
        double rows_known = (double)known, groups = (double)clients, grand = total * total / rows_known;
        double information = (squares - grand) / rows_known;
        double within = (squares - between) / (rows_known - groups);
        double typical = (rows_known - sizes / rows_known) / (groups - 1);
        double component = ((between - grand) / (groups - 1) - within) / typical;
        double variance = mean_squares / groups - (means / groups) * (means / groups);
        double squared = latent_correlation(&set->pooled, component);
        loading = sqrt(squared);
        reliability = variance > 0 ? information * information * squared / variance : 1;
        deviation = variance > 0 ? sqrt(variance) : 1;
    } else if (clients >= 50) { /* one row a client: it shows the effect itself */
        loading = sqrt(MOST_ALIKE);
    }
    out->loading[effect] = loading;
    fit->reliability[effect] = fmin(1, fmax(0.2, reliability));
    for (size_t c = 0; c < n; c++)
        if (count[c] > 0)
            fit->values[c * FIELD_COUNT + FIELD_FIRST_EFFECT + effect] =
                (sum[c] / count[c] - means / (double)clients) / deviation;
    free(sum);
    free(count);
    return 0;
}

/* A client of whom no table knows anything has an unknown history, not an empty one. */
static void forget_unseen(struct history_fit *fit)
{
    for (size_t c = 0; c < fit->client_count; c++) {
        double *values = fit->values + c * FIELD_COUNT;
        for (size_t i = FIELD_HISTORY; !fit->seen[c] && i < FIELD_COUNT; i++)
            values[i] = NAN;
        if (values[FIELD_OF_BUREAU_COUNT] == 0)
            values[FIELD_OF_BUREAU_REPORTED] = NAN;
    }
}

int history_fit(struct portfolio_history *out, struct history_fit *fit, const char *folder, struct error *err)
{
    *out = (struct portfolio_history){0};
    fit->seen = calloc(fit->client_count, 1);
    if (fit->seen == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu clients", fit->client_count);
    for (size_t c = 0; c < fit->client_count; c++)
        for (size_t i = FIELD_HISTORY; i < FIELD_FIRST_EFFECT; i++)
            fit->values[c * FIELD_COUNT + i] = 0;
    if (history_fit_bureau(fit, folder, err) < 0 || history_fit_previous(fit, folder, err) < 0 ||
        history_fit_loans(fit, folder, err) < 0 || history_fit_cards(fit, folder, err) < 0)
        return -1;
    forget_unseen(fit);
    for (size_t q = 0; q < HISTORY_COUNT; q++)
        if (marginal_set_fit(&out->sets[q], &fit->samples[q], HISTORY[q].strata, FEWEST_ROWS, false,
                             HISTORY[q].fineness, err) < 0)
            return -1;
    for (size_t effect = 0; effect < HISTORY_EFFECTS; effect++)
        if (measure_effect(out, fit, effect, err) < 0)
            return -1;
    return 0;
}

void history_fit_free(struct history_fit *fit)
{
    for (size_t q = 0; q < HISTORY_COUNT; q++)
        sample_free(&fit->samples[q]);
    for (size_t e = 0; e < HISTORY_EFFECTS; e++)
        free(fit->leans[e].rows);
    free(fit->loans);
    id_map_free(&fit->loan_ids);
    free(fit->seen);
}
