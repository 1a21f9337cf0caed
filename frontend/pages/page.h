/* What every page does: know its visitor, begin a view, answer with a template. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_PAGE_H
#define CLAIRSCORE_FRONTEND_PAGES_PAGE_H

#include <jansson.h>
#include <stddef.h>

#include "frontend/site.h"
#include "shared/http/server.h"

enum {
    PAGE_BYTES = 4 << 20, /* of one rendered page */
    PAGE_ADDRESS = 2048   /* bytes of a local address with its query */
};

/* Who asks. Kept in exchange->identity, released by page_forget. */
struct visit {
    struct session session;
    bool sealed;   /* the browser has this session in its cookie already */
    bool has_form; /* the page's form needs a visitor's cookie too; without one none is sent to visitors */
    /* Why the one who was signed in no longer is: too long ago, or ended elsewhere (signed out everywhere,
     * locked, another password). Both false for who never was. */
    bool expired, ended;
};

/* The visit of this exchange, which it makes at first: from the cookie, or of a new visitor. Also settles the
 * exchange's language: ?lang=, else the cookie, else Accept-Language. Never NULL but without memory, when the
 * exchange has been answered with 500. */
struct visit *page_visit(struct http_exchange *exchange);
void page_forget(void *visit);

/* Replaces the visitor's session by a new one of `account` (NULL: nobody) and sends its cookie. */
void page_begin_session(struct http_exchange *exchange, struct visit *visit, const struct account *account);

/* A cookie for this browser that scripts cannot read, for `max_age_s` seconds (0: until it closes); an empty
 * value removes it. And what the browser sent of it, or NULL. */
void page_send_cookie(struct http_exchange *exchange, const char *name, const char *value,
                      unsigned max_age_s);
const char *page_cookie(const struct http_exchange *exchange, const char *name);

/* The same of a cookie that the browser sends to this very page alone. */
void page_send_own_cookie(struct http_exchange *exchange, const char *name, const char *value,
                          unsigned max_age_s);
const char *page_own_cookie(const struct http_exchange *exchange, const char *name);

/* Whether the request carries its session's token, in the field `token` of a form, in the header
 * X-Form-Token or, where the body goes to a receiver, in the query parameter `token`: it comes from one of
 * our own pages. Asked for every request that may change something. */
bool page_form_is_ours(struct http_exchange *exchange, const struct visit *visit);

/* The site of this exchange. */
const struct site *page_site(const struct http_exchange *exchange);

/* A text of the exchange's language. Borrowed. */
const char *page_text(const struct http_exchange *exchange, const char *key);

/* A new view that has what each page needs: texts as "t", language, user, what the user may do as "may", the
 * part of the site this page is in as "here", form token, static files' address, and `title`. A page with
 * charts adds `has_charts`; one with scripts of its own `script`, their name or names below js/; one whose
 * style sheet knows it by a class `main_class`. NULL without a visit. */
json_t *page_view(struct http_exchange *exchange, const char *title);

/* Answers with `view` (released) rendered by the template, with the style sheet that is called as the
 * template is up to its first "_", where there is one. Sends the visitor's cookie when it needs renewal.
 */
void page_answer(struct http_exchange *exchange, unsigned status, const char *template, json_t *view);

/* Answers 303 See Other with a local address. */
void page_redirect(struct http_exchange *exchange, const char *address);

/* The page of a failure: `status`, a heading and a sentence from KEY.title and KEY.text of the locales. */
void page_fail(struct http_exchange *exchange, unsigned status, const char *key);

/* The page that says why the backend did not give what was asked; with a try again where that may help. */
void page_backend_failed(struct http_exchange *exchange, const struct backend_call *call);

/* Writes the exchange's own address with its query but without ?lang=; with `language` (NULL: none) in its
 * place. "/" when it does not fit. */
void page_address(char out[PAGE_ADDRESS], const struct http_exchange *exchange, const char *language);

/* True when `address` leads to this site and nowhere else: a path, no host, no control characters. */
bool page_address_is_local(const char *address);

/* Appends "NAME=value" percent-encoded, with the given separator before it; false when it does not fit. */
bool page_add_parameter(char *out, size_t size, char separator, const char *name, const char *value);

#endif
