#include "backend/resources/resources.h"
#include "shared/http/problem.h"

#define JSON "application/json"
#define PROMETHEUS "text/plain"

const struct http_route resources_routes[] = {
    /* method, path, handler, open, produces, consumes, quiet */
    {"POST", "/predict", predict_post, false, JSON, JSON, false},
    {"POST", "/explain", explain_post, false, JSON, JSON, false},
    {"GET", "/clients", clients_get, false, JSON, NULL, false},
    {"GET", "/clients/:id", client_get, false, JSON, NULL, false},
    {"GET", "/clients/:id/comparison", comparison_get, false, JSON, NULL, false},
    {"GET", "/population", population_get, false, JSON, NULL, false},
    {"GET", "/population/features/:name", population_feature_get, false, JSON, NULL, false},
    {"GET", "/features", features_get, false, JSON, NULL, false},
    {"GET", "/model", model_get, false, JSON, NULL, false},
    {"GET", "/openapi.json", openapi_get, true, JSON, NULL, false},
    {"GET", "/v2/health/live", live_get, true, JSON, NULL, true},
    {"GET", "/v2/health/ready", ready_get, true, JSON, NULL, true},
    {"GET", "/metrics", metrics_get, true, PROMETHEUS, NULL, true},
    {NULL, NULL, NULL, false, NULL, NULL, false},
};

void resources_fail(struct http_exchange *exchange, unsigned status, const char *detail)
{
    problem_answer(exchange, status, detail, NULL);
}
