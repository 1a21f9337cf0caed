#include "shared/http/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "shared/base/log.h"
#include "shared/http/media_type.h"
#include "shared/http/url.h"

/* 15 significant digits give back every decimal that came in with as many, without 0.1 becoming
 * 0.10000000000000001. */
static const size_t JSON_FORMAT = JSON_COMPACT | JSON_REAL_PRECISION(15);

enum { STREAM_BLOCK_BYTES = 65536 };

bool http_exchange_match(struct http_exchange *exchange, const struct http_route *route)
{
    struct http_exchange_private *private = exchange->private;
    const char *path = exchange->request->url_path, *pattern = route->path;
    size_t used = 0;
    private->value_count = 0;
    if (!path || strlen(path) >= sizeof private->path)
        return false;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        size_t length = strcspn(path, "/"), expected = strcspn(pattern, "/");
        if (*pattern == ':') {
            char *value = private->path + used;
            if (length == 0 || private->value_count == HTTP_PATH_VALUES ||
                !url_decode(value, path, length, false))
                return false;
            private->values[private->value_count].name = pattern + 1;
            private->values[private->value_count].name_length = expected - 1;
            private->values[private->value_count].value = value;
            private->value_count++;
            used += length + 1;
        } else if (length != expected || memcmp(path, pattern, length) != 0) {
            return false;
        }
        path += length;
        pattern += expected;
    }
    return *path == '\0' && *pattern == '\0';
}

void http_exchange_finish(struct http_exchange *exchange)
{
    static const char *const defaults[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "same-origin"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {"Cache-Control", "no-store"},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (!u_map_has_key_case(exchange->response->map_header, defaults[i][0]))
            u_map_put(exchange->response->map_header, defaults[i][0], defaults[i][1]);
    u_map_put(exchange->response->map_header, "X-Request-Id", exchange->request_id);
}

void http_exchange_clean(struct http_exchange *exchange)
{
    if (exchange->private->form_read)
        u_map_clean(&exchange->private->form);
}

void http_answer_take(struct http_exchange *exchange, unsigned status, const char *content_type, void *body,
                      size_t length)
{
    struct _u_response *response = exchange->response;
    free(response->binary_body);
    response->status = status;
    response->binary_body = body;
    response->binary_body_length = body ? length : 0;
    if (content_type)
        http_header(exchange, "Content-Type", content_type);
    exchange->private->answered = true;
}

void http_answer(struct http_exchange *exchange, unsigned status, const char *content_type, const void *body,
                 size_t length)
{
    void *copy = length ? malloc(length) : NULL;
    if (copy)
        memcpy(copy, body, length);
    else if (length)
        status = 500; /* no memory for the body */
    http_answer_take(exchange, status, content_type, copy, length);
}

void http_answer_stream(struct http_exchange *exchange, unsigned status, const char *content_type,
                        ssize_t (*read)(void *stream, uint64_t offset, char *out, size_t size),
                        void (*forget)(void *stream), void *stream)
{
    struct _u_response *response = exchange->response;
    response->status = status;
    response->stream_callback = read;
    response->stream_callback_free = forget;
    response->stream_user_data = stream;
    response->stream_size = U_STREAM_SIZE_UNKNOWN;
    response->stream_block_size = STREAM_BLOCK_BYTES;
    http_header(exchange, "Content-Type", content_type);
    exchange->private->answered = true;
}

void http_answer_json(struct http_exchange *exchange, unsigned status, const json_t *body)
{
    char *text = json_dumps(body, JSON_FORMAT);
    if (!text) {
        log_event(LOG_ERROR, "answer_not_json", "{s:s}", "request_id", exchange->request_id);
        status = 500;
    }
    http_answer_take(exchange, status, "application/json", text, text ? strlen(text) : 0);
}

void http_header(struct http_exchange *exchange, const char *name, const char *value)
{
    for (const char *at = value; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            log_event(LOG_WARNING, "header_dropped", "{s:s, s:s}", "name", name, "request_id",
                      exchange->request_id);
            return;
        }
    }
    u_map_remove_from_key_case(exchange->response->map_header, name);
    u_map_put(exchange->response->map_header, name, value);
}

const char *http_path(const struct http_exchange *exchange, const char *name)
{
    const struct http_exchange_private *private = exchange->private;
    for (size_t i = 0; i < private->value_count; i++)
        if (strlen(name) == private->values[i].name_length &&
            memcmp(name, private->values[i].name, private->values[i].name_length) == 0)
            return private->values[i].value;
    return NULL;
}

const char *http_query(const struct http_exchange *exchange, const char *name)
{
    return u_map_get(exchange->request->map_url, name);
}

const char *http_request_header(const struct http_exchange *exchange, const char *name)
{
    return u_map_get_case(exchange->request->map_header, name);
}

static bool takes(const struct http_exchange *exchange, const char *encoding)
{
    const char *accepted = http_request_header(exchange, "Accept-Encoding");
    return accepted && accepted[strspn(accepted, " \t")] && media_type_accepted(accepted, encoding);
}

bool http_takes_gzip(const struct http_exchange *exchange)
{
    return takes(exchange, "gzip");
}

bool http_takes_brotli(const struct http_exchange *exchange)
{
    return takes(exchange, "br");
}

const char *http_query_unknown(const struct http_exchange *exchange, const char *const *known, size_t *at)
{
    const char **names = u_map_enum_keys(exchange->request->map_url);
    while (names && names[*at]) {
        const char *name = names[(*at)++];
        bool found = strcmp(name, "lang") == 0;
        for (size_t i = 0; known[i] && !found; i++)
            found = strcmp(name, known[i]) == 0;
        if (!found)
            return name;
    }
    return NULL;
}

/* Reads name=value&… once; pairs that do not decode are left out. */
static void read_form(struct http_exchange *exchange)
{
    struct http_exchange_private *private = exchange->private;
    const char *at = exchange->request->binary_body;
    u_map_init(&private->form);
    private->form_read = true;
    if (!at ||
        !media_type_is(http_request_header(exchange, "Content-Type"), "application/x-www-form-urlencoded"))
        return;
    const char *end = at + exchange->request->binary_body_length;
    char *name = malloc((size_t)(end - at) + 2);
    while (name && at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (!stop)
            stop = end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *name_end = equals ? equals : stop, *value_start = equals ? equals + 1 : stop;
        char *value = name + (name_end - at) + 1;
        if (url_decode(name, at, (size_t)(name_end - at), true) &&
            url_decode(value, value_start, (size_t)(stop - value_start), true) &&
            !u_map_has_key(&private->form, name))
            u_map_put(&private->form, name, value);
        at = stop + (stop < end);
    }
    free(name);
}

const char *http_form(struct http_exchange *exchange, const char *name)
{
    if (!exchange->private->form_read)
        read_form(exchange);
    return u_map_get(&exchange->private->form, name);
}
