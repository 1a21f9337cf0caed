#include "frontend/view/gauge.h"

#include <math.h>
#include <stdio.h>

#include "shared/base/number.h"

/* Of the drawing, in SVG units. */
static const double CENTRE_X = 160, CENTRE_Y = 150, RADIUS = 118, TICK_RADIUS = 134, LABEL_RADIUS = 145;
static const double LOWEST = 0.005, HIGHEST = 0.6;
static const double GAP = 0.012; /* of the arc, between the two sides */
static const double NEAR = 0.05; /* of the arc: a tick nearer to the limit than this would run into it */

enum { PLACE = 32, PATH = 128 };

static double log_odds(double probability)
{
    return log(probability / (1 - probability));
}

/* Where the probability stands: 0 at the left end, 1 at the right. */
static double position_of(double probability)
{
    double within = fmin(fmax(probability, LOWEST), HIGHEST);
    return (log_odds(within) - log_odds(LOWEST)) / (log_odds(HIGHEST) - log_odds(LOWEST));
}

static double x_at(double position, double radius)
{
    return CENTRE_X - radius * cos(M_PI * position);
}

static double y_at(double position, double radius)
{
    return CENTRE_Y - radius * sin(M_PI * position);
}

static json_t *place(double value)
{
    char text[PLACE];
    snprintf(text, sizeof text, "%.2f", value);
    return json_string(text);
}

static json_t *arc(double from, double to)
{
    char text[PATH];
    snprintf(text, sizeof text, "M%.2f %.2fA%.0f %.0f 0 0 1 %.2f %.2f", x_at(from, RADIUS),
             y_at(from, RADIUS), RADIUS, RADIUS, x_at(to, RADIUS), y_at(to, RADIUS));
    return json_string(text);
}

static json_t *spoke(double position, double inner, double outer)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "x1", place(x_at(position, inner)), "y1",
                     place(y_at(position, inner)), "x2", place(x_at(position, outer)), "y2",
                     place(y_at(position, outer)));
}

static json_t *tick(double probability, enum language language)
{
    char label[NUMBER_TEXT];
    double position = position_of(probability);
    number_format_percent(label, probability, 0, language);
    json_t *tick = spoke(position, TICK_RADIUS - 4, TICK_RADIUS);
    json_object_set_new(tick, "x", place(x_at(position, LABEL_RADIUS)));
    json_object_set_new(tick, "y", place(y_at(position, LABEL_RADIUS) + 4));
    json_object_set_new(tick, "anchor",
                        json_string(position < 0.4   ? "end"
                                    : position > 0.6 ? "start"
                                                     : "middle"));
    json_object_set_new(tick, "label", json_string(label));
    return tick;
}

json_t *gauge_view(double probability, double threshold, enum language language)
{
    static const double marks[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.4};
    double limit = position_of(threshold);
    char shown[NUMBER_TEXT];
    json_t *ticks = json_array();
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (fabs(position_of(marks[i]) - limit) > NEAR)
            json_array_append_new(ticks, tick(marks[i], language));
    number_format_percent(shown, probability, 1, language);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s}", "granted", arc(0, fmax(limit - GAP, 0)), "refused",
                     arc(fmin(limit + GAP, 1), 1), "limit", spoke(limit, RADIUS - 16, RADIUS + 12), "needle",
                     spoke(position_of(probability), 62, RADIUS + 9), "ticks", ticks, "probability", shown);
}

void gauge_add_earlier(json_t *gauge, double probability)
{
    json_object_set_new(gauge, "earlier", spoke(position_of(probability), 62, RADIUS + 9));
}
