#include "frontend/pages/client_page.h"

#include <stdio.h>
#include <string.h>

#include "frontend/pages/page.h"

enum { ID_DIGITS = 15, NEAR_HITS = 8, SHORTENINGS = 3 };
_Static_assert((int)SHORTENINGS <= (int)BACKEND_CALLS, "calls run at once");

static bool is_client_id(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= ID_DIGITS && strspn(text, "0123456789") == length;
}

/* Ids that begin like the one asked for: with one digit less, else two, else three. */
static json_t *near_ids(struct http_exchange *exchange, const char *id)
{
    struct backend_call calls[SHORTENINGS] = {0};
    json_t *near = json_array(), *client;
    size_t length = strlen(id), count = length - 1 < SHORTENINGS ? length - 1 : SHORTENINGS, j;
    for (size_t i = 0; i < count; i++)
        snprintf(calls[i].path, BACKEND_PATH, "/clients?limit=%d&query=%.*s", NEAR_HITS,
                 (int)(length - 1 - i), id);
    if (count)
        backend_client_run(page_site(exchange)->backend, calls, count, exchange->request_id,
                           exchange->language);
    for (size_t i = 0; i < count && json_array_size(near) == 0; i++)
        json_array_foreach(json_object_get(calls[i].answer, "clients"), j, client)
            json_array_append(near, json_object_get(client, "client_id"));
    backend_calls_clean(calls, count);
    return near;
}

static void show_unknown(struct http_exchange *exchange, const char *id)
{
    json_t *view = page_view(exchange, page_text(exchange, "unknown_client.title"));
    json_object_set_new(view, "near", is_client_id(id) ? near_ids(exchange, id) : json_array());
    json_object_set_new(view, "near_given", json_boolean(json_array_size(json_object_get(view, "near")) > 0));
    json_object_set_new(view, "explanation",
                        is_client_id(id) ? i18n_say(page_site(exchange)->i18n, exchange->language,
                                                    "unknown_client.none", I18N_VALUES("id", id))
                                         : json_string(page_text(exchange, "unknown_client.no_id")));
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
