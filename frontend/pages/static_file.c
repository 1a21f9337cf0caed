/* Styles, scripts, fonts: from memory, compressed once, cached by the browser for ever under their version.
 */
#include <string.h>

#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"

static bool has_it_already(const struct http_exchange *exchange, const struct asset *asset)
{
    const char *tags = http_request_header(exchange, "If-None-Match");
    return tags && strstr(tags, asset->tag);
}

void static_file_show(struct http_exchange *exchange)
{
    const struct site *site = page_site(exchange);
    const struct asset *asset =
        assets_find(site->assets, http_path(exchange, "folder"), http_path(exchange, "name"));
    if (!asset) {
        page_fail(exchange, 404, "failure.unknown");
        return;
    }
    /* A page of another version (an open tab, the other replica of an update) gets what there is, for now. */
    bool current = strcmp(http_path(exchange, "version"), assets_version(site->assets)) == 0;
    http_header(exchange, "Cache-Control", current ? "public, max-age=31536000, immutable" : "no-cache");
    http_header(exchange, "ETag", asset->tag);
    http_header(exchange, "Vary", "Accept-Encoding");
    if (has_it_already(exchange, asset)) {
        http_answer(exchange, 304, NULL, NULL, 0);
    } else if (asset->brotli && http_takes_brotli(exchange)) {
        http_header(exchange, "Content-Encoding", "br");
        http_answer(exchange, 200, asset->type, asset->brotli, asset->brotli_length);
    } else if (asset->gzip && http_takes_gzip(exchange)) {
        http_header(exchange, "Content-Encoding", "gzip");
        http_answer(exchange, 200, asset->type, asset->gzip, asset->gzip_length);
    } else {
        http_answer(exchange, 200, asset->type, asset->bytes, asset->length);
    }
}
