/* Signing in with the OpenID provider: off to it, and back. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "frontend/openid.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/pages/sign_in.h"
#include "shared/base/log.h"

enum { JOURNEY_S = 600 };
static const char JOURNEY_LABEL[] = "clairscore openid 1", JOURNEY_COOKIE[] = "clairscore-openid";

/* What the browser keeps meanwhile, sealed; the last one begun counts. */
struct journey {
    int64_t until; /* seconds since 1970 */
    struct openid_flow flow;
    char next[PAGE_ADDRESS];
};
_Static_assert(SESSION_SEALED_TEXT(sizeof(struct journey)) < 3500, "a browser keeps it");

static void fail(struct http_exchange *exchange, struct visit *visit, unsigned status, const char *next,
                 const char *key, const char *fault)
{
    log_event(LOG_WARNING, "sign_in", "{s:s, s:s, s:s}", "outcome", key, "fault", fault, "request_id",
              exchange->request_id);
    sign_in_show_form(exchange, visit, status, next, NULL, json_string(page_text(exchange, key)));
}

void sign_in_openid_begin(struct http_exchange *exchange)
{
    const struct site *site = page_site(exchange);
    struct visit *visit = page_visit(exchange);
    struct journey journey;
    struct error err = {0};
    char address[OPENID_ADDRESS], sealed[SESSION_SEALED_TEXT(sizeof journey)];
    const char *next = sign_in_destination(http_query(exchange, "next"));
    if (!visit)
        return;
    if (!site->openid) {
        page_fail(exchange, 404, "failure.unknown");
        return;
    }
    memset(&journey, 0, sizeof journey);
    if (openid_begin(&journey.flow, address, site->openid, &err)) {
        fail(exchange, visit, 503, next, "sign_in.openid_away", err.message);
        return;
    }
    journey.until = time(NULL) + JOURNEY_S;
    snprintf(journey.next, sizeof journey.next, "%s", next);
    session_key_seal(sealed, sizeof sealed, site->session_key, JOURNEY_LABEL, &journey, sizeof journey);
    page_send_cookie(exchange, JOURNEY_COOKIE, sealed, JOURNEY_S);
    page_redirect(exchange, address);
}

static bool read_journey(struct journey *out, const struct http_exchange *exchange)
{
    size_t length = sizeof *out;
    return session_key_open(out, &length, page_site(exchange)->session_key, JOURNEY_LABEL,
                            page_cookie(exchange, JOURNEY_COOKIE)) &&
           length == sizeof *out && out->until >= time(NULL);
}

static void finish(struct http_exchange *exchange, struct visit *visit, const struct journey *journey,
                   const char *code)
{
    const struct site *site = page_site(exchange);
    struct error err = {0};
    struct account account;
    char login[ACCOUNT_LOGIN];
    enum account_role role = ROLE_ADVISOR;
    if (openid_finish(login, &role, site->openid, &journey->flow, code, &err)) {
        bool away = err.code == ERROR_UNAVAILABLE, stranger = err.code == ERROR_NOT_FOUND;
        fail(exchange, visit, away ? 503 : 403, journey->next,
             away       ? "sign_in.openid_away"
             : stranger ? "sign_in.openid_no_role"
                        : "sign_in.openid_failed",
             err.message);
    } else if (!accounts_admit(&account, site->accounts, login, role)) {
        fail(exchange, visit, 403, journey->next, "sign_in.openid_no_role", "locked here");
    } else {
        log_event(LOG_INFO, "sign_in", "{s:s, s:s}", "outcome", "signed in by the provider", "request_id",
                  exchange->request_id);
        page_begin_session(exchange, visit, &account);
        page_redirect(exchange, journey->next);
    }
}

void sign_in_openid_finish(struct http_exchange *exchange)
{
    struct visit *visit = page_visit(exchange);
    struct journey journey;
    const char *state = http_query(exchange, "state"), *code = http_query(exchange, "code");
    const char *refusal = http_query(exchange, "error");
    if (!visit)
        return;
    if (!page_site(exchange)->openid) {
        page_fail(exchange, 404, "failure.unknown");
        return;
    }
    if (!state || !read_journey(&journey, exchange) || strlen(state) != strlen(journey.flow.state) ||
        sodium_memcmp(state, journey.flow.state, strlen(state)) != 0) {
        fail(exchange, visit, 403, NULL, "sign_in.expired", "no journey of this state");
        return;
    }
    page_send_cookie(exchange, JOURNEY_COOKIE, "", 0); /* once */
    if (code && !refusal)
        finish(exchange, visit, &journey, code);
    else
        fail(exchange, visit, 403, journey.next, "sign_in.openid_failed", refusal ? "refused" : "no code");
}
