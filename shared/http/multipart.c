#include "shared/http/multipart.h"

#include <microhttpd.h>
#include <stdlib.h>

#include "shared/http/exchange.h"
#include "shared/http/media_type.h"

enum { PIECE_BYTES = 65536 };

struct http_multipart {
    struct MHD_PostProcessor *processor;
    http_multipart_piece *piece;
    void *context;
    bool failed;
};

static enum MHD_Result take_piece(void *context, enum MHD_ValueKind kind, const char *name, const char *file,
                                  const char *type, const char *encoding, const char *bytes, uint64_t offset,
                                  size_t size)
{
    struct http_multipart *multipart = context;
    (void)kind;
    (void)type;
    (void)encoding;
    return multipart->piece(multipart->context, name ? name : "", file ? file : "", offset, bytes, size)
               ? MHD_YES
               : MHD_NO;
}

struct http_multipart *http_multipart_new(const struct http_exchange *exchange, http_multipart_piece *piece,
                                          void *context)
{
    if (!media_type_is(http_request_header(exchange, "Content-Type"), "multipart/form-data"))
        return NULL;
    struct http_multipart *multipart = calloc(1, sizeof *multipart);
    if (!multipart)
        return NULL;
    multipart->piece = piece;
    multipart->context = context;
    multipart->processor =
        MHD_create_post_processor(exchange->private->connection, PIECE_BYTES, take_piece, multipart);
    if (!multipart->processor) {
        free(multipart);
        return NULL;
    }
    return multipart;
}

bool http_multipart_read(struct http_multipart *multipart, const char *bytes, size_t size)
{
    /* libmicrohttpd wants to hear nothing more after a failure. */
    if (!multipart->failed && MHD_post_process(multipart->processor, bytes, size) != MHD_YES)
        multipart->failed = true;
    return !multipart->failed;
}

bool http_multipart_end(struct http_multipart *multipart)
{
    if (!multipart)
        return false;
    bool whole = MHD_destroy_post_processor(multipart->processor) == MHD_YES && !multipart->failed;
    free(multipart);
    return whole;
}
