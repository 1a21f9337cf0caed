/* The applications of a scoring request: read from JSON, checked, turned into feature vectors. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_INSTANCES_H
#define CLAIRSCORE_BACKEND_RESOURCES_INSTANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/service.h"
#include "shared/http/server.h"

enum { INSTANCE_HISTORY_ROWS = 10000 /* of one table */ };

struct instances {
    bool single; /* one object was sent, not {"instances": […]} */
    size_t count;
    float *vectors;      /* count x FEATURE_COUNT */
    int64_t *client_ids; /* -1: none */
};

/* Reads the body of the exchange. Returns 0, or -1 after answering: 400 not JSON, 404 an unknown client asked
 * for alone, 422 with every wrong field, 503 a client asked for while no portfolio is loaded. The caller
 * frees with instances_free, also after a failure. */
int instances_read(struct instances *out, struct http_exchange *exchange);
void instances_free(struct instances *instances);

/* True when a feature can have the value: of an application's column the range of the schema, both ends
 * included; a derived one is only held to what a float holds. */
bool instances_takes(size_t feature, double number);

/* True when a feature can have the value; else lists it in `problems`. */
bool instances_check_value(size_t feature, double number, const char *pointer, json_t *problems);

/* Reads the JSON text of one application in a plain form (plain_instance.h) outside a request. False when it
 * has another form or anything is wrong with it: read it as JSON then, with instances_read_one. */
bool instances_read_plainly(float *vector, int64_t *client_id, const struct population *population,
                            const char *text, size_t length);

/* Reads one application, as `instances` of a request hold them, outside a request: `vector[FEATURE_COUNT]`
 * and
 * `*client_id` (-1: none). False when something is wrong: it is appended to `problems` with pointers from the
 * application on, or, when `*unavailable`, a client was asked for while there is no population (NULL). */
bool instances_read_one(float *vector, int64_t *client_id, bool *unavailable, const struct service *service,
                        const struct population *population, json_t *object, json_t *problems);

#endif
