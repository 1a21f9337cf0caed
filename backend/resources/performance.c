/* How the model did on clients it did not see, at every threshold, and what that costs. */
#include <math.h>
#include <string.h>

#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"
#include "shared/model/decision.h"
#include "shared/model/proportion.h"

enum { POINTS_LEAST = 2, POINTS_USUAL = 100, POINTS_MOST = 1000 };
static const double COST_LEAST = 0.01, COST_MOST = 1e9;

/* The artifact's counts (notebooks-port/ml/performance.h writes them). Borrowed. */
struct performance {
    double rows, defaults;
    const json_t *thresholds, *refused, *true_positives, *calibration;
    size_t count; /* cuts */
};

static bool find_performance(struct performance *out, const struct model *model)
{
    json_t *thresholds = NULL, *refused = NULL, *positives = NULL, *calibration = NULL;
    if (json_unpack(json_object_get(model_reference(model), "performance"), "{s:F, s:F, s:o, s:o, s:o, s:o}",
                    "rows", &out->rows, "defaults", &out->defaults, "thresholds", &thresholds, "refused",
                    &refused, "true_positives", &positives, "calibration", &calibration))
        return false;
    out->count = json_array_size(thresholds);
    out->thresholds = thresholds;
    out->refused = refused;
    out->true_positives = positives;
    out->calibration = calibration;
    return out->count > 0 && json_array_size(refused) == out->count &&
           json_array_size(positives) == out->count;
}

static double at(const json_t *list, size_t position)
{
    return json_number_value(json_array_get(list, position));
}

struct costs {
    double missed, refused;
};

/* What refusing from a cut on does; nobody is refused when `threshold` is above all cuts. */
struct choice {
    double threshold, refused, true_positives;
};

static struct choice choice_of(const struct performance *performance, size_t cut)
{
    return (struct choice){at(performance->thresholds, cut), at(performance->refused, cut),
                           at(performance->true_positives, cut)};
}

/* The cut that "probability >= threshold" makes among those there are. */
static struct choice find_choice(const struct performance *performance, double threshold)
{
    struct choice choice = {.threshold = threshold};
    for (size_t i = 0; i < performance->count && at(performance->thresholds, i) >= threshold; i++)
        choice = choice_of(performance, i);
    choice.threshold = threshold;
    return choice;
}

static double cost_of(const struct performance *performance, const struct choice *choice, struct costs costs)
{
    return (performance->defaults - choice->true_positives) * costs.missed +
           (choice->refused - choice->true_positives) * costs.refused;
}

/* The cheapest of the cuts and of refusing nobody, whose threshold is 1. */
static struct choice find_cheapest(const struct performance *performance, struct costs costs)
{
    struct choice best = {.threshold = 1};
    for (size_t i = 0; i < performance->count; i++) {
        struct choice choice = choice_of(performance, i);
        if (cost_of(performance, &choice, costs) <= cost_of(performance, &best, costs))
            best = choice;
    }
    return best;
}

static json_t *ratio(double part, double whole)
{
    return render_number(whole > 0 ? part / whole : NAN);
}

static json_t *render_choice(const struct performance *performance, const struct choice *choice,
                             struct costs costs)
{
    double missed = performance->defaults - choice->true_positives;
    double refused_good = choice->refused - choice->true_positives;
    double good = performance->rows - performance->defaults;
    double cost = cost_of(performance, choice, costs);
    return json_pack("{s:f, s:{s:I, s:I, s:I, s:I}, s:o, s:o, s:o, s:o, s:f, s:f, s:f}", "threshold",
                     choice->threshold, "confusion", "true_negatives", (json_int_t)(good - refused_good),
                     "false_positives", (json_int_t)refused_good, "false_negatives", (json_int_t)missed,
                     "true_positives", (json_int_t)choice->true_positives, "precision",
                     ratio(choice->true_positives, choice->refused), "recall",
                     ratio(choice->true_positives, performance->defaults), "false_positive_rate",
                     ratio(refused_good, good), "refused_share", ratio(choice->refused, performance->rows),
                     "cost", cost, "cost_per_client", cost / performance->rows, "savings",
                     performance->defaults * costs.missed - cost); /* against granting all */
}

/* Curves in one list: from refusing nobody to refusing all. */
static json_t *render_cuts(const struct performance *performance, struct costs costs, size_t points)
{
    json_t *list = json_array();
    double good = performance->rows - performance->defaults;
    size_t count = performance->count + 1 < points ? performance->count + 1 : points;
    for (size_t i = 0; i < count; i++) {
        size_t place = i * performance->count / (count - 1); /* 0: nobody; then the cuts */
        struct choice choice = {.threshold = 1};
        if (place > 0)
            choice = choice_of(performance, place - 1);
        json_array_append_new(
            list, json_pack("{s:f, s:o, s:o, s:o, s:o, s:f}", "threshold", choice.threshold, "refused_share",
                            ratio(choice.refused, performance->rows), "true_positive_rate",
                            ratio(choice.true_positives, performance->defaults), "false_positive_rate",
                            ratio(choice.refused - choice.true_positives, good), "precision",
                            ratio(choice.true_positives, choice.refused), "cost",
                            cost_of(performance, &choice, costs)));
    }
    return list;
}

static json_t *render_calibration(const struct performance *performance)
{
    json_t *list = json_array();
    const json_t *bin;
    size_t i;
    json_array_foreach(performance->calibration, i, bin)
    {
        double clients = json_number_value(json_object_get(bin, "clients")), low, high;
        double defaults = json_number_value(json_object_get(bin, "defaults"));
        proportion_interval(&low, &high, defaults, clients);
        json_array_append_new(list, json_pack("{s:I, s:I, s:O, s:o, s:o, s:o}", "clients",
                                              (json_int_t)clients, "defaults", (json_int_t)defaults,
                                              "probability", json_object_get(bin, "probability"),
                                              "default_rate", ratio(defaults, clients), "low",
                                              render_number(low), "high", render_number(high)));
    }
    return list;
}

/* The figures of model.json that do not depend on a threshold. */
static json_t *render_metrics(const struct model *model)
{
    static const char *const names[] = {"auc", "auc_low",           "auc_high", "gini",
                                        "ks",  "average_precision", "brier",    "log_loss"};
    const json_t *metrics = json_object_get(model_document(model), "metrics");
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *value = json_object_get(metrics, names[i]);
        json_object_set_new(out, names[i],
                            render_number(json_is_number(value) ? json_number_value(value) : NAN));
    }
    return out;
}

struct question {
    struct costs costs;
    size_t points;
};

static double trained_cost(const struct model *model, const char *name, double fallback)
{
    const json_t *threshold = json_object_get(model_document(model), "threshold");
    double value = json_number_value(json_object_get(threshold, name));
    return value >= COST_LEAST && value <= COST_MOST ? value : fallback;
}

static bool read_question(struct http_exchange *exchange, struct question *question)
{
    static const char *const known[] = {"missed_cost", "refused_cost", "points", NULL};
    const struct model *model = request_model(exchange);
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    question->costs.missed = request_decimal(exchange, "missed_cost", COST_LEAST, COST_MOST,
                                             trained_cost(model, "missed_cost", 10), problems);
    question->costs.refused = request_decimal(exchange, "refused_cost", COST_LEAST, COST_MOST,
                                              trained_cost(model, "refused_cost", 1), problems);
    question->points = request_number(exchange, "points", POINTS_LEAST, POINTS_MOST, POINTS_USUAL, problems);
    return request_is_fine(exchange, problems);
}

void model_performance_get(struct http_exchange *exchange)
{
    struct question question;
    struct performance performance;
    if (!read_question(exchange, &question))
        return;
    const struct model *model = request_model(exchange);
    if (!find_performance(&performance, model)) {
        problem_answer(exchange, 404,
                       "The artifact of this model does not tell how it performed: train it again.", NULL);
        return;
    }
    const struct costs costs = question.costs;
    struct choice own = find_choice(&performance, model_threshold(model));
    struct choice analytic = find_choice(&performance, decision_threshold(costs.missed, costs.refused));
    struct choice cheapest = find_cheapest(&performance, costs);
    json_t *answer = json_pack(
        "{s:o, s:I, s:I, s:o, s:{s:f, s:f}, s:o, s:o, s:o, s:o, s:o}", "model", render_model(model),
        "clients", (json_int_t)performance.rows, "defaults", (json_int_t)performance.defaults, "metrics",
        render_metrics(model), "costs", "missed", costs.missed, "refused", costs.refused, "own",
        render_choice(&performance, &own, costs), "analytic", render_choice(&performance, &analytic, costs),
        "empirical", render_choice(&performance, &cheapest, costs), "cuts",
        render_cuts(&performance, costs, question.points), "calibration", render_calibration(&performance));
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}
