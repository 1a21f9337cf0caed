/* The parts of the client's page, each a view of one of the backend's answers. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_CLIENT_H
#define CLAIRSCORE_FRONTEND_PAGES_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/error.h"
#include "shared/http/server.h"

/* Decision, probability, how near the threshold, score, gauge and reasons from an /explain answer;
 * `score_at_threshold` in points. New. */
json_t *client_verdict_view(const struct http_exchange *exchange, const json_t *explanation,
                            double score_at_threshold);

/* What somebody decided last, from a /decisions answer: {"given", "granted", "sentence", "override",
 * "motive"}, {"none"}, or {"unknown"} when there is no such answer. New. */
json_t *client_latest_view(const struct http_exchange *exchange, const json_t *decisions);

/* The chart of contributions, from where the score starts to where it ends: a waterfall, or bars to both
 * sides of zero. New. */
int client_contributions_view(json_t **out, const struct http_exchange *exchange, const json_t *explanation,
                              double score_at_threshold, bool as_bars, struct error *err);

/* Writes the names of the features to compare, separated by commas, for the comparison call: those of the
 * strongest reasons of an /explain answer, then income and credit. What does not fit into `size` is left out.
 */
void client_compared(char *out, size_t size, const json_t *explanation);

/* From a /clients/{id}/comparison answer, for the template `comparison_charts`: one chart a compared feature,
 * split by outcome, with the client marked and the rank in words ("charts"), who the group is ("about"),
 * "some_unknown". A new object. */
int client_comparison_view(json_t **out, const struct http_exchange *exchange, const json_t *comparison,
                           struct error *err);

/* The file from a /clients/{id} answer: who it is in a line, cards of readable fields, all fields by theme.
 * New. */
json_t *client_file_view(const struct http_exchange *exchange, const json_t *client);

/* The labels of what is missing among the cards' fields. A new array. */
json_t *client_missing_view(const json_t *client);

/* What to check in the data, from the same answer: missing, impossible, unusual; which history is known. New.
 */
json_t *client_quality_view(const struct http_exchange *exchange, const json_t *client);

#endif
