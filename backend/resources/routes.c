#include "backend/access/identity.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

static const char JSON[] = "application/json", PROMETHEUS[] = "text/plain";

/* clang-format off */
const struct http_route resources_routes[] = {
    {"POST", "/predict", predict_post, .produces = JSON, .consumes = JSON, .scope = SCOPE_SCORE},
    {"POST", "/explain", explain_post, .produces = JSON, .consumes = JSON, .scope = SCOPE_SCORE},
    {"GET", "/clients", clients_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/clients/:id", client_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/clients/:id/comparison", comparison_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/population", population_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/population/features/:name", population_feature_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/features", features_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/model", model_get, .produces = JSON, .scope = SCOPE_READ},
    {"GET", "/openapi.json", openapi_get, .produces = JSON, .open = true},
    {"GET", "/v2/health/live", live_get, .produces = JSON, .open = true, .quiet = true},
    {"GET", "/v2/health/ready", ready_get, .produces = JSON, .open = true, .quiet = true},
    {"GET", "/metrics", metrics_get, .produces = PROMETHEUS, .open = true, .quiet = true},
    {.method = NULL},
};
/* clang-format on */

void resources_fail(struct http_exchange *exchange, unsigned status, const char *detail)
{
    problem_answer(exchange, status, detail, NULL);
}
