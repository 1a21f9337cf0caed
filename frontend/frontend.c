/* The dashboard's server. */
#include <curl/curl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "frontend/pages/batches_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/site.h"
#include "shared/base/log.h"
#include "shared/http/server.h"

static const struct http_route routes[] = {
    {.method = "GET", .path = "/", .handle = home_show},
    {.method = "GET", .path = "/sign-in", .handle = sign_in_show, .open = true},
    {.method = "POST", .path = "/sign-in", .handle = sign_in_submit, .open = true},
    {.method = "GET", .path = "/sign-in/openid", .handle = sign_in_openid_begin, .open = true},
    {.method = "GET", .path = "/sign-in/openid/done", .handle = sign_in_openid_finish, .open = true},
    {.method = "POST", .path = "/sign-out", .handle = sign_out_submit, .open = true},
    {.method = "GET", .path = "/health", .handle = health_show, .open = true, .quiet = true},
    {.method = "GET", .path = "/account", .handle = account_show},
    {.method = "GET", .path = "/clients", .handle = clients_show, .scope = RIGHT_CLIENTS},
    {.method = "GET", .path = "/clients/:id", .handle = client_show, .scope = RIGHT_CLIENTS},
    {.method = "GET", .path = "/clients/:id/compare", .handle = compare_show, .scope = RIGHT_CLIENTS},
    {.method = "GET", .path = "/clients/:id/simulate", .handle = simulate_show, .scope = RIGHT_CLIENTS},
    {.method = "GET", .path = "/clients/:id/decide", .handle = decide_show, .scope = RIGHT_DECIDE},
    {.method = "POST", .path = "/clients/:id/decide", .handle = decide_submit, .scope = RIGHT_DECIDE},
    {.method = "GET", .path = "/clients/:id/letter", .handle = letter_show, .scope = RIGHT_DECIDE},
    {.method = "GET", .path = "/model", .handle = model_show, .scope = RIGHT_MODEL},
    {.method = "GET", .path = "/model/importance", .handle = model_importance_show, .scope = RIGHT_MODEL},
    {.method = "GET", .path = "/model/dependence", .handle = model_dependence_show, .scope = RIGHT_MODEL},
    {.method = "GET", .path = "/model/performance", .handle = model_performance_show, .scope = RIGHT_MODEL},
    {.method = "GET", .path = "/model/costs", .handle = model_costs_show, .scope = RIGHT_MODEL},
    {.method = "GET", .path = "/batches", .handle = batches_show, .scope = RIGHT_BATCHES},
    {.method = "POST",
     .path = "/batches",
     .handle = batch_upload_submit,
     .receiver = &batch_upload_receiver,
     .scope = RIGHT_BATCHES},
    {.method = "GET", .path = "/batches/:id", .handle = batch_show, .scope = RIGHT_BATCHES},
    {.method = "POST", .path = "/batches/:id/cancel", .handle = batch_cancel_submit, .scope = RIGHT_BATCHES},
    {.method = "GET", .path = "/batches/:id/results", .handle = batch_results_show, .scope = RIGHT_BATCHES},
    {.method = "GET", .path = "/monitoring", .handle = monitoring_show, .scope = RIGHT_MODEL},
    {.method = "GET",
     .path = "/monitoring/drift/:name",
     .handle = monitoring_drift_show,
     .scope = RIGHT_MODEL},
    {.method = "GET", .path = "/glossary", .handle = glossary_show},
    {.method = "GET",
     .path = "/static/:version/:folder/:name",
     .handle = static_file_show,
     .open = true,
     .quiet = true},
    {.method = NULL},
};

static int serve(const struct config *config, struct error *err)
{
    struct site site;
    if (site_open(&site, config, err))
        return -1;
    const struct http_program program = {.config = config,
                                         .routes = routes,
                                         .context = &site,
                                         .authorise = sign_in_required,
                                         .forget = page_forget,
                                         .fail = failure_show};
    struct http_server *server = NULL;
    int status = http_server_start(&server, &program, err);
    if (status == 0) {
        log_event(LOG_INFO, "ready", "{s:s, s:i, s:s}", "bind", config->bind, "port", (int)config->port,
                  "backend", config->backend_url);
        http_wait_for_stop(NULL, NULL);
        log_event(LOG_INFO, "stopping", NULL);
        http_server_stop(server);
    }
    site_close(&site);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct config config;
    if (argc > 1) {
        bool help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
        printf("Usage: frontend. Serves the dashboard; set by the environment.\n\n");
        config_print_help(CONFIG_FRONTEND);
        return help ? 0 : 2;
    }
    http_block_signals();
    int status = config_read(&config, CONFIG_FRONTEND, &err);
    if (status == 0 && (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT)))
        status = error_set(&err, ERROR_INTERNAL, "libsodium or libcurl cannot start");
    if (status == 0)
        status = serve(&config, &err);
    if (status)
        log_event(LOG_ERROR, "frontend", "{s:s}", "fault", err.message);
    curl_global_cleanup();
    return status ? 1 : 0;
}
