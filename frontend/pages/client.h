/* The parts of the client's page, each a view of one of the backend's answers. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_CLIENT_H
#define CLAIRSCORE_FRONTEND_PAGES_CLIENT_H

#include <jansson.h>

#include "shared/base/error.h"
#include "shared/http/server.h"

/* Names of the features that the page compares, separated by commas: for the comparison call. */
extern const char CLIENT_COMPARED[];

/* Decision, probability, score, gauge and reasons from an /explain answer; `score_at_threshold` in points.
 * New. */
json_t *client_verdict_view(const struct http_exchange *exchange, const json_t *explanation,
                            double score_at_threshold);

/* The chart of contributions, from where the score starts to where it ends. New. */
int client_contributions_view(json_t **out, const struct http_exchange *exchange, const json_t *explanation,
                              struct error *err);

/* From a /clients/{id}/comparison answer, for the template `comparison_charts`: one chart a compared feature,
 * split by outcome, with the client marked and the rank in words ("charts"), who the group is ("about"),
 * "some_unknown". A new object. */
int client_comparison_view(json_t **out, const struct http_exchange *exchange, const json_t *comparison,
                           struct error *err);

/* The file from a /clients/{id} answer: who it is in a line, cards of readable fields, what is missing, all
 * fields by theme. New. */
json_t *client_file_view(const struct http_exchange *exchange, const json_t *client);

#endif
