#include "notebooks-port/interpret/interactions.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/progress.h"
#include "shared/model/decision.h"

enum {
    LEADING = 12,
    PAIRS = LEADING * (LEADING - 1) / 2,
    CLIENTS = 1000,
    PARTNER_CLIENTS = 200,
    CHUNK = 64, /* clients between two looks at the clock */
    LISTED = 20,
    DRAWN = 3,
    KEY_BYTES = 160
};

struct pair {
    size_t first, second; /* the first is the heavier one */
    double mean;          /* |joint effect| */
    size_t column;        /* of the measured effects */
};

int interactions_measure(double *out, const struct explained *sample, size_t clients,
                         const size_t (*pairs)[2], size_t count, const char *label, struct error *err)
{
    float *vectors = malloc(CHUNK * FEATURE_COUNT * sizeof *vectors);
    int status = vectors ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    struct progress progress = progress_start(label, clients);
    for (size_t from = 0; status == 0 && from < clients; from += CHUNK) {
        size_t chunk = clients - from < CHUNK ? clients - from : CHUNK;
        for (size_t i = 0; i < chunk; i++)
            memcpy(vectors + i * FEATURE_COUNT, explained_vector(sample, from + i),
                   FEATURE_COUNT * sizeof *vectors);
        status = model_interactions(sample->model, vectors, chunk, pairs, count,
                                    (unsigned)omp_get_max_threads(), out + from * count, err);
        progress_update(&progress, from + chunk);
    }
    progress_end(&progress, clients);
    for (size_t i = 0; status == 0 && i < clients * count; i++)
        out[i] *= 2;
    free(vectors);
    return status;
}

static double mean_size(const double *effects, size_t clients, size_t count, size_t column)
{
    double sum = 0;
    for (size_t i = 0; i < clients; i++)
        sum += fabs(effects[i * count + column]);
    return sum / (double)clients;
}

int interactions_partner(size_t *out, const struct explained *sample, const struct importance *importance,
                         size_t feature, struct error *err)
{
    size_t clients = sample->count < PARTNER_CLIENTS ? sample->count : PARTNER_CLIENTS;
    size_t pairs[LEADING][2];
    size_t count = 0;
    for (size_t i = 0; i < LEADING; i++) {
        size_t other = importance->ranked[i].feature;
        if (other == feature)
            continue;
        pairs[count][0] = feature;
        pairs[count++][1] = other;
    }
    double *effects = malloc(clients * count * sizeof *effects);
    int status =
        effects ? interactions_measure(effects, sample, clients, pairs, count, "finding the partner", err)
                : error_set(err, ERROR_INTERNAL, "out of memory");
    double most = -1;
    for (size_t i = 0; status == 0 && i < count; i++) {
        double mean = mean_size(effects, clients, count, i);
        if (mean > most) {
            most = mean;
            *out = pairs[i][1];
        }
    }
    free(effects);
    return status;
}

/* ---- The section ---- */

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->mean != y->mean)
        return x->mean < y->mean ? 1 : -1;
    return (x->column > y->column) - (x->column < y->column);
}

static void show_map(struct report *report, const struct importance *importance, const struct pair *pairs,
                     enum language language)
{
    const char *labels[LEADING];
    double values[LEADING * LEADING];
    for (size_t i = 0; i < LEADING; i++) {
        labels[i] = catalogue_feature(importance->ranked[i].feature)->label[language];
        values[i * LEADING + i] = NAN;
    }
    double most = 0;
    for (size_t p = 0; p < PAIRS; p++) {
        size_t i = 0, j = 0;
        while (importance->ranked[i].feature != pairs[p].first)
            i++;
        while (importance->ranked[j].feature != pairs[p].second)
            j++;
        values[i * LEADING + j] = values[j * LEADING + i] = pairs[p].mean;
        most = fmax(most, pairs[p].mean);
    }
    report_heatmap(report, "map",
                   &(struct heatmap){.rows = labels,
                                     .columns = labels,
                                     .row_count = LEADING,
                                     .column_count = LEADING,
                                     .values = values,
                                     .low = 0,
                                     .high = most,
                                     .decimals = 3});
}

static void show_list(struct report *report, const struct pair *pairs, enum language language)
{
    static const struct report_column columns[] = {{"first", REPORT_TEXT, 0},
                                                   {"second", REPORT_TEXT, 0},
                                                   {"mean", REPORT_NUMBER, 4},
                                                   {"points", REPORT_NUMBER, 2}};
    json_t *rows = json_array();
    for (size_t i = 0; i < LISTED; i++)
        json_array_append_new(rows,
                              json_pack("[s, s, f, f]", catalogue_feature(pairs[i].first)->label[language],
                                        catalogue_feature(pairs[i].second)->label[language], pairs[i].mean,
                                        fabs(decision_contribution_points(pairs[i].mean))));
    report_table(report, "pairs", columns, sizeof columns / sizeof *columns, rows);
}

static int show_pair(struct report *report, const struct pair *pair, const double *effects, size_t clients,
                     const struct explained *sample, enum language language, struct error *err)
{
    size_t along = pair->first, colour = pair->second;
    double *x = malloc(2 * clients * sizeof *x);
    double *tone = malloc(sample->count * sizeof *tone);
    int status = x && tone ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = explained_ranks(tone, sample, colour, err);
    size_t points = 0;
    double *y = x ? x + clients : NULL;
    for (size_t i = 0; status == 0 && i < clients; i++) {
        double value = explained_value(sample, i, along);
        if (isnan(value))
            continue;
        x[points] = value;
        y[points] = effects[i * PAIRS + pair->column];
        tone[points++] = tone[i];
    }
    if (status == 0) {
        const char *first = catalogue_feature(along)->label[language];
        const char *second = catalogue_feature(colour)->label[language];
        char title[2 * EXPLAINED_LABEL], axis[EXPLAINED_LABEL], key[KEY_BYTES];
        snprintf(title, sizeof title, "%s × %s", first, second);
        snprintf(key, sizeof key, "%s × %s", catalogue_feature(along)->name, catalogue_feature(colour)->name);
        explained_axis(axis, sample, along, language, report_text(report, "years"));
        report_points(report, key,
                      &(struct point_chart){.title = title,
                                            .description = report_text(report, "joint"),
                                            .x_axis = axis,
                                            .y_axis = report_text(report, "effect"),
                                            .x = x,
                                            .y = y,
                                            .tone = tone,
                                            .count = points,
                                            .tone_label = second,
                                            .tone_low = report_text(report, "low"),
                                            .tone_high = report_text(report, "high")});
    }
    free(x);
    free(tone);
    return status;
}

int interactions_report(struct report *report, const struct importance *importance,
                        const struct explained *sample, enum language language, struct error *err)
{
    size_t clients = sample->count < CLIENTS ? sample->count : CLIENTS;
    size_t ids[PAIRS][2];
    struct pair pairs[PAIRS];
    size_t count = 0;
    for (size_t i = 0; i < LEADING; i++)
        for (size_t j = i + 1; j < LEADING; j++, count++) {
            ids[count][0] = importance->ranked[i].feature;
            ids[count][1] = importance->ranked[j].feature;
        }
    double *effects = malloc(clients * PAIRS * sizeof *effects);
    int status = effects ? interactions_measure(effects, sample, clients, ids, PAIRS, "interactions", err)
                         : error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t p = 0; status == 0 && p < PAIRS; p++)
        pairs[p] = (struct pair){ids[p][0], ids[p][1], mean_size(effects, clients, PAIRS, p), p};
    if (status == 0) {
        qsort(pairs, PAIRS, sizeof *pairs, compare_pairs);
        report_section(report, "interactions");
        report_figure(report, "clients", (double)clients, REPORT_COUNT, 0);
        show_map(report, importance, pairs, language);
        show_list(report, pairs, language);
    }
    /* An axis and a colour need an order. */
    size_t drawn = 0;
    for (size_t i = 0; status == 0 && i < PAIRS && drawn < DRAWN; i++) {
        if (!explained_is_ordered(pairs[i].first) || !explained_is_ordered(pairs[i].second))
            continue;
        status = show_pair(report, &pairs[i], effects, clients, sample, language, err);
        drawn++;
    }
    free(effects);
    return status;
}
