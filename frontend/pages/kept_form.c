#include "frontend/pages/kept_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Bound into the seals, so that one does not open as the other or as that of another layout. */
static const char STAMP_LABEL[] = "clairscore form 1", KEPT_LABEL[] = "clairscore kept form 1";

static const char *const cookies[KEPT_FORM_COOKIES] = {"clairscore-kept", "clairscore-kept-more"};

/* For whose account a form was drawn. Sealed as it is: no padding may leak what was in memory. */
struct stamp {
    int64_t until; /* seconds since 1970 */
    int64_t source;
    char login[ACCOUNT_LOGIN + 7];
};
_Static_assert(sizeof(struct stamp) == 2 * 8 + ACCOUNT_LOGIN + 7, "no padding");

enum { KEPT_TEXT = SESSION_SEALED_TEXT(KEPT_FORM_BYTES) };
_Static_assert((int)KEPT_TEXT - 1 <= (int)KEPT_FORM_COOKIES * (int)KEPT_FORM_COOKIE_BYTES,
               "the cookies hold it");

/* ---- Stamps ------------------------------------------------------------------------------------------ */

void kept_form_guard(json_t *view, const struct http_exchange *exchange)
{
    const struct visit *visit = exchange->identity;
    char text[SESSION_SEALED_TEXT(sizeof(struct stamp))];
    struct stamp stamp = {.until = time(NULL) + KEPT_FORM_STAMP_S};
    stamp.source = visit->session.account.source;
    snprintf(stamp.login, sizeof stamp.login, "%s", visit->session.account.login);
    session_key_seal(text, sizeof text, page_site(exchange)->session_key, STAMP_LABEL, &stamp, sizeof stamp);
    json_object_set_new(view, "stamp", json_string(text));
}

static bool read_stamp(struct stamp *out, struct http_exchange *exchange)
{
    size_t length = sizeof *out;
    return session_key_open(out, &length, page_site(exchange)->session_key, STAMP_LABEL,
                            http_form(exchange, "stamp")) &&
           length == sizeof *out && out->until >= time(NULL);
}

static bool is_account(const struct account *account, int64_t source, const char *login)
{
    return (int64_t)account->source == source && strcmp(account->login, login) == 0;
}

/* ---- Keeping ----------------------------------------------------------------------------------------- */

/* The path goes into a cookie's attribute: what such a page's address never holds is not kept. */
static bool is_plain_path(const char *path)
{
    return path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_-")] == '\0';
}

/* All fields but those that belong to the session. */
static json_t *fields_of(struct http_exchange *exchange)
{
    json_t *fields = json_object();
    const char **names = http_form_names(exchange);
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], "token") != 0 && strcmp(names[i], "stamp") != 0)
            json_object_set_new(fields, names[i], json_string(http_form(exchange, names[i])));
    return fields;
}

/* Sends the sealed text, or removes what was there: "". */
static void send_parts(struct http_exchange *exchange, const char *text)
{
    for (size_t i = 0; i < KEPT_FORM_COOKIES; i++) {
        char part[KEPT_FORM_COOKIE_BYTES + 1];
        snprintf(part, sizeof part, "%s", text);
        text += strlen(part);
        if (*part || page_own_cookie(exchange, cookies[i]))
            page_send_own_cookie(exchange, cookies[i], part, *part ? KEPT_FORM_S : 0);
    }
}

enum kept_form_outcome kept_form_keep(struct http_exchange *exchange)
{
    const struct visit *visit = exchange->identity;
    struct stamp stamp;
    if (!is_plain_path(exchange->request->url_path) || !read_stamp(&stamp, exchange))
        return KEPT_FORM_NONE;
    if (session_has_user(&visit->session) && !is_account(&visit->session.account, stamp.source, stamp.login))
        return KEPT_FORM_FOREIGN;
    json_t *kept = json_pack("{s:s, s:s, s:I, s:I, s:o}", "path", exchange->request->url_path, "login",
                             stamp.login, "source", (json_int_t)stamp.source, "until",
                             (json_int_t)time(NULL) + KEPT_FORM_S, "fields", fields_of(exchange));
    char plain[KEPT_FORM_BYTES], sealed[KEPT_TEXT];
    size_t length = json_dumpb(kept, plain, sizeof plain, JSON_COMPACT);
    json_decref(kept);
    if (length == 0 || length > sizeof plain)
        return KEPT_FORM_TOO_LARGE;
    session_key_seal(sealed, sizeof sealed, page_site(exchange)->session_key, KEPT_LABEL, plain, length);
    send_parts(exchange, sealed);
    return KEPT_FORM_KEPT;
}

/* ---- Showing again ----------------------------------------------------------------------------------- */

static json_t *open_kept(const struct http_exchange *exchange)
{
    char text[KEPT_TEXT + 1], plain[KEPT_FORM_BYTES];
    size_t used = 0, length = sizeof plain;
    text[0] = '\0';
    for (size_t i = 0; i < KEPT_FORM_COOKIES; i++) {
        const char *part = page_own_cookie(exchange, cookies[i]);
        int wrote = snprintf(text + used, sizeof text - used, "%s", part ? part : "");
        if (wrote < 0 || (size_t)wrote >= sizeof text - used)
            return NULL;
        used += (size_t)wrote;
    }
    if (!session_key_open(plain, &length, page_site(exchange)->session_key, KEPT_LABEL, text))
        return NULL;
    return json_loadb(plain, length, 0, NULL);
}

json_t *kept_form_find(bool *dropped, struct http_exchange *exchange)
{
    const struct visit *visit = exchange->identity;
    const char *path = NULL, *login = NULL;
    json_int_t source = 0, until = 0;
    json_t *fields = NULL;
    *dropped = false;
    if (!page_own_cookie(exchange, cookies[0]))
        return NULL;
    json_t *kept = open_kept(exchange);
    bool readable = kept && json_unpack(kept, "{s:s, s:s, s:I, s:I, s:o}", "path", &path, "login", &login,
                                        "source", &source, "until", &until, "fields", &fields) == 0;
    readable = readable && until >= time(NULL) && strcmp(path, exchange->request->url_path) == 0;
    bool own = readable && is_account(&visit->session.account, source, login);
    *dropped = readable && !own;
    if (!own)
        kept_form_forget(exchange);
    fields = own ? json_incref(fields) : NULL;
    json_decref(kept);
    return fields;
}

void kept_form_forget(struct http_exchange *exchange)
{
    send_parts(exchange, "");
}
