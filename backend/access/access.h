/* Admits requests: recognises the caller by an API key and holds its scopes against the route's. */
#ifndef CLAIRSCORE_BACKEND_ACCESS_ACCESS_H
#define CLAIRSCORE_BACKEND_ACCESS_ACCESS_H

#include <stdbool.h>

#include "backend/access/identity.h"
#include "shared/base/config.h"
#include "shared/base/error.h"
#include "shared/http/server.h"

struct access;

/* Without an API key ERROR_INVALID unless BIND is a loopback address. The caller frees *out. */
int access_start(struct access **out, const struct config *config, struct error *err);
void access_stop(struct access *access);

/* True when the caller may do what the route needs; exchange->identity is then a struct identity, to be
 * released by access_forget. Else answers 401 or 403. A route that names no scope needs all of them. */
bool access_admit(struct access *access, struct http_exchange *exchange);
void access_forget(void *identity);

#endif
