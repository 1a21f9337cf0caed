/* Signing in and out. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "frontend/pages/kept_form.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/pages/sign_in.h"
#include "shared/base/log.h"

const char *sign_in_destination(const char *next)
{
    return next && page_address_is_local(next) && strncmp(next, "/sign-", 6) != 0 ? next : "/";
}

/* The address of the other way to sign in. */
static json_t *openid_address(const char *next)
{
    char address[2 * PAGE_ADDRESS] = "/sign-in/openid";
    if (strcmp(next, "/") != 0)
        page_add_parameter(address, sizeof address, '?', "next", next);
    return json_string(address);
}

void sign_in_show_form(struct http_exchange *exchange, struct visit *visit, unsigned status, const char *next,
                       const char *login, json_t *message)
{
    const struct site *site = page_site(exchange);
    json_t *view = page_view(exchange, page_text(exchange, "sign_in.title"));
    visit->has_form = true;
    visit->sealed = false; /* the form's token needs the cookie, and time to fill it in */
    if (view) {
        json_object_set_new(view, "next", json_string(sign_in_destination(next)));
        json_object_set_new(view, "local",
                            json_boolean(*site->config->login || *site->config->accounts_file));
        if (site->openid)
            json_object_set_new(view, "openid", openid_address(sign_in_destination(next)));
        json_object_set_new(view, "login", json_string(login ? login : ""));
        json_object_set(view, "message", message);
    }
    json_decref(message);
    page_answer(exchange, status, "sign_in", view);
}

/* Why somebody who was at work is to sign in: a word of the address, and the text that says it. */
enum reason { REASON_EXPIRED, REASON_ENDED, REASON_KEPT, REASON_TOO_LARGE, REASONS };
static const struct {
    const char *word, *text;
} reasons[REASONS] = {
    [REASON_EXPIRED] = {"expired", "sign_in.session_expired"},
    [REASON_ENDED] = {"ended", "sign_in.session_ended"},
    [REASON_KEPT] = {"kept", "sign_in.form_kept"},
    [REASON_TOO_LARGE] = {"large", "sign_in.form_too_large"},
};

static const char *reason_to_sign_in(const struct http_exchange *exchange)
{
    const char *word = http_query(exchange, "because");
    for (size_t i = 0; word && i < REASONS; i++)
        if (strcmp(word, reasons[i].word) == 0)
            return reasons[i].text;
    return NULL;
}

void sign_in_show(struct http_exchange *exchange)
{
    struct visit *visit = page_visit(exchange);
    const char *next = http_query(exchange, "next");
    if (!visit)
        return;
    if (session_has_user(&visit->session)) {
        page_redirect(exchange, sign_in_destination(next));
        return;
    }
    const char *why = http_query(exchange, "signed-out") ? "sign_in.signed_out" : reason_to_sign_in(exchange);
    sign_in_show_form(exchange, visit, 200, next, NULL, why ? json_string(page_text(exchange, why)) : NULL);
}

/* What tells one client's address from another's: of IPv6 the network, whose addresses are all one client's.
 * (ulfius keeps just so much of it.) */
static size_t address_bytes(unsigned char out[8], const struct sockaddr *address)
{
    memset(out, 0, 8);
    if (address && address->sa_family == AF_INET) {
        memcpy(out, (const char *)address + offsetof(struct sockaddr_in, sin_addr), 4);
        return 4;
    }
    if (address && address->sa_family == AF_INET6)
        memcpy(out, (const char *)address + offsetof(struct sockaddr_in6, sin6_addr), 8);
    return 8;
}

static void refuse_for_now(struct http_exchange *exchange, struct visit *visit, unsigned wait_s,
                           const char *next, const char *login)
{
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%u", wait_s);
    http_header(exchange, "Retry-After", seconds);
    sign_in_show_form(
        exchange, visit, 429, next, login,
        i18n_count(page_site(exchange)->i18n, exchange->language, "sign_in.too_many", wait_s, NULL));
}

void sign_in_submit(struct http_exchange *exchange)
{
    const struct site *site = page_site(exchange);
    struct visit *visit = page_visit(exchange);
    const char *login = http_form(exchange, "login"), *password = http_form(exchange, "password");
    const char *next = http_form(exchange, "next");
    if (!visit)
        return;
    if (!page_form_is_ours(exchange, visit)) {
        sign_in_show_form(exchange, visit, 403, next, login,
                          json_string(page_text(exchange, "sign_in.expired")));
        return;
    }
    if (!login || !password || strlen(login) >= ACCOUNT_LOGIN) {
        sign_in_show_form(exchange, visit, 403, next, NULL,
                          json_string(page_text(exchange, "sign_in.wrong")));
        return;
    }
    unsigned char address[8];
    size_t length = address_bytes(address, exchange->request->client_address);
    unsigned wait_s = throttle_take(site->throttle, login, address, length, time(NULL));
    struct account account;
    bool right = wait_s == 0 && accounts_check(&account, site->accounts, login, password);
    log_event(right ? LOG_INFO : LOG_WARNING, "sign_in", "{s:s, s:s}", "outcome",
              right    ? "signed in"
              : wait_s ? "throttled"
                       : "wrong",
              "request_id", exchange->request_id);
    if (wait_s) {
        refuse_for_now(exchange, visit, wait_s, next, login);
    } else if (!right) {
        sign_in_show_form(exchange, visit, 403, next, login,
                          json_string(page_text(exchange, "sign_in.wrong")));
    } else {
        throttle_forgive(site->throttle, login, address, length);
        page_begin_session(exchange, visit, &account);
        page_redirect(exchange, sign_in_destination(next));
    }
}

void sign_out_submit(struct http_exchange *exchange)
{
    struct visit *visit = page_visit(exchange);
    struct error err = {0};
    if (!visit)
        return;
    bool known = session_has_user(&visit->session);
    if (known && !page_form_is_ours(exchange, visit)) {
        page_fail(exchange, 403, "failure.expired");
        return;
    }
    if (known && http_form(exchange, "everywhere") &&
        accounts_end_sessions(page_site(exchange)->accounts, &visit->session.account, &err)) {
        log_event(LOG_ERROR, "sign_out", "{s:s, s:s}", "fault", err.message, "request_id",
                  exchange->request_id);
        page_fail(exchange, 500, "failure.everywhere");
        return;
    }
    page_begin_session(exchange, visit, NULL);
    page_redirect(exchange, "/sign-in?signed-out=1");
}

static bool may_change_something(const struct http_exchange *exchange)
{
    const char *verb = exchange->request->http_verb;
    return strcmp(verb, "GET") != 0 && strcmp(verb, "HEAD") != 0;
}

static void send_to_sign_in(struct http_exchange *exchange, const struct visit *visit)
{
    char here[PAGE_ADDRESS], there[2 * PAGE_ADDRESS] = "/sign-in";
    char separator = '?';
    enum kept_form_outcome form = may_change_something(exchange) ? kept_form_keep(exchange) : KEPT_FORM_NONE;
    bool has_page = !may_change_something(exchange) || form != KEPT_FORM_NONE;
    enum reason why = form == KEPT_FORM_KEPT        ? REASON_KEPT
                      : form == KEPT_FORM_TOO_LARGE ? REASON_TOO_LARGE
                      : visit->ended                ? REASON_ENDED
                      : visit->expired              ? REASON_EXPIRED
                                                    : REASONS;
    page_address(here, exchange, NULL);
    if (has_page && strcmp(here, "/") != 0 && page_add_parameter(there, sizeof there, '?', "next", here))
        separator = '&';
    if (why != REASONS)
        page_add_parameter(there, sizeof there, separator, "because", reasons[why].word);
    page_redirect(exchange, there);
}

/* The form was drawn in a session that another one has replaced in this browser: back to its page, which has
 * the new session's token and shows again what was typed. */
static void send_back_to_form(struct http_exchange *exchange)
{
    char here[PAGE_ADDRESS];
    switch (kept_form_keep(exchange)) {
    case KEPT_FORM_KEPT:
        page_address(here, exchange, NULL);
        page_redirect(exchange, here);
        break;
    case KEPT_FORM_FOREIGN:
        page_fail(exchange, 403, "failure.foreign_form");
        break;
    case KEPT_FORM_NONE:
    case KEPT_FORM_TOO_LARGE:
        page_fail(exchange, 403, "failure.expired");
        break;
    }
}

bool sign_in_required(struct http_exchange *exchange)
{
    struct visit *visit = page_visit(exchange);
    if (!visit)
        return false;
    if (!session_has_user(&visit->session)) {
        send_to_sign_in(exchange, visit);
        return false;
    }
    if (!account_may(visit->session.account.role, exchange->route->scope)) {
        page_fail(exchange, 403, "failure.forbidden");
        return false;
    }
    if (may_change_something(exchange) && !page_form_is_ours(exchange, visit)) {
        send_back_to_form(exchange);
        return false;
    }
    return true;
}
