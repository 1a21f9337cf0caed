#include "notebooks-port/interpret/dependence.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/interpret/interactions.h"
#include "shared/model/decision.h"
#include "shared/view/swarm.h"

enum {
    SHOWN_CLIENTS = 1500,
    TENTHS = 10,
    LEVELS = CHART_ROWS,
    MOST_LEVELS = 64, /* of a category; the longest list has 58 */
    NAME_BYTES = 128,
    VALUE_BYTES = 128
};
static const double JITTER = 0.3;

int dependence_parse(struct dependence out[DEPENDENCES], size_t *count, const char *list, struct error *err)
{
    *count = 0;
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        char name[NAME_BYTES];
        if (*count == DEPENDENCES)
            return error_set(err, ERROR_LIMIT, "--dependence: at most %d features", DEPENDENCES);
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        char *colour = strchr(name, ':');
        if (colour)
            *colour++ = '\0';
        int feature = catalogue_find(name);
        int other = colour ? catalogue_find(colour) : DEPENDENCE_PARTNER;
        if (feature < 0 || (colour && other < 0))
            return error_set(err, ERROR_INVALID,
                             "--dependence: there is no feature \"%s\"; the section \"glossary\" of the "
                             "report lists them",
                             feature < 0 ? name : colour);
        out[(*count)++] = (struct dependence){(size_t)feature, other};
        at += length + (at[length] == ',');
    }
    if (*count == 0)
        return error_set(err, ERROR_INVALID, "--dependence: at least one feature is needed");
    return 0;
}

/* ---- Charts ---- */

/* The last level of a flag or category that somebody of the sample has. */
static double last_level(const struct explained *sample, size_t feature)
{
    double last = 1;
    for (size_t i = 0; i < sample->count; i++)
        last = fmax(last, explained_value(sample, i, feature));
    return last;
}

/* A flag or category has no order for ranks: its level colours, from the first to the last. */
static int measure_tones(double *out, const struct explained *sample, size_t feature, struct error *err)
{
    if (explained_is_ordered(feature))
        return explained_ranks(out, sample, feature, err);
    double last = last_level(sample, feature);
    for (size_t i = 0; i < sample->count; i++)
        out[i] = explained_value(sample, i, feature) / last;
    return 0;
}

/* The two ends of the colour in words. */
static void name_tones(struct point_chart *chart, char words[2][VALUE_BYTES], struct report *report,
                       const struct explained *sample, size_t feature, enum language language)
{
    chart->tone_low = report_text(report, "low");
    chart->tone_high = report_text(report, "high");
    if (explained_is_ordered(feature))
        return;
    catalogue_format(words[0], VALUE_BYTES, feature, 0, language);
    catalogue_format(words[1], VALUE_BYTES, feature, last_level(sample, feature), language);
    chart->tone_low = words[0];
    chart->tone_high = words[1];
}

struct cloud {
    double *x, *y, *tone; /* of `count` points */
    size_t count;
};

static int cloud_new(struct cloud *out, const struct explained *sample, size_t colour, struct error *err)
{
    size_t shown = sample->count < SHOWN_CLIENTS ? sample->count : SHOWN_CLIENTS;
    *out = (struct cloud){.x = malloc(shown * sizeof *out->x),
                          .y = malloc(shown * sizeof *out->y),
                          .tone = malloc(sample->count * sizeof *out->tone),
                          .count = shown};
    if (!out->x || !out->y || !out->tone)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    return measure_tones(out->tone, sample, colour, err);
}

static void cloud_free(struct cloud *cloud)
{
    free(cloud->x);
    free(cloud->y);
    free(cloud->tone);
}

static void show_number(struct report *report, const struct point_chart *words, struct cloud *cloud,
                        const struct explained *sample, size_t feature, enum language language)
{
    struct point_chart chart = *words;
    char axis[EXPLAINED_LABEL];
    size_t points = 0;
    double least = INFINITY;
    for (size_t i = 0; i < cloud->count; i++) {
        double value = explained_value(sample, i, feature);
        if (isnan(value))
            continue;
        cloud->x[points] = value;
        cloud->y[points] = sample->contributions[i * FEATURE_COUNT + feature];
        cloud->tone[points++] = cloud->tone[i];
        least = fmin(least, value);
    }
    explained_axis(axis, sample, feature, language, report_text(report, "years"));
    chart.x_axis = axis;
    chart.y_axis = report_text(report, "contribution");
    chart.x = cloud->x;
    chart.y = cloud->y;
    chart.tone = cloud->tone;
    chart.count = points;
    chart.x_logarithmic = catalogue_feature(feature)->unit == UNIT_MONEY && least > 0;
    report_points(report, catalogue_feature(feature)->name, &chart);
}

/* A row of points for each level that somebody of the sample has. */
static void show_levels(struct report *report, const struct point_chart *words, struct cloud *cloud,
                        const struct explained *sample, size_t feature, enum language language)
{
    struct point_chart chart = *words;
    char texts[LEVELS][VALUE_BYTES];
    const char *rows[LEVELS];
    int row_of_level[MOST_LEVELS];
    size_t row_count = 0, points = 0;
    for (size_t level = 0; level < MOST_LEVELS; level++)
        row_of_level[level] = -1;
    for (size_t i = 0; i < cloud->count; i++) {
        double value = explained_value(sample, i, feature);
        size_t level = isnan(value) ? MOST_LEVELS : (size_t)value;
        if (level >= MOST_LEVELS)
            continue;
        if (row_of_level[level] < 0 && row_count < LEVELS) {
            catalogue_format(texts[row_count], VALUE_BYTES, feature, value, language);
            rows[row_count] = texts[row_count];
            row_of_level[level] = (int)row_count++;
        }
        if (row_of_level[level] < 0)
            continue;
        cloud->x[points] = sample->contributions[i * FEATURE_COUNT + feature];
        cloud->y[points] = row_of_level[level] + 2 * JITTER * swarm_place(i);
        cloud->tone[points++] = cloud->tone[i];
    }
    chart.x_axis = report_text(report, "contribution");
    chart.x = cloud->x;
    chart.y = cloud->y;
    chart.tone = cloud->tone;
    chart.count = points;
    chart.rows = rows;
    chart.row_count = row_count;
    report_points(report, catalogue_feature(feature)->name, &chart);
}

static int show(struct report *report, size_t feature, size_t colour, const struct explained *sample,
                enum language language, struct error *err)
{
    char description[2 * EXPLAINED_LABEL];
    char words[2][VALUE_BYTES];
    struct cloud cloud = {0};
    struct point_chart chart = {.title = catalogue_feature(feature)->label[language],
                                .tone_label = catalogue_feature(colour)->label[language]};
    int status = cloud_new(&cloud, sample, colour, err);
    if (status == 0) {
        snprintf(description, sizeof description, "%s %s.", report_text(report, "coloured"),
                 chart.tone_label);
        chart.description = description;
        name_tones(&chart, words, report, sample, colour, language);
        (explained_is_ordered(feature) ? show_number : show_levels)(report, &chart, &cloud, sample, feature,
                                                                    language);
    }
    cloud_free(&cloud);
    return status;
}

/* ---- The same as figures ---- */

struct pull {
    double value, contribution;
};

static int compare_pulls(const void *a, const void *b)
{
    double x = ((const struct pull *)a)->value, y = ((const struct pull *)b)->value;
    return (x > y) - (x < y);
}

static void add_row(json_t *rows, size_t feature, const char *range, const struct pull *pulls, size_t count,
                    enum language language)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += pulls[i].contribution;
    double mean = sum / (double)count;
    json_array_append_new(rows,
                          json_pack("[s, s, I, f, f]", catalogue_feature(feature)->label[language], range,
                                    (json_int_t)count, mean, decision_contribution_points(mean)));
}

/* The end of a tenth, moved up so that equal values stay together. */
static size_t end_of_tenth(const struct pull *pulls, size_t count, size_t tenth)
{
    size_t end = count * (tenth + 1) / TENTHS;
    while (end > 0 && end < count && pulls[end].value == pulls[end - 1].value)
        end++;
    return end;
}

static void list_known(json_t *rows, size_t feature, const struct explained *sample, struct pull *pulls,
                       size_t count, enum language language)
{
    /* catalogue_format reads days as the data have them. */
    double sign = explained_in_years(sample, feature) ? -365.25 : 1;
    qsort(pulls, count, sizeof *pulls, compare_pulls);
    for (size_t from = 0, to = 0, tenth = 0; from < count; from = to, tenth++) {
        char low[VALUE_BYTES], high[VALUE_BYTES], range[2 * VALUE_BYTES + 8];
        if (explained_is_ordered(feature))
            while ((to = end_of_tenth(pulls, count, tenth)) <= from)
                tenth++;
        else
            for (to = from + 1; to < count && pulls[to].value == pulls[from].value; to++)
                ;
        catalogue_format(low, sizeof low, feature, sign * pulls[from].value, language);
        catalogue_format(high, sizeof high, feature, sign * pulls[to - 1].value, language);
        if (strcmp(low, high) == 0)
            snprintf(range, sizeof range, "%s", low);
        else
            snprintf(range, sizeof range, "%s – %s", low, high);
        add_row(rows, feature, range, pulls + from, to - from, language);
    }
}

static int list(json_t *rows, struct report *report, size_t feature, const struct explained *sample,
                enum language language, struct error *err)
{
    struct pull *pulls = malloc(sample->count * sizeof *pulls);
    if (!pulls)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    size_t known = 0, last = sample->count;
    for (size_t i = 0; i < sample->count; i++) {
        struct pull pull = {explained_value(sample, i, feature),
                            sample->contributions[i * FEATURE_COUNT + feature]};
        pulls[isnan(pull.value) ? --last : known++] = pull;
    }
    list_known(rows, feature, sample, pulls, known, language);
    if (last < sample->count)
        add_row(rows, feature, report_text(report, "missing"), pulls + last, sample->count - last, language);
    free(pulls);
    return 0;
}

int dependence_report(struct report *report, const struct dependence *dependences, size_t count,
                      const struct importance *importance, const struct explained *sample,
                      enum language language, struct error *err)
{
    static const struct report_column columns[] = {{"label", REPORT_TEXT, 0},
                                                   {"range", REPORT_TEXT, 0},
                                                   {"clients", REPORT_COUNT, 0},
                                                   {"mean", REPORT_SIGNED, 3},
                                                   {"points", REPORT_SIGNED, 1}};
    json_t *rows = json_array();
    int status = 0;
    report_section(report, "dependence");
    for (size_t i = 0; status == 0 && i < count; i++) {
        size_t colour = (size_t)dependences[i].colour;
        if (dependences[i].colour == DEPENDENCE_PARTNER)
            status = interactions_partner(&colour, sample, importance, dependences[i].feature, err);
        if (status == 0)
            status = show(report, dependences[i].feature, colour, sample, language, err);
        if (status == 0)
            status = list(rows, report, dependences[i].feature, sample, language, err);
    }
    report_fold(report, "figures");
    report_table(report, "tenths", columns, sizeof columns / sizeof *columns, rows);
    return status;
}
