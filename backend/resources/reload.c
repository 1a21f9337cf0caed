/* Loading the model artifact again without a request lost: keeper.h. */
#include <stdio.h>
#include <string.h>

#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

/* A reload takes a fraction of a second but for large portfolios: so long a caller waits for how it went, and
 * a thread of the pool with it. */
enum { WAIT_MS = 1000, DETAIL = sizeof((struct error *)0)->message + 1 };

/* Why an artifact was refused, by its files' names: where they lie is the server's own affair, and so are the
 * words of libraries. */
static void explain_refusal(char *out, size_t size, const struct reload *reload, const char *folder)
{
    const char *text = reload->refusal.message;
    size_t length = strlen(folder);
    switch (reload->refusal.code) {
    case ERROR_INVALID:
        if (strncmp(text, folder, length) == 0)
            text += length + strspn(text + length, "/");
        snprintf(out, size, "%s.", text);
        break;
    case ERROR_PARSE:
        snprintf(out, size, "A file of the artifact is damaged. The server's log tells which.");
        break;
    case ERROR_NOT_FOUND:
        snprintf(out, size, "A file of the artifact is missing. The server's log tells which.");
        break;
    default:
        snprintf(out, size, "The artifact could not be loaded. The server's log tells why.");
    }
}

static json_t *render_reload(const struct reload *reload, const char *folder)
{
    static const char *const states[] = {[RELOAD_NONE] = "none",
                                         [RELOAD_RUNNING] = "running",
                                         [RELOAD_DONE] = "done",
                                         [RELOAD_REFUSED] = "refused"};
    char detail[DETAIL];
    explain_refusal(detail, sizeof detail, reload, folder);
    return json_pack("{s:s, s:o, s:o, s:s?, s:{s:s, s:s, s:s}}", "state", states[reload->state], "began",
                     render_time(reload->began), "ended", render_time(reload->ended), "detail",
                     reload->state == RELOAD_REFUSED ? detail : NULL, "model", "name", reload->name,
                     "version", reload->version, "hash", reload->hash);
}

static void answer_reload(struct http_exchange *exchange, unsigned status, const struct reload *reload)
{
    json_t *answer = render_reload(reload, service_config(exchange->context)->model_dir);
    http_answer_json(exchange, status, answer);
    json_decref(answer);
}

void model_reload_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    struct reload reload;
    keeper_last_reload(service_keeper(exchange->context), &reload, 0);
    answer_reload(exchange, 200, &reload);
}

void model_reload_post(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    struct keeper *keeper = service_keeper(exchange->context);
    struct reload reload;
    struct error err = {0};
    if (keeper_reload(keeper, &err)) {
        problem_answer_error(exchange, &err);
        return;
    }
    keeper_last_reload(keeper, &reload, WAIT_MS);
    if (reload.state == RELOAD_REFUSED) {
        char cause[DETAIL], detail[DETAIL + 128];
        explain_refusal(cause, sizeof cause, &reload, service_config(exchange->context)->model_dir);
        snprintf(detail, sizeof detail, "The model was not taken over; version %.64s still answers. %s",
                 reload.version, cause);
        problem_answer(exchange, 422, detail, NULL);
        return;
    }
    http_header(exchange, "Location", "/model/reload");
    answer_reload(exchange, reload.state == RELOAD_RUNNING ? 202 : 200, &reload);
}
