/* The clients that somebody looked at last, so that one click leads back to them. The browser keeps them,
 * sealed, until it closes; they open only for the account that looked. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_RECENT_H
#define CLAIRSCORE_FRONTEND_PAGES_RECENT_H

#include <jansson.h>

#include "shared/http/server.h"

/* Puts client `id` (digits) first. For who has signed in. */
void recent_add(struct http_exchange *exchange, const char *id);

/* Their ids, the latest first: an array of numbers, empty without any. New. */
json_t *recent_view(struct http_exchange *exchange);

#endif
