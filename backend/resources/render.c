#include "backend/resources/render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUE_TEXT = 128 };
static const double MOST_UNITS = 1e15; /* which a double counts one by one */

json_t *render_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Of the decimals that are this float the one with the fewest digits behind the point, as a double. */
static double nearest_decimal(float value)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    enum { POWERS = sizeof powers / sizeof *powers };
    for (int i = 0; i < POWERS && fabs((double)value) * powers[i] < MOST_UNITS; i++) {
        double decimal = nearbyint((double)value * powers[i]) / powers[i];
        if ((float)decimal == value)
            return decimal;
    }
    char text[VALUE_TEXT];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return strtod(text, NULL);
}

static bool is_short_integer(float value)
{
    return fabsf(value) < 1e7F && value == truncf(value);
}

json_t *render_float(float value)
{
    if (!isfinite(value))
        return json_null();
    return is_short_integer(value) ? json_integer((json_int_t)value) : json_real(nearest_decimal(value));
}

/* The text of a category; NULL when the value is a number. */
static const char *category_of(size_t feature, float value)
{
    const struct column *column = catalogue_column(feature);
    bool is_one = catalogue_feature(feature)->unit == UNIT_CATEGORY && column && value >= 0 &&
                  (size_t)value < column->category_count;
    return is_one ? column->categories[(size_t)value] : NULL;
}

json_t *render_value(size_t feature, float value)
{
    const char *category = category_of(feature, value);
    return category ? json_string(category) : render_float(value);
}

void render_write_value(struct json_writer *writer, size_t feature, float value)
{
    const char *category = category_of(feature, value);
    if (category)
        json_writer_text(writer, category);
    else if (!isfinite(value))
        json_writer_null(writer);
    else if (is_short_integer(value))
        json_writer_integer(writer, (int64_t)value);
    else
        json_writer_number(writer, nearest_decimal(value));
}

json_t *render_feature(size_t feature, enum language language)
{
    const struct feature *meaning = catalogue_feature(feature);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", meaning->name, "label", meaning->label[language],
                     "unit", catalogue_unit_code(meaning->unit), "theme",
                     catalogue_theme_code(meaning->theme), "theme_label",
                     catalogue_theme_label(meaning->theme, language));
}

json_t *render_field(size_t feature, float value, enum language language)
{
    char text[VALUE_TEXT];
    catalogue_format(text, sizeof text, feature, value, language);
    json_t *field = render_feature(feature, language);
    json_object_set_new(field, "value", render_value(feature, value));
    json_object_set_new(field, "text", json_string(text));
    json_object_set_new(field, "missing", json_boolean(isnan(value)));
    return field;
}

json_t *render_categories(size_t feature, enum language language)
{
    const struct feature *meaning = catalogue_feature(feature);
    const struct column *column = catalogue_column(feature);
    json_t *list = json_array();
    char text[VALUE_TEXT];
    if (meaning->unit == UNIT_FLAG) {
        for (int i = 0; i < 2; i++) {
            catalogue_format(text, sizeof text, feature, i, language);
            json_array_append_new(list, json_pack("{s:i, s:s}", "value", i, "label", text));
        }
    } else if (meaning->unit == UNIT_CATEGORY && column) {
        for (size_t i = 0; i < column->category_count; i++)
            json_array_append_new(list, json_pack("{s:s, s:s}", "value", column->categories[i], "label",
                                                  catalogue_category_label(column, i, language)));
    }
    if (json_array_size(list) > 0)
        return list;
    json_decref(list);
    return json_null();
}

json_t *render_histogram(const struct distribution *distribution, int feature, enum language language)
{
    static const char *const classes[CLASS_COUNT] = {"repaid", "defaulted", "unknown"};
    json_t *histogram = json_object();
    json_t *edges = distribution->categorical || distribution->bins == 0 ? json_null() : json_array();
    for (size_t i = 0; json_is_array(edges) && i <= distribution->bins; i++)
        json_array_append_new(edges, json_real(distribution->edges[i]));
    json_object_set_new(histogram, "edges", edges);
    json_object_set_new(histogram, "categories",
                        distribution->categorical ? render_categories((size_t)feature, language)
                                                  : json_null());
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        json_t *counts = json_array();
        for (size_t i = 0; i < distribution->bins; i++)
            json_array_append_new(counts, json_integer(distribution->counts[class][i]));
        json_object_set_new(histogram, classes[class], counts);
    }
    return histogram;
}

void render_distribution(json_t *out, const struct distribution *distribution, size_t feature,
                         enum language language)
{
    const double *q = distribution->quantiles;
    size_t count = distribution->known + distribution->missing;
    json_object_set_new(out, "histogram", render_histogram(distribution, (int)feature, language));
    json_object_set_new(out, "quantiles",
                        distribution->categorical || distribution->known == 0
                            ? json_null()
                            : json_pack("{s:f, s:f, s:f, s:f, s:f}", "p5", q[0], "p25", q[1], "p50", q[2],
                                        "p75", q[3], "p95", q[4]));
    json_object_set_new(out, "missing_share",
                        render_number(count ? (double)distribution->missing / (double)count : NAN));
}

json_t *render_time(time_t time)
{
    char text[32];
    struct tm utc;
    if (time == 0 || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&time, &utc)) == 0)
        return json_null();
    return json_string(text);
}

json_t *render_model(const struct model *model)
{
    return json_pack("{s:s, s:s}", "name", model_name(model), "version", model_version(model));
}

void render_verdict(json_t *out, const struct verdict *verdict)
{
    json_object_set_new(out, "probability", json_real(verdict->probability));
    json_object_set_new(out, "score", json_real(verdict->points));
    json_object_set_new(out, "decision", json_string(scoring_decision(verdict)));
}

json_t *render_outcome(int outcome)
{
    return outcome == OUTCOME_UNKNOWN ? json_null() : json_integer(outcome);
}

void render_language(struct http_exchange *exchange)
{
    http_header(exchange, "Content-Language", language_code(exchange->language));
}
