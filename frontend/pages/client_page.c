#include "frontend/pages/client_page.h"

#include <stdio.h>
#include <string.h>

#include "frontend/pages/page.h"

enum { ID_DIGITS = 15, NEAR_HITS = 8 };
/* What is asked about an id that nobody has: the nearest numbers, longer ones that begin with it, and those
 * that begin like it with one digit less, with two. */
enum { NEAREST, LONGER, SHORTER, SHORTEST, CALLS };
_Static_assert((int)CALLS <= (int)BACKEND_CALLS, "calls run at once");

static bool is_client_id(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= ID_DIGITS && strspn(text, "0123456789") == length;
}

static json_t *ids_of(const struct backend_call *call)
{
    json_t *ids = json_array(), *client;
    size_t i;
    json_array_foreach(json_object_get(call->answer, "clients"), i, client)
        json_array_append(ids, json_object_get(client, "client_id"));
    return ids;
}

/* The ids that begin alike: of the longest beginning that anybody shares. */
static json_t *alike_ids(const struct backend_call calls[CALLS])
{
    json_t *ids = json_array();
    for (size_t i = LONGER; i < CALLS && json_array_size(ids) == 0; i++) {
        json_decref(ids);
        ids = ids_of(&calls[i]);
    }
    return ids;
}

static void add_ids(json_t *view, const char *name, json_t *ids)
{
    if (json_array_size(ids) > 0)
        json_object_set_new(view, name, json_pack("{s:o}", "ids", ids));
    else
        json_decref(ids);
}

/* Ids somebody may have meant: slips of a digit lead to numbers nearby, digits too few or too many to numbers
 * that begin alike. */
static void add_near_ids(json_t *view, struct http_exchange *exchange, const char *id)
{
    struct backend_call calls[CALLS] = {0};
    size_t length = strlen(id);
    snprintf(calls[NEAREST].path, BACKEND_PATH, "/clients?limit=%d&near=%s", NEAR_HITS, id);
    for (size_t i = LONGER; i < CALLS; i++) {
        size_t shorter = i - LONGER;
        snprintf(calls[i].path, BACKEND_PATH, "/clients?limit=%d&query=%.*s", NEAR_HITS,
                 (int)(length > shorter ? length - shorter : 1), id);
    }
    backend_client_run(page_site(exchange)->backend, calls, CALLS, exchange->request_id, exchange->language);
    add_ids(view, "nearest", ids_of(&calls[NEAREST]));
    add_ids(view, "alike", alike_ids(calls));
    backend_calls_clean(calls, CALLS);
}

static void show_unknown(struct http_exchange *exchange, const char *id)
{
    json_t *view = page_view(exchange, page_text(exchange, "unknown_client.title"));
    json_t *explanation = is_client_id(id) ? i18n_say(page_site(exchange)->i18n, exchange->language,
                                                      "unknown_client.none", I18N_VALUES("id", id))
                                           : json_string(page_text(exchange, "unknown_client.no_id"));
    json_object_set_new(view, "explanation", explanation);
    if (is_client_id(id))
        add_near_ids(view, exchange, id);
    page_answer(exchange, 404, "unknown_client", view);
}

const char *client_page_id(struct http_exchange *exchange)
{
    const char *id = http_path(exchange, "id");
    if (is_client_id(id))
        return id;
    show_unknown(exchange, id);
    return NULL;
}

json_t *client_page_view(struct http_exchange *exchange, const char *id, const char *title_key,
                         const char *tab)
{
    json_t *title = i18n_say(page_site(exchange)->i18n, exchange->language, title_key, I18N_VALUES("id", id));
    json_t *view = page_view(exchange, json_string_value(title));
    json_decref(title);
    if (view) {
        json_object_set_new(view, "id", json_string(id));
        json_object_set_new(view, "tab", json_pack("{s:b}", tab, 1));
    }
    return view;
}

void client_page_failed(struct http_exchange *exchange, const char *id, const struct backend_call *failed)
{
    if (failed->outcome == BACKEND_UNKNOWN)
        show_unknown(exchange, id);
    else
        page_backend_failed(exchange, failed);
}
