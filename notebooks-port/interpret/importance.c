#include "notebooks-port/interpret/importance.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "shared/view/swarm.h"

enum {
    BARS = 20,
    SWARM_ROWS = 15,
    SWARM_CLIENTS = 400 /* SWARM_ROWS times this is what one chart may hold */
};
_Static_assert((int)SWARM_ROWS *SWARM_CLIENTS <= (int)CHART_DOTS, "a beeswarm fits into a chart");
static const double NO_DIRECTION = 0.3;

static int compare_influences(const void *a, const void *b)
{
    const struct influence *x = a, *y = b;
    if (x->importance != y->importance)
        return x->importance < y->importance ? 1 : -1;
    return (x->feature > y->feature) - (x->feature < y->feature);
}

static double direction_of(const struct explained *sample, size_t feature, double *values, double *pulls)
{
    size_t known = 0;
    for (size_t i = 0; i < sample->count; i++) {
        double value = explained_value(sample, i, feature);
        if (isnan(value))
            continue;
        values[known] = value;
        pulls[known++] = sample->contributions[i * FEATURE_COUNT + feature];
    }
    if (catalogue_feature(feature)->unit == UNIT_CATEGORY || known < 3)
        return NAN;
    double correlation = gsl_stats_correlation(values, 1, pulls, 1, known);
    return isfinite(correlation) ? correlation : (double)NAN;
}

int importance_measure(struct importance *out, const struct explained *sample, struct error *err)
{
    *out = (struct importance){0};
    double *values = malloc(sample->count * sizeof *values);
    double *pulls = malloc(sample->count * sizeof *pulls);
    int status = values && pulls ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t feature = 0; status == 0 && feature < FEATURE_COUNT; feature++) {
        double sum = 0;
        for (size_t i = 0; i < sample->count; i++)
            sum += fabs(sample->contributions[i * FEATURE_COUNT + feature]);
        double mean = sum / (double)sample->count;
        out->ranked[feature] =
            (struct influence){feature, mean, direction_of(sample, feature, values, pulls)};
        out->themes[catalogue_feature(feature)->theme] += mean;
    }
    free(values);
    free(pulls);
    qsort(out->ranked, FEATURE_COUNT, sizeof *out->ranked, compare_influences);
    return status;
}

/* ---- The section "importance" ---- */

static const char *direction_text(struct report *report, double direction)
{
    return report_text(report, isnan(direction)                 ? "depends"
                               : fabs(direction) < NO_DIRECTION ? "mixed"
                               : direction > 0                  ? "raises"
                                                                : "lowers");
}

static void show_bars(struct report *report, const struct importance *importance, enum language language)
{
    const char *labels[BARS];
    double values[BARS];
    for (size_t i = 0; i < BARS; i++) {
        labels[i] = catalogue_feature(importance->ranked[i].feature)->label[language];
        values[i] = importance->ranked[i].importance;
    }
    const struct chart_series series = {"weight", values, PAINT_PLAIN};
    report_chart(report, "leading",
                 &(struct chart){.kind = CHART_CATEGORIES,
                                 .labels = labels,
                                 .count = BARS,
                                 .series = &series,
                                 .series_count = 1,
                                 .decimals = 3,
                                 .mark = NAN,
                                 .highlight = -1});
}

static int compare_themes(const void *a, const void *b, void *context)
{
    const double *weights = context;
    double x = weights[*(const size_t *)a], y = weights[*(const size_t *)b];
    return (x < y) - (x > y);
}

static void show_themes(struct report *report, const struct importance *importance, enum language language)
{
    double weights[THEME_COUNT], values[THEME_COUNT];
    size_t order[THEME_COUNT];
    const char *labels[THEME_COUNT];
    for (size_t i = 0; i < THEME_COUNT; i++) {
        weights[i] = importance->themes[i];
        order[i] = i;
    }
    qsort_r(order, THEME_COUNT, sizeof *order, compare_themes, weights);
    for (size_t i = 0; i < THEME_COUNT; i++) {
        labels[i] = catalogue_theme_label((enum feature_theme)order[i], language);
        values[i] = weights[order[i]];
    }
    const struct chart_series series = {"weight", values, PAINT_PLAIN};
    report_chart(report, "themes",
                 &(struct chart){.kind = CHART_CATEGORIES,
                                 .labels = labels,
                                 .count = THEME_COUNT,
                                 .series = &series,
                                 .series_count = 1,
                                 .decimals = 3,
                                 .mark = NAN,
                                 .highlight = -1});
}

static void show_list(struct report *report, const struct importance *importance, enum language language)
{
    static const struct report_column columns[] = {
        {"label", REPORT_TEXT, 0},    {"name", REPORT_TEXT, 0},          {"theme", REPORT_TEXT, 0},
        {"weight", REPORT_NUMBER, 4}, {"correlation", REPORT_SIGNED, 2}, {"effect", REPORT_TEXT, 0}};
    json_t *rows = json_array();
    for (size_t i = 0; i < FEATURE_COUNT && importance->ranked[i].importance > 0; i++) {
        const struct influence *influence = &importance->ranked[i];
        const struct feature *feature = catalogue_feature(influence->feature);
        json_array_append_new(
            rows, json_pack("[s, s, s, f, o, s]", feature->label[language], feature->name,
                            catalogue_theme_label(feature->theme, language), influence->importance,
                            isnan(influence->direction) ? json_null() : json_real(influence->direction),
                            direction_text(report, influence->direction)));
    }
    report_fold(report, "all");
    report_table(report, "features", columns, sizeof columns / sizeof *columns, rows);
}

/* ---- The section "summary": one dot a client and feature ---- */

static int show_swarm(struct report *report, const struct importance *importance,
                      const struct explained *sample, enum language language, struct error *err)
{
    size_t clients = sample->count < SWARM_CLIENTS ? sample->count : SWARM_CLIENTS;
    double *x = malloc(3 * SWARM_ROWS * clients * sizeof *x);
    double *ranks = malloc(sample->count * sizeof *ranks);
    if (!x || !ranks) {
        free(x);
        free(ranks);
        return error_set(err, ERROR_INTERNAL, "out of memory");
    }
    double *y = x + SWARM_ROWS * clients;
    double *tone = y + SWARM_ROWS * clients;
    const char *labels[SWARM_ROWS];
    double low = INFINITY, high = -INFINITY;
    int status = 0;
    for (size_t row = 0; status == 0 && row < SWARM_ROWS; row++) {
        size_t feature = importance->ranked[row].feature;
        labels[row] = catalogue_feature(feature)->label[language];
        status = explained_ranks(ranks, sample, feature, err);
        for (size_t i = 0; status == 0 && i < clients; i++) {
            x[row * clients + i] = sample->contributions[i * FEATURE_COUNT + feature];
            tone[row * clients + i] = ranks[i];
            low = fmin(low, x[row * clients + i]);
            high = fmax(high, x[row * clients + i]);
        }
    }
    for (size_t row = 0; status == 0 && row < SWARM_ROWS; row++)
        swarm_spread(y + row * clients, x + row * clients, clients, (double)row, low, high);
    if (status == 0)
        report_points(report, "swarm",
                      &(struct point_chart){.x = x,
                                            .y = y,
                                            .tone = tone,
                                            .count = SWARM_ROWS * clients,
                                            .rows = labels,
                                            .row_count = SWARM_ROWS});
    free(x);
    free(ranks);
    return status;
}

int importance_report(struct report *report, const struct importance *importance,
                      const struct explained *sample, enum language language, struct error *err)
{
    report_section(report, "importance");
    show_bars(report, importance, language);
    show_themes(report, importance, language);
    show_list(report, importance, language);
    report_section(report, "summary");
    report_say(report, "reading", NULL);
    return show_swarm(report, importance, sample, language, err);
}
