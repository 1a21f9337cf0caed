/* The features that matter most and, for each, how it moves the scores of a sample of the clients: what a
 * beeswarm shows.
 *
 * Nobody can be found in it: it keeps dependence.c's rules (bins for values, rounded contributions, nothing
 * where fewer than SAMPLE_LEAST_ALIKE clients are alike), and the points of each feature come in an order of
 * their own, so that those of one client cannot be put together. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/resources/lasting.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

enum { SUMMARY_FEATURES = 30, SUMMARY_USUAL = 12, DETAIL = 32 };

struct dot {
    double contribution;
    double rank; /* NaN: missing, or without order */
};

/* Lower contributions first, then lower ranks, then those without. */
static int compare_dots(const void *a, const void *b)
{
    const struct dot *left = a, *right = b;
    if (left->contribution != right->contribution)
        return left->contribution < right->contribution ? -1 : 1;
    double low = isnan(left->rank) ? 2 : left->rank, high = isnan(right->rank) ? 2 : right->rank;
    return (low > high) - (low < high);
}

/* What the dots tell of the values that lie in one bin. */
struct cell {
    size_t alike; /* clients of the population */
    double rank;
};

static size_t clients_of_bin(const struct distribution *distribution, size_t bin)
{
    size_t clients = 0;
    for (size_t class = 0; class < CLASS_COUNT; class ++)
        clients += distribution->counts[class][bin];
    return clients;
}

/* A cell a bin, and one more for missing values. The rank of a number is the middle of its bin among the
 * known values; of a flag the answer itself; categories have none. */
static void read_cells(struct cell cells[DISTRIBUTION_BINS + 1], const struct distribution *distribution,
                       size_t feature)
{
    double below = 0, known = (double)distribution->known;
    for (size_t bin = 0; bin < distribution->bins; bin++) {
        size_t alike = clients_of_bin(distribution, bin);
        double rank = (below + 0.5 * (double)alike) / known;
        if (distribution->categorical)
            rank = catalogue_feature(feature)->unit == UNIT_FLAG ? (double)bin : (double)NAN;
        cells[bin] = (struct cell){alike, rank};
        below += (double)alike;
    }
    cells[DISTRIBUTION_BINS] = (struct cell){distribution->missing, NAN};
}

static size_t read_dots(struct dot dots[SAMPLE_CLIENTS], const struct sample *sample,
                        const struct population *population, size_t feature)
{
    struct cell cells[DISTRIBUTION_BINS + 1];
    const struct distribution *distribution = population_distribution(population, feature);
    size_t count = 0;
    read_cells(cells, distribution, feature);
    for (size_t i = 0; i < sample->count; i++) {
        int bin = distribution_bin(distribution, population_value(population, feature, sample->rows[i]));
        const struct cell *cell = &cells[bin < 0 ? DISTRIBUTION_BINS : bin];
        if (cell->alike >= SAMPLE_LEAST_ALIKE)
            dots[count++] = (struct dot){sample_contribution(sample, i, feature), cell->rank};
    }
    qsort(dots, count, sizeof *dots, compare_dots);
    return count;
}

/* The ends of the histogram; null for categories and where nothing is known. */
static json_t *render_range(const struct distribution *distribution)
{
    if (distribution->categorical || distribution->bins == 0)
        return json_null();
    return json_pack("[f, f]", distribution->edges[0], distribution->edges[distribution->bins]);
}

static json_t *render_dots(const struct sample *sample, const struct population *population, size_t feature,
                           enum language language)
{
    struct dot dots[SAMPLE_CLIENTS];
    size_t count = read_dots(dots, sample, population, feature);
    json_t *contributions = json_array(), *ranks = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(contributions, json_real(dots[i].contribution));
        json_array_append_new(ranks, render_number(nearbyint(dots[i].rank * 1000) / 1000));
    }
    json_t *entry = render_feature(feature, language);
    json_object_set_new(entry, "range", render_range(population_distribution(population, feature)));
    json_object_set_new(entry, "withheld", json_integer((json_int_t)(sample->count - count)));
    json_object_set_new(entry, "contributions", contributions);
    json_object_set_new(entry, "ranks", ranks);
    return entry;
}

/* How many features; 0 after answering 422. */
static size_t read_top(struct http_exchange *exchange)
{
    static const char *const known[] = {"top", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    size_t top = request_number(exchange, "top", 1, SUMMARY_FEATURES, SUMMARY_USUAL, problems);
    return request_is_fine(exchange, problems) ? top : 0;
}

void model_summary_get(struct http_exchange *exchange)
{
    char detail[DETAIL];
    size_t top = read_top(exchange);
    const struct population *population = top ? request_population(exchange) : NULL;
    snprintf(detail, sizeof detail, "%zu", top);
    if (!population || lasting_repeat(exchange, detail))
        return;
    const struct model *model = request_model(exchange);
    const struct sample *sample = NULL;
    struct error err = {0};
    if (snapshot_sample(request_snapshot(exchange), &sample, &err)) {
        problem_answer_error(exchange, &err);
        return;
    }
    json_t *list = json_array();
    const uint16_t *leading = population_by_importance(population);
    for (size_t i = 0; i < top && i < model_feature_count(model); i++)
        json_array_append_new(list, render_dots(sample, population, leading[i], exchange->language));
    json_t *answer = json_pack("{s:o, s:I, s:o}", "model", render_model(model), "sampled",
                               (json_int_t)sample->count, "features", list);
    render_language(exchange);
    lasting_answer(exchange, detail, answer);
    json_decref(answer);
}
