/* Mustache templates (mustache.5, specification 1.4 without lambdas, inheritance and set-delimiter tags) over
 * jansson values. A template is parsed once, when it is added, and rendered any number of times, by any
 * number of threads at once.
 *
 * {{name}} escapes for HTML, {{{name}}} and {{&name}} do not. A name is looked up from the innermost
 * section outwards; of a dotted name only the first part is. False values of a section are: absent, null,
 * false, "" and []. Texts go out as they are; so do numbers, which a page that shows them to a person
 * formats itself. */
#ifndef CLAIRSCORE_VIEW_TEMPLATE_H
#define CLAIRSCORE_VIEW_TEMPLATE_H

#include <jansson.h>
#include <stddef.h>

#include "shared/base/buffer.h"
#include "shared/base/error.h"

enum {
    TEMPLATE_BYTES = 1 << 20, /* of one template's text */
    TEMPLATE_DEPTH = 64,      /* sections and partials open at once; a partial may include itself */
    TEMPLATE_NAME = 64
};

/* Templates that know each other as partials. */
struct template_set;

int template_set_new(struct template_set **out, struct error *err);
void template_set_free(struct template_set *set);

/* Parses `length` bytes and keeps the template under `name`. ERROR_PARSE names template, line and fault;
 * ERROR_CONFLICT when the name is taken. */
int template_set_add(struct template_set *set, const char *name, const char *text, size_t length,
                     struct error *err);

/* Adds every FOLDER/NAME.html under NAME, then makes sure that each partial they name is there
 * (ERROR_NOT_FOUND otherwise). */
int template_set_load(struct template_set *set, const char *folder, struct error *err);

/* Appends the rendered template to `out`. A partial that does not exist renders as nothing, as the
 * specification wants. ERROR_NOT_FOUND without such a template; ERROR_LIMIT above the buffer's ceiling or
 * TEMPLATE_DEPTH. */
int template_render(struct buffer *out, const struct template_set *set, const char *name, const json_t *view,
                    struct error *err);

/* The name of a template that puts out a value unescaped, or NULL when none does. */
const char *template_set_unescaped(const struct template_set *set);

/* Calls `visit` with every name that any template looks up ("t.clients.title", "."), until it returns
 * non-zero, which is then returned. `name` is not terminated. */
int template_set_each_name(const struct template_set *set,
                           int (*visit)(void *context, const char *template_name, struct slice name),
                           void *context);

#endif
