/* An application in one of the two forms that nearly all requests have, read in one pass over the bytes
 * without a tree of values:
 *
 *   {"client_id": 100001}
 *   {"features": {"AMT_CREDIT": 406597.5, "OWN_CAR_AGE": null, …}} */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_PLAIN_INSTANCE_H
#define CLAIRSCORE_BACKEND_RESOURCES_PLAIN_INSTANCE_H

#include <stddef.h>
#include <stdint.h>

enum plain_instance { PLAIN_NOT, PLAIN_CLIENT, PLAIN_FEATURES };

/* Reads `body` into `*client_id` or `vector[FEATURE_COUNT]`. PLAIN_NOT when it has another form, escapes, or
 * anything wrong with it, a value that a feature cannot have included: instances_read reads it then as JSON
 * and says what is wrong. What is read here gives what it would give. */
enum plain_instance plain_instance_read(float *vector, int64_t *client_id, const char *body, size_t length);

#endif
