/* The result of a simulation beside the original: decision, figures, what moved the score, reasons. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/simulate.h"
#include "frontend/view/gauge.h"
#include "shared/base/number.h"

enum { SHOWN_MOVES = 6, SHOWN_REASONS = 4, PLACE = 24, KEY_BYTES = 64 };
static const double BAR_HALF = 50;  /* of a bar's drawing, in SVG units */
static const double SMALL_MOVE = 1; /* points; smaller ones are told together */
static const double NO_MOVE = 0.05; /* points that are told as 0.0 */

/* Both sides of the simulation; `after` is `before` where nothing is changed. */
struct sides {
    const json_t *before, *after, *difference;
    bool granted_before, granted;
};

static struct sides read_sides(const json_t *answer, bool any)
{
    struct sides sides = {.before = json_object_get(answer, "original")};
    if (!sides.before)
        sides.before = answer;
    sides.after = any ? json_object_get(answer, "changed") : sides.before;
    sides.difference = any ? json_object_get(answer, "difference") : NULL;
    sides.granted_before = strcmp(answer_text(sides.before, "decision"), "granted") == 0;
    sides.granted = strcmp(answer_text(sides.after, "decision"), "granted") == 0;
    return sides;
}

/* ---- Figures ----------------------------------------------------------------------------------------- */

struct figures {
    char before[NUMBER_TEXT], after[NUMBER_TEXT], threshold[NUMBER_TEXT], change[NUMBER_TEXT];
    char score_before[NUMBER_TEXT], score[NUMBER_TEXT], score_change[NUMBER_TEXT];
};

/* Percentages with one decimal, or as many as tell those apart that differ. */
static struct figures write_figures(const struct sides *sides, enum language language)
{
    struct figures figures;
    double before = answer_number(sides->before, "probability"),
           after = answer_number(sides->after, "probability"),
           threshold = answer_number(sides->after, "threshold");
    for (int decimals = 1; decimals <= 4; decimals++) {
        number_format_percent(figures.before, before, decimals, language);
        number_format_percent(figures.after, after, decimals, language);
        number_format_percent(figures.threshold, threshold, decimals, language);
        number_format_signed(figures.change, 100 * (after - before), decimals, language);
        if (strcmp(figures.after, figures.threshold) != 0 &&
            (before == after || strcmp(figures.after, figures.before) != 0))
            break;
    }
    double score_before = round(answer_number(sides->before, "score")),
           score = round(answer_number(sides->after, "score"));
    number_format(figures.score_before, score_before, 0, language);
    number_format(figures.score, score, 0, language);
    number_format_signed(figures.score_change, score - score_before, 0, language);
    return figures;
}

/* "36 points under the threshold of 554". */
static json_t *distance_text(const struct http_exchange *exchange, double score, double limit)
{
    char points[NUMBER_TEXT];
    number_format(points, limit, 0, exchange->language);
    return i18n_count(page_site(exchange)->i18n, exchange->language,
                      score >= limit ? "verdict.points_above" : "verdict.points_below",
                      llround(fabs(round(score) - round(limit))), I18N_VALUES("limit", points));
}

static const char *heading(const struct http_exchange *exchange, const struct sides *sides, bool any)
{
    if (!any)
        return page_text(exchange, sides->granted ? "decision.granted" : "decision.refused");
    if (sides->granted == sides->granted_before)
        return page_text(exchange, sides->granted ? "simulate.verdict.still_granted"
                                                  : "simulate.verdict.still_refused");
    return page_text(exchange, sides->granted ? "simulate.verdict.granted" : "simulate.verdict.refused");
}

static json_t *sentence(const struct http_exchange *exchange, const struct figures *figures, bool any)
{
    return i18n_say(page_site(exchange)->i18n, exchange->language,
                    any ? "simulate.verdict.sentence" : "simulate.verdict.untouched",
                    I18N_VALUES("before", figures->before, "after", figures->after, "threshold",
                                figures->threshold, "score_before", figures->score_before, "score",
                                figures->score));
}

static json_t *two_needles(const struct http_exchange *exchange, const struct sides *sides,
                           const struct figures *figures, bool any)
{
    json_t *gauge = gauge_view(answer_number(sides->after, "probability"),
                               answer_number(sides->after, "threshold"), exchange->language);
    json_object_set_new(gauge, "threshold",
                        i18n_say(page_site(exchange)->i18n, exchange->language, "verdict.threshold_short",
                                 I18N_VALUES("threshold", figures->threshold)));
    if (any)
        gauge_add_earlier(gauge, answer_number(sides->before, "probability"));
    return gauge;
}

/* ---- What is changed --------------------------------------------------------------------------------- */

/* "3 ans et 6 mois", "6 mois". */
static json_t *duration_text(const struct http_exchange *exchange, const struct form_text *typed)
{
    const struct i18n *i18n = page_site(exchange)->i18n;
    long long years = strtoll(typed->parts[0], NULL, 10), months = strtoll(typed->parts[1], NULL, 10);
    json_t *in_years = i18n_count(i18n, exchange->language, "simulate.years", years, NULL),
           *in_months = i18n_count(i18n, exchange->language, "simulate.months", months, NULL),
           *both = i18n_say(
               i18n, exchange->language, "simulate.duration",
               I18N_VALUES("years", json_string_value(in_years), "months", json_string_value(in_months)));
    json_t *text = json_incref(years && months ? both : years ? in_years : in_months);
    json_decref(in_years);
    json_decref(in_months);
    json_decref(both);
    return text;
}

/* The new value as a person reads it. */
static json_t *new_text(const struct http_exchange *exchange, const struct simulated *simulated)
{
    size_t i;
    json_t *category;
    if (json_is_null(simulated->value))
        return json_string(page_text(exchange, "simulate.unknown"));
    if (simulated->field.control == FORM_DURATION)
        return duration_text(exchange, &simulated->typed);
    json_array_foreach(
        json_object_get(simulated->field.feature, "categories"), i,
        category) if (json_equal(json_object_get(category, "value"),
                                 simulated->value)) return json_string(answer_text(category, "label"));
    return json_string(simulated->typed.parts[0]);
}

static json_t *changes_view(const struct http_exchange *exchange, const struct simulation *simulation)
{
    json_t *changes = json_array();
    for (size_t i = 0; i < simulation->count; i++) {
        char without[PAGE_ADDRESS];
        const struct simulated *simulated = &simulation->fields[i];
        if (!simulated->changed)
            continue;
        simulation_address(without, simulation, simulated->field.name);
        json_array_append_new(changes, json_pack("{s:s, s:s, s:s, s:o, s:s}", "name", simulated->field.name,
                                                 "label", simulated->field.label, "from", simulated->filed,
                                                 "to", new_text(exchange, simulated), "reset", without));
    }
    return changes;
}

/* ---- What moved the score ---------------------------------------------------------------------------- */

static json_t *place(double value)
{
    char text[PLACE];
    snprintf(text, sizeof text, "%.1f", value);
    return json_string(text);
}

/* A move with its bar, to the right of the middle when it is good. */
static json_t *move_view(const char *label, double points, double most, enum language language)
{
    char text[NUMBER_TEXT];
    double width = fabs(points) / most * BAR_HALF;
    number_format_signed(text, points, 1, language);
    return json_pack("{s:s, s:s, s:b, s:o, s:o}", "label", label, "points", text, "good", points > 0, "x",
                     place(points > 0 ? BAR_HALF : BAR_HALF - width), "width", place(width));
}

static bool changes_sensitive(const struct simulation *simulation)
{
    for (size_t i = 0; i < simulation->count; i++)
        if (simulation->fields[i].changed &&
            json_is_true(json_object_get(simulation->fields[i].field.feature, "sensitive")))
            return true;
    return false;
}

/* Those that can be told, largest first, then all the others in one: gender, age and family status move a
 * little with everything else, but are no reason to show. */
static json_t *moves_view(const struct http_exchange *exchange, const struct simulation *simulation,
                          const json_t *difference, const json_t *features)
{
    const json_t *told[SHOWN_MOVES];
    json_t *moves = json_array(), *move;
    size_t count = 0, i;
    double rest = answer_number(difference, "score"), most = NO_MOVE;
    json_array_foreach(json_object_get(difference, "contributions"), i, move)
    {
        const json_t *feature = json_object_get(features, answer_text(move, "feature"));
        double points = answer_number(move, "points");
        if (count == SHOWN_MOVES || json_is_true(json_object_get(feature, "sensitive")) ||
            !(fabs(points) >= SMALL_MOVE))
            continue;
        told[count++] = move;
        rest -= points;
        most = fmax(most, fabs(points));
    }
    most = fmax(most, fabs(rest));
    for (i = 0; i < count; i++) {
        json_t *view = move_view(answer_text(told[i], "label"), answer_number(told[i], "points"), most,
                                 exchange->language);
        const char *from = answer_text(told[i], "from_text"), *to = answer_text(told[i], "to_text");
        if (strcmp(from, to) != 0)
            json_object_set_new(view, "values", json_pack("{s:s, s:s}", "from", from, "to", to));
        json_array_append_new(moves, view);
    }
    if (fabs(rest) >= NO_MOVE)
        json_array_append_new(moves, move_view(page_text(exchange, changes_sensitive(simulation)
                                                                       ? "simulate.moves.others_sensitive"
                                                                       : "simulate.moves.others"),
                                               rest, most, exchange->language));
    return moves;
}

/* ---- Reasons ----------------------------------------------------------------------------------------- */

/* What the reason is about: features of one story are one reason, whichever of them speaks. */
static const char *subject(const json_t *reason, const json_t *features)
{
    const char *code = answer_text(reason, "code");
    const char *story = answer_text(json_object_get(features, code), "story");
    return *story ? story : code;
}

static const json_t *same_reason(const json_t *reasons, const json_t *reason, const json_t *features)
{
    size_t i;
    json_t *other;
    json_array_foreach(
        reasons, i,
        other) if (strcmp(answer_text(other, "direction"), answer_text(reason, "direction")) == 0 &&
                   strcmp(subject(other, features), subject(reason, features)) == 0) return other;
    return NULL;
}

static json_t *reason_view(const struct http_exchange *exchange, const json_t *reason, const json_t *earlier)
{
    char points[NUMBER_TEXT];
    double moved = answer_number(reason, "points") - answer_number(earlier, "points");
    json_t *view = json_pack("{s:s, s:b, s:b}", "fact", answer_text(reason, "fact"), "is_new",
                             earlier == NULL, "gone", 0);
    if (fabs(moved) < NO_MOVE || !earlier)
        return view;
    number_format_signed(points, moved, 1, exchange->language);
    json_object_set_new(view, "moved",
                        i18n_say(page_site(exchange)->i18n, exchange->language, "simulate.reasons.moved",
                                 I18N_VALUES("points", points)));
    return view;
}

/* The reasons of a direction after the change, then those that are none any more. */
static json_t *reasons_view(const struct http_exchange *exchange, const struct sides *sides,
                            const json_t *features, const char *direction)
{
    json_t *list = json_array(), *reason;
    const json_t *before = json_object_get(sides->before, "reasons"),
                 *after = json_object_get(sides->after, "reasons");
    size_t i;
    json_array_foreach(after, i, reason)
    {
        if (strcmp(answer_text(reason, "direction"), direction) != 0 ||
            json_array_size(list) == SHOWN_REASONS)
            continue;
        json_array_append_new(list, reason_view(exchange, reason, same_reason(before, reason, features)));
    }
    json_array_foreach(before, i, reason)
    {
        if (strcmp(answer_text(reason, "direction"), direction) != 0 || same_reason(after, reason, features))
            continue;
        json_t *view = reason_view(exchange, reason, reason);
        json_object_set_new(view, "gone", json_true());
        json_array_append_new(list, view);
    }
    return list;
}

json_t *simulate_result_view(const struct http_exchange *exchange, const struct simulation *simulation,
                             const json_t *answer, const json_t *features, double score_at_threshold)
{
    bool any = simulation_changes(simulation) > 0;
    struct sides sides = read_sides(answer, any);
    struct figures figures = write_figures(&sides, exchange->language);
    json_t *moves = moves_view(exchange, simulation, sides.difference, features);
    json_t *view = json_pack(
        "{s:b, s:b, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "any", any, "granted",
        sides.granted, "heading", heading(exchange, &sides, any), "sentence",
        sentence(exchange, &figures, any), "gauge", two_needles(exchange, &sides, &figures, any),
        "decision_before",
        page_text(exchange, sides.granted_before ? "decision.granted_short" : "decision.refused_short"),
        "decision", page_text(exchange, sides.granted ? "decision.granted_short" : "decision.refused_short"),
        "probability_before", figures.before, "probability", figures.after, "probability_change",
        figures.change, "score_before", figures.score_before, "score", figures.score, "score_change",
        figures.score_change);
    json_object_set_new(view, "faulty", json_boolean(simulation_has_fault(simulation)));
    json_object_set_new(view, "distance",
                        distance_text(exchange, answer_number(sides.after, "score"), score_at_threshold));
    json_object_set_new(view, "changes", changes_view(exchange, simulation));
    json_object_set_new(view, "some_moves", json_boolean(json_array_size(moves) > 0));
    json_object_set_new(view, "moves", moves);
    json_object_set_new(view, "against", reasons_view(exchange, &sides, features, "against"));
    json_object_set_new(view, "for", reasons_view(exchange, &sides, features, "for"));
    return view;
}
