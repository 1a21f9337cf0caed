/* The backend: the REST API that scores, explains and compares. Configured by the environment (--help). */
#include <stdio.h>
#include <string.h>

#include "backend/resources/resources.h"
#include "backend/service.h"
#include "shared/base/log.h"

/* SIGHUP. How it went is in the log, and at GET /model/reload. */
static void reload_model(void *service)
{
    struct error err = {0};
    if (keeper_reload(service_keeper(service), &err))
        log_event(LOG_WARNING, "reload_not_begun", "{s:s}", "cause", err.message);
}

static int serve(const struct config *config, struct error *err)
{
    int status = -1;
    struct http_server *server = NULL;
    struct service *service = NULL;
    http_block_signals();
    if (service_start(&service, config, err))
        return -1;
    const struct http_program program = {.config = config,
                                         .routes = resources_routes,
                                         .context = service,
                                         .metrics = service_metrics(service),
                                         .authorise = service_authorise,
                                         .forget = service_forget,
                                         .release = service_release,
                                         .fail = resources_fail};
    if (http_server_start(&server, &program, err))
        goto done;
    log_event(LOG_INFO, "listening", "{s:s, s:i, s:s}", "bind", config->bind, "port", (int)config->port,
              "model_dir", config->model_dir);
    http_wait_for_stop(reload_model, service);
    log_event(LOG_INFO, "stopping", NULL);
    http_server_stop(server);
    status = 0;
done:
    service_stop(service);
    return status;
}

int main(int argc, char **argv)
{
    struct config config;
    struct error err = {0};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("Usage: backend\n\nServes the REST API until SIGTERM or SIGINT; SIGHUP loads the model "
               "again.\n\n");
        config_print_help(CONFIG_BACKEND);
        return 0;
    }
    if (argc > 1) {
        fprintf(stderr, "backend: unknown argument %s (see --help)\n", argv[1]);
        return 2;
    }
    if (config_read(&config, CONFIG_BACKEND, &err) || serve(&config, &err)) {
        log_event(LOG_ERROR, "cannot_start", "{s:s}", "cause", err.message);
        return 1;
    }
    return 0;
}
