#include "shared/base/gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { WINDOW_AND_GZIP = 15 + 16, MEMORY = 9 };

int gzip_compress(void **out, size_t *out_length, const void *bytes, size_t length, enum gzip_effort effort,
                  struct error *err)
{
    z_stream stream = {0};
    *out = NULL;
    *out_length = 0;
    if (length > UINT_MAX / 2)
        return error_set(err, ERROR_LIMIT, "more than zlib compresses at once");
    if (deflateInit2(&stream, (int)effort, Z_DEFLATED, WINDOW_AND_GZIP, MEMORY, Z_DEFAULT_STRATEGY))
        return error_set(err, ERROR_INTERNAL, "zlib cannot start");
    uLong bound = deflateBound(&stream, (uLong)length);
    void *compressed = malloc(bound);
    stream.next_in = (z_const Bytef *)bytes;
    stream.avail_in = (uInt)length;
    stream.next_out = compressed;
    stream.avail_out = (uInt)bound;
    int status = compressed ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
    size_t total = stream.total_out;
    deflateEnd(&stream);
    if (status != Z_STREAM_END || total >= length) {
        free(compressed);
        return status == Z_STREAM_END ? 0 : error_set(err, ERROR_INTERNAL, "zlib cannot compress");
    }
    *out = compressed;
    *out_length = total;
    return 0;
}
