#include "frontend/pages/page.h"

#include <orcania.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shared/base/gzip.h"
#include "shared/base/log.h"

enum { COOKIE_NAME = 64, LANGUAGE_COOKIE_S = 365 * 24 * 3600, RETRY_S = 5 };
static const char LANGUAGE_COOKIE[] = "language", SESSION_COOKIE[] = "clairscore";
static const char CONTENT_POLICY[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const struct site *page_site(const struct http_exchange *exchange)
{
    return exchange->context;
}

const char *page_text(const struct http_exchange *exchange, const char *key)
{
    return i18n_text(page_site(exchange)->i18n, exchange->language, key);
}

/* ---- Visits ------------------------------------------------------------------------------------------ */

/* A browser takes __Host- cookies only over HTTPS, only from this very host and only for all its pages;
 * __Secure- ones only over HTTPS. */
static const char ALL_PAGES[] = "__Host-", ONE_PAGE[] = "__Secure-";

static void cookie_name(char out[COOKIE_NAME], const struct http_exchange *exchange, const char *prefix,
                        const char *name)
{
    bool secure = page_site(exchange)->config->cookie_secure;
    snprintf(out, COOKIE_NAME, "%s%s", secure ? prefix : "", name);
}

static void send_cookie(struct http_exchange *exchange, const char *name, const char *value, const char *path,
                        unsigned max_age_s)
{
    ulfius_add_same_site_cookie_to_response(
        exchange->response, name, value, *value ? NULL : "Thu, 01 Jan 1970 00:00:00 GMT", max_age_s, NULL,
        path, page_site(exchange)->config->cookie_secure, 1, U_COOKIE_SAME_SITE_LAX);
}

void page_send_cookie(struct http_exchange *exchange, const char *name, const char *value, unsigned max_age_s)
{
    char whole[COOKIE_NAME];
    cookie_name(whole, exchange, ALL_PAGES, name);
    send_cookie(exchange, whole, value, "/", max_age_s);
}

const char *page_cookie(const struct http_exchange *exchange, const char *name)
{
    char whole[COOKIE_NAME];
    cookie_name(whole, exchange, ALL_PAGES, name);
    return u_map_get(exchange->request->map_cookie, whole);
}

void page_send_own_cookie(struct http_exchange *exchange, const char *name, const char *value,
                          unsigned max_age_s)
{
    char whole[COOKIE_NAME];
    cookie_name(whole, exchange, ONE_PAGE, name);
    send_cookie(exchange, whole, value, exchange->request->url_path, max_age_s);
}

const char *page_own_cookie(const struct http_exchange *exchange, const char *name)
{
    char whole[COOKIE_NAME];
    cookie_name(whole, exchange, ONE_PAGE, name);
    return u_map_get(exchange->request->map_cookie, whole);
}

static void send_session(struct http_exchange *exchange, struct visit *visit)
{
    char sealed[SESSION_TEXT];
    session_seal(sealed, page_site(exchange)->session_key, &visit->session);
    page_send_cookie(exchange, SESSION_COOKIE, sealed, 0);
    visit->sealed = true;
}

static void settle_language(struct http_exchange *exchange)
{
    const char *wanted = http_query(exchange, "lang");
    const char *kept = u_map_get(exchange->request->map_cookie, LANGUAGE_COOKIE);
    exchange->language =
        language_choose(wanted ? wanted : kept, http_request_header(exchange, "Accept-Language"));
    if (wanted && strcmp(wanted, language_code(exchange->language)) == 0)
        send_cookie(exchange, LANGUAGE_COOKIE, wanted, "/", LANGUAGE_COOKIE_S);
}

struct visit *page_visit(struct http_exchange *exchange)
{
    if (exchange->identity)
        return exchange->identity;
    struct visit *visit = calloc(1, sizeof *visit);
    if (!visit) {
        http_answer(exchange, 500, "text/plain", NULL, 0);
        return NULL;
    }
    exchange->identity = visit;
    settle_language(exchange);
    const struct site *site = page_site(exchange);
    const char *cookie = page_cookie(exchange, SESSION_COOKIE);
    int64_t now = time(NULL);
    bool open = session_open(&visit->session, site->session_key, cookie, now);
    bool known = (open || session_read(&visit->session, site->session_key, cookie)) &&
                 session_has_user(&visit->session);
    visit->expired = known && !open;
    visit->ended = known && open && !accounts_stands(site->accounts, &visit->session.account);
    if (open && !visit->ended) {
        visit->sealed = now - visit->session.seen <= SESSION_RENEW_S;
        visit->session.seen = now;
    } else {
        session_begin(&visit->session, NULL, now);
    }
    return visit;
}

void page_forget(void *visit)
{
    free(visit);
}

void page_begin_session(struct http_exchange *exchange, struct visit *visit, const struct account *account)
{
    session_begin(&visit->session, account, time(NULL));
    send_session(exchange, visit);
}

bool page_form_is_ours(struct http_exchange *exchange, const struct visit *visit)
{
    const char *token = http_form(exchange, "token");
    if (!token)
        token = http_request_header(exchange, "X-Form-Token");
    /* The body of such a route is not there yet, and is not wanted from a stranger. */
    if (!token && exchange->route && exchange->route->receiver)
        token = http_query(exchange, "token");
    return session_token_matches(page_site(exchange)->session_key, &visit->session, token);
}

/* ---- Addresses --------------------------------------------------------------------------------------- */

bool page_add_parameter(char *out, size_t size, char separator, const char *name, const char *value)
{
    char *encoded_name = ulfius_url_encode(name), *encoded = ulfius_url_encode(value);
    size_t length = strlen(out);
    int wrote = encoded_name && encoded
                    ? snprintf(out + length, size - length, "%c%s=%s", separator, encoded_name, encoded)
                    : -1;
    o_free(encoded_name);
    o_free(encoded);
    if (wrote >= 0 && (size_t)wrote < size - length)
        return true;
    out[length] = '\0';
    return false;
}

void page_address(char out[PAGE_ADDRESS], const struct http_exchange *exchange, const char *language)
{
    char separator = '?';
    bool fits = snprintf(out, PAGE_ADDRESS, "%s", exchange->request->url_path) < PAGE_ADDRESS;
    const char **names = u_map_enum_keys(exchange->request->map_url);
    for (size_t i = 0; fits && names && names[i]; i++) {
        if (strcmp(names[i], "lang") == 0)
            continue;
        const char *value = http_query(exchange, names[i]);
        fits = page_add_parameter(out, PAGE_ADDRESS, separator, names[i], value ? value : "");
        separator = '&';
    }
    if (fits && language)
        fits = page_add_parameter(out, PAGE_ADDRESS, separator, "lang", language);
    if (!fits || !page_address_is_local(out))
        memcpy(out, "/", 2);
}

bool page_address_is_local(const char *address)
{
    if (address[0] != '/' || address[1] == '/' || strlen(address) >= PAGE_ADDRESS)
        return false;
    for (const char *at = address; *at; at++)
        if (*at == '\\' || (unsigned char)*at <= 0x20 || *at == 0x7f)
            return false;
    return true;
}

/* ---- Views ------------------------------------------------------------------------------------------- */

static json_t *other_language(const struct http_exchange *exchange)
{
    enum language other = exchange->language == LANGUAGE_FR ? LANGUAGE_EN : LANGUAGE_FR;
    char address[PAGE_ADDRESS];
    /* A form's answer cannot be asked for again by a link. */
    bool again = strcmp(exchange->request->http_verb, "POST") != 0;
    page_address(address, exchange, language_code(other));
    if (!again)
        snprintf(address, sizeof address, "/?lang=%s", language_code(other));
    return json_pack("{s:s, s:s, s:s}", "code", language_code(other), "name",
                     i18n_text(page_site(exchange)->i18n, other, "nav.language"), "href", address);
}

static json_t *rights_view(const struct account *account)
{
    bool known = *account->login != '\0';
    return json_pack("{s:b, s:b, s:b, s:b}", "clients", known && account_may(account->role, RIGHT_CLIENTS),
                     "decide", known && account_may(account->role, RIGHT_DECIDE), "model",
                     known && account_may(account->role, RIGHT_MODEL), "batches",
                     known && account_may(account->role, RIGHT_BATCHES));
}

/* {"clients": true} on /clients and all below it: marks the page's place in the navigation. */
static json_t *here_view(const struct http_exchange *exchange)
{
    json_t *here = json_object();
    const char *path = exchange->request->url_path;
    path += *path == '/';
    json_object_setn_new(here, path, strcspn(path, "/"), json_true());
    return here;
}

json_t *page_view(struct http_exchange *exchange, const char *title)
{
    struct visit *visit = page_visit(exchange);
    if (!visit)
        return NULL;
    const struct site *site = page_site(exchange);
    char token[SESSION_TOKEN], static_address[ASSET_NAME];
    session_token(token, site->session_key, &visit->session);
    snprintf(static_address, sizeof static_address, "/static/%s", assets_version(site->assets));
    return json_pack("{s:O, s:s, s:o, s:s, s:o, s:o, s:b, s:s, s:s, s:s, s:o}", "t",
                     i18n_texts(site->i18n, exchange->language), "lang", language_code(exchange->language),
                     "other_language", other_language(exchange), "user", visit->session.account.login, "may",
                     rights_view(&visit->session.account), "here", here_view(exchange), "bar_search",
                     session_has_user(&visit->session), "token", token, "static", static_address, "title",
                     title, "moment", i18n_moment(site->i18n, exchange->language, time(NULL)));
}

/* Sends a page, compressed for who takes that. Its form token is masked anew each time (session_token), so
 * that its compressed length says nothing about it. */
static void send_page(struct http_exchange *exchange, unsigned status, struct buffer *page)
{
    static const char type[] = "text/html; charset=utf-8";
    struct error err = {0};
    void *compressed = NULL;
    size_t length = page->length;
    http_header(exchange, "Vary", "Accept-Encoding, Accept-Language, Cookie");
    if (length && http_takes_gzip(exchange) &&
        gzip_compress(&compressed, &length, page->data, page->length, GZIP_QUICK, &err) == 0 && compressed) {
        http_header(exchange, "Content-Encoding", "gzip");
        http_answer_take(exchange, status, type, compressed, length);
        buffer_free(page);
        return;
    }
    length = page->length;
    http_answer_take(exchange, status, type, buffer_take(page), length);
}

/* The style sheet of a page of its own, where there is one: css/model.css for the templates model and
 * model_costs. */
static void add_style(const struct site *site, const char *template, json_t *view)
{
    char style[TEMPLATE_NAME], file[TEMPLATE_NAME + sizeof ".css"];
    snprintf(style, sizeof style, "%.*s", (int)strcspn(template, "_"), template);
    snprintf(file, sizeof file, "%s.css", style);
    if (view && assets_find(site->assets, "css", file))
        json_object_set_new(view, "style", json_string(style));
}

void page_answer(struct http_exchange *exchange, unsigned status, const char *template, json_t *view)
{
    struct error err = {0};
    struct buffer page = buffer_new(PAGE_BYTES);
    struct visit *visit = exchange->identity;
    add_style(page_site(exchange), template, view);
    if (!view || template_render(&page, page_site(exchange)->templates, template, view, &err)) {
        log_event(LOG_ERROR, "page", "{s:s, s:s, s:s}", "template", template, "fault",
                  view ? err.message : "no view", "request_id", exchange->request_id);
        buffer_clear(&page);
        status = 500;
    }
    json_decref(view);
    if (visit && !visit->sealed && (session_has_user(&visit->session) || visit->has_form))
        send_session(exchange, visit);
    http_header(exchange, "Content-Security-Policy", CONTENT_POLICY);
    http_header(exchange, "Content-Language", language_code(exchange->language));
    send_page(exchange, status, &page);
}

void page_redirect(struct http_exchange *exchange, const char *address)
{
    http_header(exchange, "Location", address);
    http_answer(exchange, 303, NULL, NULL, 0);
}

/* ---- Failures ---------------------------------------------------------------------------------------- */

void page_fail(struct http_exchange *exchange, unsigned status, const char *key)
{
    char title_key[64], text_key[64], address[PAGE_ADDRESS];
    if (!page_visit(exchange))
        return;
    snprintf(title_key, sizeof title_key, "%s.title", key);
    snprintf(text_key, sizeof text_key, "%s.text", key);
    page_address(address, exchange, NULL);
    json_t *view = page_view(exchange, page_text(exchange, title_key));
    json_t *failure =
        json_pack("{s:s, s:s}", "text", page_text(exchange, text_key), "request_id", exchange->request_id);
    if (status == 502 || status == 503)
        json_object_set_new(failure, "again", json_string(address));
    if (view)
        json_object_set_new(view, "failure", failure);
    else
        json_decref(failure);
    page_answer(exchange, status, "failure", view);
}

void page_backend_failed(struct http_exchange *exchange, const struct backend_call *call)
{
    char seconds[16];
    switch (call->outcome) {
    case BACKEND_AWAY:
        /* The browser tries again by itself, script or not. */
        snprintf(seconds, sizeof seconds, "%d", RETRY_S);
        http_header(exchange, "Refresh", seconds);
        http_header(exchange, "Retry-After", seconds);
        page_fail(exchange, 503, "failure.away");
        break;
    case BACKEND_UNKNOWN:
        page_fail(exchange, 404, "failure.unknown");
        break;
    case BACKEND_REJECTED:
        page_fail(exchange, 502,
                  call->status == 401 || call->status == 403 ? "failure.key" : "failure.broken");
        break;
    default:
        page_fail(exchange, 502, "failure.broken");
        break;
    }
}
