#include "notebooks-port/interpret/clients.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "shared/model/decision.h"
#include "shared/model/reasons.h"

enum { REASONS = 4, BARS = 12, VALUE_BYTES = 128, LABEL_BYTES = 256 };

size_t clients_nearest(const struct explained *sample, double probability)
{
    size_t best = 0;
    for (size_t i = 1; i < sample->count; i++)
        if (fabs(sample->scores[i].probability - probability) <
            fabs(sample->scores[best].probability - probability))
            best = i;
    return best;
}

static int compare_sizes(const void *a, const void *b, void *context)
{
    const double *contributions = context;
    double x = fabs(contributions[*(const size_t *)a]), y = fabs(contributions[*(const size_t *)b]);
    return (x < y) - (x > y);
}

static void show_contributions(struct report *report, const struct explained *sample, size_t client,
                               enum language language)
{
    double *contributions = sample->contributions + client * FEATURE_COUNT;
    size_t order[FEATURE_COUNT];
    char texts[BARS][LABEL_BYTES];
    const char *labels[BARS];
    double points[BARS];
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        order[i] = i;
    qsort_r(order, FEATURE_COUNT, sizeof *order, compare_sizes, contributions);
    for (size_t i = 0; i < BARS; i++) {
        char value[VALUE_BYTES];
        catalogue_format(value, sizeof value, order[i], (double)explained_vector(sample, client)[order[i]],
                         language);
        snprintf(texts[i], sizeof texts[i], language == LANGUAGE_FR ? "%s\u00a0: %s" : "%s: %s",
                 catalogue_feature(order[i])->label[language], value);
        labels[i] = texts[i];
        points[i] = decision_contribution_points(contributions[order[i]]);
    }
    const struct chart_series series = {"points", points, PAINT_PLAIN};
    report_chart(report, "contributions",
                 &(struct chart){.kind = CHART_DIVERGING,
                                 .labels = labels,
                                 .count = BARS,
                                 .series = &series,
                                 .series_count = 1,
                                 .decimals = 1,
                                 .is_signed = true,
                                 .mark = NAN,
                                 .highlight = -1});
}

static void show_reasons(struct report *report, const struct explained *sample, size_t client,
                         enum language language)
{
    static const struct report_column columns[] = {
        {"side", REPORT_TEXT, 0}, {"fact", REPORT_TEXT, 0}, {"points", REPORT_SIGNED, 0}};
    json_t *rows = json_array();
    for (int against = 1; against >= 0; against--) {
        struct reason reasons[REASONS];
        size_t found = reasons_find(reasons, REASONS, sample->model, explained_vector(sample, client),
                                    sample->contributions + client * FEATURE_COUNT, against, language);
        for (size_t i = 0; i < found; i++)
            json_array_append_new(
                rows, json_pack("[s, s, f]", report_text(report, against ? "against" : "in_favour"),
                                reasons[i].fact, decision_contribution_points(reasons[i].contribution)));
    }
    report_table(report, "reasons", columns, sizeof columns / sizeof *columns, rows);
}

void clients_report(struct report *report, const struct explained *sample, enum language language)
{
    double threshold = model_threshold(sample->model);
    const struct {
        const char *section;
        double probability;
    } wanted[] = {{"granted", threshold / 4}, {"borderline", threshold}, {"refused", threshold * 3}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        size_t client = clients_nearest(sample, wanted[i].probability);
        const struct score *score = &sample->scores[client];
        report_section(report, wanted[i].section);
        report_figure(report, "probability", score->probability, REPORT_PERCENT, 1);
        report_figure(report, "threshold", threshold, REPORT_PERCENT, 1);
        report_figure(report, "score", score->points, REPORT_COUNT, 0);
        report_say(report, score->refused ? "is_refused" : "is_granted", NULL);
        show_reasons(report, sample, client, language);
        show_contributions(report, sample, client, language);
    }
}
