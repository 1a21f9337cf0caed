/* The contract as a page to read and to try: Swagger UI from npm, built into the program with its compressed
 * form. Nothing of it is fetched from elsewhere, and its policy allows no inline script, style or eval. */
#include <string.h>

#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/base/embed.h"
#include "shared/http/problem.h"

EMBED(docs_page, "backend/docs/index.html");
EMBED(docs_css, "backend/docs/docs.css");
EMBED(docs_js, "backend/docs/docs.js");
EMBED(docs_swagger_css, "node_modules/swagger-ui-dist/swagger-ui.css");
EMBED(docs_swagger_js, "node_modules/swagger-ui-dist/swagger-ui-bundle.js");
EMBED(docs_licence, "node_modules/swagger-ui-dist/LICENSE");
EMBED(docs_licences, "node_modules/swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt");
EMBED(docs_swagger_css_gz, "swagger-ui.css.gz");
EMBED(docs_swagger_js_gz, "swagger-ui-bundle.js.gz");

static const char CSS[] = "text/css; charset=utf-8", JS[] = "text/javascript; charset=utf-8",
                  TEXT[] = "text/plain; charset=utf-8";

static const struct file {
    const char *name, *type;
    const char *bytes;
    const size_t *length;
    const char *gzip; /* NULL where compression gains little */
    const size_t *gzip_length;
} files[] = {
    {"docs.css", CSS, docs_css, &docs_css_length, NULL, NULL},
    {"docs.js", JS, docs_js, &docs_js_length, NULL, NULL},
    {"swagger-ui.css", CSS, docs_swagger_css, &docs_swagger_css_length, docs_swagger_css_gz,
     &docs_swagger_css_gz_length},
    {"swagger-ui-bundle.js", JS, docs_swagger_js, &docs_swagger_js_length, docs_swagger_js_gz,
     &docs_swagger_js_gz_length},
    {"LICENSE", TEXT, docs_licence, &docs_licence_length, NULL, NULL},
    {"swagger-ui-bundle.js.LICENSE.txt", TEXT, docs_licences, &docs_licences_length, NULL, NULL},
};

void docs_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    http_header(
        exchange, "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    http_header(exchange, "Cache-Control", "max-age=300");
    http_answer(exchange, 200, "text/html; charset=utf-8", docs_page, docs_page_length);
}

void docs_file_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    const char *name = http_path(exchange, "file");
    const struct file *file = NULL;
    for (size_t i = 0; i < sizeof files / sizeof *files && !file; i++)
        if (name && strcmp(name, files[i].name) == 0)
            file = &files[i];
    if (!file) {
        problem_answer(exchange, 404, "The page has no such file.", NULL);
        return;
    }
    http_header(exchange, "Cache-Control", "max-age=86400");
    http_header(exchange, "Vary", "Accept-Encoding");
    if (file->gzip && http_takes_gzip(exchange)) {
        http_header(exchange, "Content-Encoding", "gzip");
        http_answer(exchange, 200, file->type, file->gzip, *file->gzip_length);
    } else {
        http_answer(exchange, 200, file->type, file->bytes, *file->length);
    }
}
