/* Admits requests: recognises who asks (by the key of API_KEY, a stored API key or a token of the OpenID
 * provider), counts how often they do, and holds their scopes against the route's.
 *
 * A server without any of the three asks for nothing and is for loopback only. It asks from the moment on
 * when the first key is created, and goes on when the last one is revoked. */
#ifndef CLAIRSCORE_BACKEND_ACCESS_ACCESS_H
#define CLAIRSCORE_BACKEND_ACCESS_ACCESS_H

#include <stdbool.h>

#include "backend/access/identity.h"
#include "shared/base/config.h"
#include "shared/base/error.h"
#include "shared/http/server.h"

struct access;
struct database;

/* Callers whose requests are counted at once (RATE_LIMIT); beyond, those who asked least begin anew. */
enum { ACCESS_CALLERS = 4096, ACCESS_ADDRESSES = 16384 };

/* ERROR_INVALID when nobody needs a key and BIND is not a loopback address; further errors as key_ring_start
 * and issuer_start. Config and database must outlive it. The caller stops *out. */
int access_start(struct access **out, const struct config *config, struct database *database,
                 struct error *err);
void access_stop(struct access *access);

/* True when the caller may do what the route needs; exchange->identity is then a struct identity, to be
 * released by access_forget. Else answers 401, 403, 429 or (while the keys of a token's issuer are not there)
 * 503. A route that names no scope needs all of them. With RATE_LIMIT every answer tells what is left
 * (draft-ietf-httpapi-ratelimit- headers-07). */
bool access_admit(struct access *access, struct http_exchange *exchange);
void access_forget(void *identity);

#endif
