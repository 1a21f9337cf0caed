#include "backend/resources/resources.h"

#include "backend/resources/batches.h"
#include "shared/http/problem.h"

static const char JSON[] = "application/json", PROMETHEUS[] = "text/plain";

/* clang-format off */
const struct http_route resources_routes[] = {
    {"POST", "/predict", predict_post, .produces = JSON, .consumes = JSON},
    {"POST", "/explain", explain_post, .produces = JSON, .consumes = JSON},
    {"POST", "/batches", batches_post, .produces = JSON, .receiver = &batches_receiver},
    {"GET", "/batches", batches_get, .produces = JSON},
    {"GET", "/batches/:id", batch_get, .produces = JSON},
    {"DELETE", "/batches/:id", batch_delete, .produces = JSON},
    {"GET", "/batches/:id/results", batch_results_get, .produces = NULL /* either of two */},
    {"GET", "/clients", clients_get, .produces = JSON},
    {"GET", "/clients/:id", client_get, .produces = JSON},
    {"GET", "/clients/:id/comparison", comparison_get, .produces = JSON},
    {"GET", "/clients/:id/counterfactuals", counterfactuals_get, .produces = JSON},
    {"GET", "/clients/:id/similar", similar_get, .produces = JSON},
    {"POST", "/clients/:id/what-if", what_if_post, .produces = JSON, .consumes = JSON},
    {"POST", "/decisions", decisions_post, .produces = JSON, .consumes = JSON},
    {"GET", "/decisions", decisions_get, .produces = NULL},
    {"GET", "/decisions/:id", decision_get, .produces = JSON},
    {"GET", "/population", population_get, .produces = JSON},
    {"GET", "/population/features/:name", population_feature_get, .produces = JSON},
    {"GET", "/population/pair", population_pair_get, .produces = JSON},
    {"GET", "/features", features_get, .produces = JSON},
    {"GET", "/model", model_get, .produces = JSON},
    {"GET", "/model/card", model_card_get, .produces = NULL},
    {"GET", "/model/dependence/:name", model_dependence_get, .produces = JSON},
    {"GET", "/model/importance", model_importance_get, .produces = JSON},
    {"GET", "/model/performance", model_performance_get, .produces = JSON},
    {"GET", "/model/reload", model_reload_get, .produces = JSON},
    {"POST", "/model/reload", model_reload_post, .produces = JSON},
    {"GET", "/monitoring/activity", activity_get, .produces = JSON},
    {"GET", "/monitoring/drift", drift_get, .produces = JSON},
    {"GET", "/monitoring/fairness", fairness_get, .produces = JSON},
    {"GET", "/openapi.json", openapi_get, .produces = JSON, .open = true},
    {"GET", "/v2", inference_server_get, .produces = JSON},
    {"GET", "/v2/health/live", live_get, .produces = JSON, .open = true, .quiet = true},
    {"GET", "/v2/health/ready", ready_get, .produces = JSON, .open = true, .quiet = true},
    {"GET", "/v2/models/:model", inference_model_get, .produces = JSON},
    {"POST", "/v2/models/:model/infer", inference_post, .produces = JSON},
    {"GET", "/v2/models/:model/ready", inference_ready_get, .produces = JSON},
    {"GET", "/v2/models/:model/versions/:version", inference_model_get, .produces = JSON},
    {"POST", "/v2/models/:model/versions/:version/infer", inference_post, .produces = JSON},
    {"GET", "/v2/models/:model/versions/:version/ready", inference_ready_get, .produces = JSON},
    {"GET", "/metrics", metrics_get, .produces = PROMETHEUS, .open = true, .quiet = true},
    {.method = NULL},
};
/* clang-format on */

void resources_fail(struct http_exchange *exchange, unsigned status, const char *detail)
{
    problem_answer(exchange, status, detail, NULL);
}
