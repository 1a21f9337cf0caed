/* How a feature's contribution to the score depends on its value, over a sample of the clients.
 *
 * Nobody can be found in the points: a value is told by the bin of the population's histogram that it lies in
 * (the colour's by its tenth), a contribution is rounded, points come in order of value, and where fewer than
 * SAMPLE_LEAST_ALIKE clients of the population share bin and colour, the point is left out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/lasting.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

enum { DETAIL = 32, CELLS = DISTRIBUTION_BINS + 1 /* for missing */ };

/* A feature as the points tell it. */
struct axis {
    int feature; /* -1: none */
    const struct distribution *distribution;
    const struct population *population;
    bool by_tenths;
};

static struct axis make_axis(const struct population *population, int feature, bool by_tenths)
{
    struct axis axis = {.feature = feature};
    if (feature >= 0) {
        axis.distribution = population_distribution(population, (size_t)feature);
        axis.population = population;
        axis.by_tenths = by_tenths && !axis.distribution->categorical;
    }
    return axis;
}

static size_t cell_of(const struct axis *axis, size_t row)
{
    if (axis->feature < 0)
        return 0;
    const float value = population_value(axis->population, (size_t)axis->feature, row);
    if (axis->by_tenths && !isnan(value))
        return (size_t)distribution_tenth(axis->distribution, value);
    int bin = distribution_bin(axis->distribution, (double)value);
    return bin < 0 ? DISTRIBUTION_BINS : (size_t)bin;
}

/* The middle of a cell, or its category. */
static json_t *render_cell(const struct axis *axis, size_t cell)
{
    const struct distribution *distribution = axis->distribution;
    if (axis->feature < 0 || cell == DISTRIBUTION_BINS)
        return json_null();
    if (distribution->categorical)
        return render_value((size_t)axis->feature, (float)cell);
    if (!axis->by_tenths)
        return json_real((distribution->edges[cell] + distribution->edges[cell + 1]) / 2);
    size_t low = cell > 0 ? cell - 1 : 0, high = cell < DISTRIBUTION_TENTHS ? cell : cell - 1;
    return render_float((distribution->tenths[low] + distribution->tenths[high]) / 2);
}

struct point {
    uint16_t cell, colour;
    double contribution;
};

static int compare_points(const void *a, const void *b)
{
    const struct point *left = a, *right = b;
    if (left->cell != right->cell)
        return left->cell < right->cell ? -1 : 1;
    if (left->contribution != right->contribution)
        return left->contribution < right->contribution ? -1 : 1;
    return (int)left->colour - (int)right->colour;
}

static json_t *render_points(const struct sample *sample, const struct population *population,
                             const struct axis *axis, const struct axis *colour)
{
    uint32_t alike[CELLS][CELLS];
    struct point points[SAMPLE_CLIENTS];
    size_t count = 0;
    json_t *list = json_array();
    memset(alike, 0, sizeof alike);
    for (size_t row = 0; row < population_count(population); row++)
        alike[cell_of(axis, row)][cell_of(colour, row)]++;
    for (size_t i = 0; i < sample->count; i++) {
        size_t cell = cell_of(axis, sample->rows[i]), shade = cell_of(colour, sample->rows[i]);
        if (alike[cell][shade] < SAMPLE_LEAST_ALIKE)
            continue;
        points[count++] = (struct point){(uint16_t)cell, (uint16_t)shade,
                                         sample_contribution(sample, i, (size_t)axis->feature)};
    }
    qsort(points, count, sizeof *points, compare_points);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:f}", "value", render_cell(axis, points[i].cell),
                                              "by", render_cell(colour, points[i].colour), "contribution",
                                              points[i].contribution));
    return list;
}

/* The feature of the colour, -1 for none; false after answering 422. */
static bool read_colour(struct http_exchange *exchange, int *colour)
{
    static const char *const known[] = {"by", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    const char *by = http_query(exchange, "by");
    *colour = by ? request_feature(by, "?by", "", problems) : -1;
    return request_is_fine(exchange, problems);
}

void model_dependence_get(struct http_exchange *exchange)
{
    int colour;
    int feature = request_path_feature(exchange);
    if (feature < 0 || !read_colour(exchange, &colour))
        return;
    const struct population *population = request_population(exchange);
    if (!population)
        return;
    const struct model *model = request_model(exchange);
    if (!model_uses(model, (size_t)feature)) {
        problem_answer(exchange, 404, "The model does not look at this feature.", NULL);
        return;
    }
    char detail[DETAIL];
    snprintf(detail, sizeof detail, "%d %d", feature, colour);
    if (lasting_repeat(exchange, detail))
        return;
    const struct sample *sample = NULL;
    struct error err = {0};
    if (snapshot_sample(request_snapshot(exchange), &sample, &err)) {
        problem_answer_error(exchange, &err);
        return;
    }
    const struct axis axis = make_axis(population, feature, false),
                      shade = make_axis(population, colour, true);
    json_t *points = render_points(sample, population, &axis, &shade);
    json_t *answer = json_pack("{s:o, s:o, s:o, s:I, s:I, s:o}", "model", render_model(model), "feature",
                               render_feature((size_t)feature, exchange->language), "by",
                               colour < 0 ? json_null() : render_feature((size_t)colour, exchange->language),
                               "sampled", (json_int_t)sample->count, "withheld",
                               (json_int_t)(sample->count - json_array_size(points)), "points", points);
    render_language(exchange);
    lasting_answer(exchange, detail, answer);
    json_decref(answer);
}
