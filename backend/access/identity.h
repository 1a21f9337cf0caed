/* Who asks, and what they may do. */
#ifndef CLAIRSCORE_BACKEND_ACCESS_IDENTITY_H
#define CLAIRSCORE_BACKEND_ACCESS_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

/* What a caller may do: flags. A route names the one it needs (http_route.scope). */
enum scope {
    SCOPE_SCORE = 1,   /* score applications: predictions, explanations, what-if, batches */
    SCOPE_READ = 2,    /* see clients, population, model, decisions */
    SCOPE_DECIDE = 4,  /* record decisions */
    SCOPE_OPERATE = 8, /* run the service: load the model again */
    SCOPE_ALL = 15
};

enum { SCOPE_TEXT = 64, IDENTITY_NAME = 256, IDENTITY_LABEL = 24 };

/* How the caller was recognised. */
enum identity_kind {
    IDENTITY_ANYBODY, /* the server asks for no key */
    IDENTITY_SETTING, /* the key of API_KEY */
    IDENTITY_KEY,     /* a stored API key */
    IDENTITY_TOKEN    /* a token of the OpenID provider */
};

struct identity {
    enum identity_kind kind;
    unsigned scopes;
    /* Unambiguous, for records and logs: "anybody", "setting:API_KEY", "key:ID:NAME" or "token:SUBJECT". No
     * secret, no control characters. */
    char name[IDENTITY_NAME];
    /* The same for the log, without what may be a person's name: "anybody", "API_KEY", "clsc_ID", "token". */
    char label[IDENTITY_LABEL];
};

/* Fills `out`. `id` is that of a stored key, `name` the key's name or the token's subject; both are NULL
 * where the kind has none. A name that is too long is cut at a character, control characters become '?'. */
void identity_set(struct identity *out, enum identity_kind kind, unsigned scopes, const char *id,
                  const char *name);

/* Writes the names of `scopes` with `separator` between them: "score, read". */
void scope_write(char out[SCOPE_TEXT], unsigned scopes, const char *separator);

/* Reads names separated by blanks or commas. With `strict`, false when one is unknown: it then stands in
 * `unknown` (cut to SCOPE_TEXT); else unknown names, which other services may give a meaning, are passed
 * over.
 */
bool scope_read(unsigned *out, const char *text, bool strict, char unknown[SCOPE_TEXT]);

#endif
