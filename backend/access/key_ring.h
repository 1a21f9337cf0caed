/* The stored API keys in memory, so that a request costs no access to the database. A thread of its own reads
 * them again every KEY_REFRESH_S seconds: a key that is created or revoked, by whatever program, is known to
 * every replica within twice that. While the database is away the keys last read stay. Thread-safe. */
#ifndef CLAIRSCORE_BACKEND_ACCESS_KEY_RING_H
#define CLAIRSCORE_BACKEND_ACCESS_KEY_RING_H

#include <stdbool.h>

#include "backend/access/identity.h"
#include "shared/base/error.h"

struct database;
struct key_ring;

enum { KEY_REFRESH_S = 1, KEY_USE_NOTED_S = 60 /* how often the last use of keys is written down */ };

/* Reads the keys and starts the thread. The database must outlive the ring. The caller stops *out. */
int key_ring_start(struct key_ring **out, struct database *database, struct error *err);
void key_ring_stop(struct key_ring *ring);

/* True when the database has ever had a key, be it revoked since. */
bool key_ring_has_keys(struct key_ring *ring);

enum key_state { KEY_GOOD, KEY_UNKNOWN, KEY_EXPIRED, KEY_REVOKED };

/* Looks the text of a key up. Only who knows the whole key hears that it has expired or was revoked. With
 * KEY_GOOD fills `out` and notes the use. */
enum key_state key_ring_find(struct identity *out, struct key_ring *ring, const char *text);

#endif
