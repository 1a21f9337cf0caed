/* Signing in and out. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "shared/base/log.h"

static bool is_signed_in(const struct visit *visit)
{
    return visit->session.user[0] != '\0';
}

/* Where to go afterwards: the page asked for at first, if it is one of ours. */
static const char *destination(const char *next)
{
    return next && page_address_is_local(next) && strncmp(next, "/sign-", 6) != 0 ? next : "/";
}

static void show_form(struct http_exchange *exchange, struct visit *visit, unsigned status, const char *next,
                      const char *login, json_t *message)
{
    json_t *view = page_view(exchange, page_text(exchange, "sign_in.title"));
    visit->has_form = true;
    if (view) {
        json_object_set_new(view, "next", json_string(destination(next)));
        json_object_set_new(view, "login", json_string(login ? login : ""));
        json_object_set(view, "message", message);
    }
    json_decref(message);
    page_answer(exchange, status, "sign_in", view);
}

void sign_in_show(struct http_exchange *exchange)
{
    struct visit *visit = page_visit(exchange);
    const char *next = http_query(exchange, "next");
    if (!visit)
        return;
    if (is_signed_in(visit)) {
        page_redirect(exchange, destination(next));
        return;
    }
    visit->sealed = false; /* the form's token needs the cookie, and time to fill it in */
    bool out = http_query(exchange, "signed-out") != NULL;
    show_form(exchange, visit, 200, next, NULL,
              out ? json_string(page_text(exchange, "sign_in.signed_out")) : NULL);
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
    show_form(exchange, visit, 429, next, login,
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
    if (!session_token_matches(site->session_key, &visit->session, http_form(exchange, "token"))) {
        show_form(exchange, visit, 403, next, login, json_string(page_text(exchange, "sign_in.expired")));
        return;
    }
    if (!login || !password || strlen(login) >= SESSION_USER) {
        show_form(exchange, visit, 403, next, NULL, json_string(page_text(exchange, "sign_in.wrong")));
        return;
    }
    unsigned char address[8];
    size_t length = address_bytes(address, exchange->request->client_address);
    unsigned wait_s = throttle_take(site->throttle, login, address, length, time(NULL));
    bool right = wait_s == 0 && accounts_check(site->accounts, login, password);
    log_event(right ? LOG_INFO : LOG_WARNING, "sign_in", "{s:s, s:s}", "outcome",
              right    ? "signed in"
              : wait_s ? "throttled"
                       : "wrong",
              "request_id", exchange->request_id);
    if (wait_s) {
        refuse_for_now(exchange, visit, wait_s, next, login);
    } else if (!right) {
        show_form(exchange, visit, 403, next, login, json_string(page_text(exchange, "sign_in.wrong")));
    } else {
        throttle_forgive(site->throttle, login, address, length);
        page_begin_session(exchange, visit, login);
        page_redirect(exchange, destination(next));
    }
}

void sign_out_submit(struct http_exchange *exchange)
{
    struct visit *visit = page_visit(exchange);
    if (!visit)
        return;
    if (is_signed_in(visit) && !session_token_matches(page_site(exchange)->session_key, &visit->session,
                                                      http_form(exchange, "token"))) {
        page_fail(exchange, 403, "failure.expired");
        return;
    }
    page_begin_session(exchange, visit, "");
    page_redirect(exchange, "/sign-in?signed-out=1");
}

bool sign_in_required(struct http_exchange *exchange)
{
    struct visit *visit = page_visit(exchange);
    if (!visit)
        return false;
    if (is_signed_in(visit))
        return true;
    char here[PAGE_ADDRESS], there[2 * PAGE_ADDRESS] = "/sign-in";
    page_address(here, exchange, NULL);
    if (strcmp(exchange->request->http_verb, "POST") != 0 && strcmp(here, "/") != 0)
        page_add_parameter(there, sizeof there, '?', "next", here);
    page_redirect(exchange, there);
    return false;
}
