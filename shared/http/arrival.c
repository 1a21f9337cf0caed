#include "shared/http/arrival.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "shared/http/url.h"

enum { FIRST_BODY_BYTES = 4096, COOKIE_BYTES = 8192 };

struct http_arrival *arrival_new(const char *uri)
{
    struct http_arrival *arrival = calloc(1, sizeof *arrival);
    if (!arrival)
        return NULL;
    if (ulfius_init_request(&arrival->request) != U_OK || ulfius_init_response(&arrival->response) != U_OK ||
        !(arrival->request.http_url = strdup(uri)) ||
        !(arrival->request.url_path = strndup(uri, strcspn(uri, "?")))) {
        arrival_free(arrival);
        return NULL;
    }
    arrival->exchange.request = &arrival->request;
    arrival->exchange.response = &arrival->response;
    arrival->exchange.private = &arrival->private;
    return arrival;
}

void arrival_free(struct http_arrival *arrival)
{
    if (!arrival)
        return;
    const struct _u_response *response = &arrival->response;
    if (!arrival->sent && response->stream_callback_free)
        response->stream_callback_free(response->stream_user_data);
    ulfius_clean_request(&arrival->request);
    ulfius_clean_response(&arrival->response);
    free(arrival);
}

/* ---- Reading ---- */

static enum MHD_Result add_to_map(void *map, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    if (!value)
        value = "";
    if (!url_is_utf8(name, strlen(name)) || !url_is_utf8(value, strlen(value)))
        return MHD_YES;
    const char *before = u_map_get(map, name);
    if (!before)
        return u_map_put(map, name, value) == U_OK ? MHD_YES : MHD_NO;
    size_t size = strlen(before) + strlen(value) + 2;
    char *joined = malloc(size);
    if (!joined)
        return MHD_NO;
    snprintf(joined, size, "%s,%s", before, value);
    int put = u_map_put(map, name, joined);
    free(joined);
    return put == U_OK ? MHD_YES : MHD_NO;
}

int arrival_read_head(struct http_arrival *arrival, struct MHD_Connection *connection, const char *method,
                      const char *version)
{
    struct _u_request *request = &arrival->request;
    request->http_verb = strdup(method);
    request->http_protocol = strdup(version);
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr *address = peer && peer->client_addr ? calloc(1, sizeof(struct sockaddr_storage)) : NULL;
    if (address)
        memcpy(address, peer->client_addr,
               peer->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                        : sizeof(struct sockaddr_in));
    request->client_address = address;
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_to_map, request->map_url);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_to_map, request->map_header);
    MHD_get_connection_values(connection, MHD_COOKIE_KIND, add_to_map, request->map_cookie);
    return request->http_verb && request->http_protocol ? 0 : -1;
}

int arrival_keep_body(struct http_arrival *arrival, const char *bytes, size_t size, size_t limit)
{
    struct _u_request *request = &arrival->request;
    size_t length = request->binary_body_length;
    if (size > limit - length)
        size = limit - length;
    if (length + size > arrival->body_capacity) {
        size_t capacity = arrival->body_capacity ? 2 * arrival->body_capacity : FIRST_BODY_BYTES;
        while (capacity < length + size)
            capacity *= 2;
        char *body = realloc(request->binary_body, capacity);
        if (!body)
            return -1;
        request->binary_body = body;
        arrival->body_capacity = capacity;
    }
    if (size > 0)
        memcpy((char *)request->binary_body + length, bytes, size);
    request->binary_body_length += size;
    return 0;
}

/* ---- Sending ---- */

/* RFC 6265 4.1. */
static void add_cookie(struct MHD_Response *answer, const struct _u_cookie *cookie)
{
    static const char *const same_site[] = {[U_COOKIE_SAME_SITE_EMPTY] = "",
                                            [U_COOKIE_SAME_SITE_STRICT] = "; SameSite=Strict",
                                            [U_COOKIE_SAME_SITE_LAX] = "; SameSite=Lax",
                                            [U_COOKIE_SAME_SITE_NONE] = "; SameSite=None"};
    char text[COOKIE_BYTES], age[32] = "";
    if (cookie->max_age)
        snprintf(age, sizeof age, "; Max-Age=%u", cookie->max_age);
    int length = snprintf(text, sizeof text, "%s=%s%s%s%s%s%s%s%s%s%s", cookie->key,
                          cookie->value ? cookie->value : "", cookie->expires ? "; Expires=" : "",
                          cookie->expires ? cookie->expires : "", age, cookie->domain ? "; Domain=" : "",
                          cookie->domain ? cookie->domain : "", cookie->path ? "; Path=" : "",
                          cookie->path ? cookie->path : "", cookie->secure ? "; Secure" : "",
                          cookie->http_only ? "; HttpOnly" : "");
    if (length < 0 || (size_t)length + sizeof "; SameSite=Strict" > sizeof text)
        return; /* no browser keeps one of that size */
    snprintf(text + length, sizeof text - (size_t)length, "%s", same_site[cookie->same_site]);
    MHD_add_response_header(answer, MHD_HTTP_HEADER_SET_COOKIE, text);
}

static struct MHD_Response *make_answer(struct _u_response *response)
{
    if (response->stream_callback)
        return MHD_create_response_from_callback(response->stream_size, response->stream_block_size,
                                                 response->stream_callback, response->stream_user_data,
                                                 response->stream_callback_free);
    struct MHD_Response *answer = MHD_create_response_from_buffer(
        response->binary_body_length, response->binary_body, MHD_RESPMEM_MUST_FREE);
    if (answer)
        response->binary_body = NULL;
    return answer;
}

/* The response's headers, and those of every answer that its handler left open. */
static void add_headers(struct MHD_Response *answer, const struct http_arrival *arrival)
{
    static const char *const usual[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "same-origin"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {"Cache-Control", "no-store"},
    };
    const struct _u_map *headers = arrival->response.map_header;
    const char **names = u_map_enum_keys(headers);
    for (size_t i = 0; names && names[i]; i++)
        MHD_add_response_header(answer, names[i], u_map_get(headers, names[i]));
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!u_map_has_key_case(headers, usual[i][0]))
            MHD_add_response_header(answer, usual[i][0], usual[i][1]);
    MHD_add_response_header(answer, "X-Request-Id", arrival->exchange.request_id);
}

enum MHD_Result arrival_send(struct http_arrival *arrival, struct MHD_Connection *connection)
{
    struct _u_response *response = &arrival->response;
    struct MHD_Response *answer = make_answer(response);
    if (!answer)
        return MHD_NO;
    arrival->sent = true;
    add_headers(answer, arrival);
    for (unsigned i = 0; i < response->nb_cookies; i++)
        add_cookie(answer, &response->map_cookie[i]);
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned)response->status, answer);
    MHD_destroy_response(answer);
    return queued;
}
