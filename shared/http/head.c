#include "shared/http/head.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct size {
    size_t fields, bytes;
};

static enum MHD_Result add_size(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct size *size = context;
    (void)kind;
    size->fields++;
    size->bytes += strlen(name) + (value ? strlen(value) : 0);
    return MHD_YES;
}

static unsigned check_sizes(char detail[HEAD_DETAIL], const struct http_exchange *exchange,
                            struct MHD_Connection *connection)
{
    struct size size = {0};
    if (strlen(exchange->request->http_url) > HTTP_URI_BYTES) {
        snprintf(detail, HEAD_DETAIL, "The address is longer than %d bytes, which is the limit.",
                 HTTP_URI_BYTES);
        return 414;
    }
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_size, &size);
    if (size.fields <= HTTP_HEADERS && size.bytes <= HTTP_HEADER_BYTES)
        return 0;
    snprintf(detail, HEAD_DETAIL, "The headers are more than %d, or longer than %d bytes together.",
             HTTP_HEADERS, HTTP_HEADER_BYTES);
    return 431;
}

/* A header that is given several times has become one with commas. */
static unsigned check_framing(char detail[HEAD_DETAIL], const struct http_exchange *exchange)
{
    const char *host = http_request_header(exchange, "Host");
    const char *length = http_request_header(exchange, "Content-Length");
    const char *coding = http_request_header(exchange, "Transfer-Encoding");
    const char *wrong = NULL;
    if (!host && strcmp(exchange->request->http_protocol, "HTTP/1.1") == 0)
        wrong = "A request of HTTP/1.1 needs a Host header.";
    else if (host && strchr(host, ','))
        wrong = "There is more than one Host header.";
    else if (length && coding)
        wrong = "Content-Length and Transfer-Encoding exclude each other.";
    else if (length && strspn(length, "0123456789") != strlen(length))
        wrong = "Content-Length is not one whole number.";
    if (wrong) {
        snprintf(detail, HEAD_DETAIL, "%s", wrong);
        return 400;
    }
    if (!coding || strcasecmp(coding, "chunked") == 0)
        return 0;
    snprintf(detail, HEAD_DETAIL, "The only Transfer-Encoding that is known here is chunked.");
    return 501;
}

unsigned head_check(char detail[HEAD_DETAIL], const struct http_exchange *exchange,
                    struct MHD_Connection *connection)
{
    unsigned status = check_sizes(detail, exchange, connection);
    return status ? status : check_framing(detail, exchange);
}
