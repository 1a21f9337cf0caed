/* Features, values, distributions and scores as the JSON that openapi.json describes. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_RENDER_H
#define CLAIRSCORE_BACKEND_RESOURCES_RENDER_H

#include <jansson.h>
#include <time.h>

#include "backend/population/population.h"
#include "backend/scoring.h"
#include "shared/base/json_writer.h"
#include "shared/base/language.h"
#include "shared/http/server.h"

/* A number, or null for NaN and infinity. */
json_t *render_number(double value);

/* The shortest decimal that is this float: 0.1 and not 0.100000001490116. */
json_t *render_float(float value);

/* A feature's value: the text of a category, a number, null when missing. */
json_t *render_value(size_t feature, float value);
void render_write_value(struct json_writer *writer, size_t feature, float value);

/* {"name","label","unit","theme","theme_label"} of a feature, to be completed. */
json_t *render_feature(size_t feature, enum language language);

/* The same with "value", "text" and "missing". */
json_t *render_field(size_t feature, float value, enum language language);

/* [{"value","label"}] of a category or flag, null for numbers. */
json_t *render_categories(size_t feature, enum language language);

/* Histogram, quantiles and missing_share are added to `out`. `feature` may be DISTRIBUTION_NUMBER for the
 * histogram. */
json_t *render_histogram(const struct distribution *distribution, int feature, enum language language);
void render_distribution(json_t *out, const struct distribution *distribution, size_t feature,
                         enum language language);

/* "2026-03-31T12:00:00Z"; null for 0. */
json_t *render_time(time_t time);

/* {"name","version"} of the model. */
json_t *render_model(const struct model *model);

/* Adds "probability", "score", "decision". */
void render_verdict(json_t *out, const struct verdict *verdict);

/* 0 repaid, 1 defaulted, null unknown. */
json_t *render_outcome(int outcome);

/* Sends Content-Language. */
void render_language(struct http_exchange *exchange);

#endif
