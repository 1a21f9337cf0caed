#include "backend/access/identity.h"
#include "backend/resources/resources.h"

#include "backend/resources/batches.h"
#include "shared/http/problem.h"

static const char JSON[] = "application/json", PROMETHEUS[] = "text/plain", HTML[] = "text/html";

/* clang-format off */
const struct http_route resources_routes[] = {
    {"POST", "/predict", predict_post, .produces = JSON, .consumes = JSON, .scope = SCOPE_SCORE},
    {"POST", "/explain", explain_post, .produces = JSON, .consumes = JSON, .scope = SCOPE_SCORE},
    {"POST", "/batches", batches_post, .produces = JSON, .receiver = &batches_receiver, .scope = SCOPE_SCORE},
    {"GET", "/batches", batches_get, .produces = JSON, .scope = SCOPE_SCORE},
    {"GET", "/batches/:id", batch_get, .produces = JSON, .scope = SCOPE_SCORE},
    {"DELETE", "/batches/:id", batch_delete, .produces = JSON, .scope = SCOPE_SCORE},
    {"GET", "/batches/:id/results", batch_results_get, .produces = NULL, .scope = SCOPE_SCORE},
    {"GET", "/clients", clients_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/clients/:id", client_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/clients/:id/comparison", comparison_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/clients/:id/counterfactuals", counterfactuals_get, .produces = JSON, .scope = SCOPE_SCORE},
    {"GET", "/clients/:id/similar", similar_get, .produces = JSON, .scope = SCOPE_READ},
    {"POST", "/clients/:id/what-if", what_if_post, .produces = JSON, .consumes = JSON, .scope = SCOPE_SCORE},
    {"POST", "/decisions", decisions_post, .produces = JSON, .consumes = JSON, .scope = SCOPE_DECIDE},
    {"GET", "/decisions", decisions_get, .produces = NULL, .scope = SCOPE_READ},
    {"GET", "/decisions/:id", decision_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/population", population_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/population/features/:name", population_feature_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/population/pair", population_pair_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/features", features_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/model", model_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/model/card", model_card_get, .produces = NULL, .scope = SCOPE_READ},
    {"GET", "/model/dependence/:name", model_dependence_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/model/importance", model_importance_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/model/performance", model_performance_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/model/reload", model_reload_get, .produces = JSON, .scope = SCOPE_OPERATE},
    {"POST", "/model/reload", model_reload_post, .produces = JSON, .scope = SCOPE_OPERATE},
    {"GET", "/model/summary", model_summary_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/monitoring/activity", activity_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/monitoring/decisions", decision_days_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/monitoring/drift", drift_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/monitoring/drift/:name", drift_feature_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/monitoring/fairness", fairness_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/openapi.json", openapi_get, .produces = JSON, .open = true},
    {"GET", "/v2", inference_server_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/v2/health/live", live_get, .produces = JSON, .open = true, .quiet = true},
    {"GET", "/v2/health/ready", ready_get, .produces = JSON, .open = true, .quiet = true},
    {"GET", "/v2/models/:model", inference_model_get, .produces = JSON, .scope = SCOPE_READ},
    {"POST", "/v2/models/:model/infer", inference_post, .produces = JSON, .scope = SCOPE_SCORE},
    {"GET", "/v2/models/:model/ready", inference_ready_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/v2/models/:model/versions/:version", inference_model_get, .produces = JSON, .scope = SCOPE_READ},
    {"POST", "/v2/models/:model/versions/:version/infer", inference_post, .produces = JSON, .scope = SCOPE_SCORE},
    {"GET", "/v2/models/:model/versions/:version/ready", inference_ready_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/metrics", metrics_get, .produces = PROMETHEUS, .open = true, .quiet = true},
    {"GET", "/docs", docs_get, .produces = HTML, .open = true, .quiet = true},
    {"GET", "/docs/:file", docs_file_get, .open = true, .quiet = true},
    {.method = NULL},
};
/* clang-format on */

void resources_fail(struct http_exchange *exchange, unsigned status, const char *detail)
{
    problem_answer(exchange, status, detail, NULL);
}
