/* The API's resources: one handler a call, each in the file of its resource. openapi.json says what they
 * answer. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_H
#define CLAIRSCORE_BACKEND_RESOURCES_H

#include "shared/http/server.h"

extern const struct http_route resources_routes[];

/* The server's fail: answers as application/problem+json. */
void resources_fail(struct http_exchange *exchange, unsigned status, const char *detail);

void predict_post(struct http_exchange *exchange);
void explain_post(struct http_exchange *exchange);
void batches_post(struct http_exchange *exchange);
void batches_get(struct http_exchange *exchange);
void batch_get(struct http_exchange *exchange);
void batch_delete(struct http_exchange *exchange);
void batch_results_get(struct http_exchange *exchange);
void clients_get(struct http_exchange *exchange);
void client_get(struct http_exchange *exchange);
void comparison_get(struct http_exchange *exchange);
void counterfactuals_get(struct http_exchange *exchange);
void similar_get(struct http_exchange *exchange);
void what_if_post(struct http_exchange *exchange);
void decisions_post(struct http_exchange *exchange);
void decisions_get(struct http_exchange *exchange);
void decision_get(struct http_exchange *exchange);
void population_get(struct http_exchange *exchange);
void population_feature_get(struct http_exchange *exchange);
void population_pair_get(struct http_exchange *exchange);
void features_get(struct http_exchange *exchange);
void model_get(struct http_exchange *exchange);
void model_card_get(struct http_exchange *exchange);
void model_importance_get(struct http_exchange *exchange);
void model_dependence_get(struct http_exchange *exchange);
void model_performance_get(struct http_exchange *exchange);
void model_summary_get(struct http_exchange *exchange);
void model_reload_get(struct http_exchange *exchange);
void model_reload_post(struct http_exchange *exchange);
void drift_get(struct http_exchange *exchange);
void drift_feature_get(struct http_exchange *exchange);
void decision_days_get(struct http_exchange *exchange);
void fairness_get(struct http_exchange *exchange);
void activity_get(struct http_exchange *exchange);
void inference_server_get(struct http_exchange *exchange);
void inference_model_get(struct http_exchange *exchange);
void inference_ready_get(struct http_exchange *exchange);
void inference_post(struct http_exchange *exchange);
void live_get(struct http_exchange *exchange);
void ready_get(struct http_exchange *exchange);
void metrics_get(struct http_exchange *exchange);
void openapi_get(struct http_exchange *exchange);
void docs_get(struct http_exchange *exchange);
void docs_file_get(struct http_exchange *exchange);

#endif
