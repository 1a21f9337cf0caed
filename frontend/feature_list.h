/* The catalogue of features as the backend gives it (GET /features), kept for FEATURE_LIST_S seconds in each
 * language: it changes only with another model or version of the backend, is large, and pages need it before
 * they know what else to ask. Thread-safe. */
#ifndef CLAIRSCORE_FRONTEND_FEATURE_LIST_H
#define CLAIRSCORE_FRONTEND_FEATURE_LIST_H

#include <jansson.h>

#include "frontend/backend_client.h"

enum { FEATURE_LIST_S = 60 };

struct feature_list;

/* `backend` is borrowed as long as the list lives. */
int feature_list_new(struct feature_list **out, struct backend_client *backend, struct error *err);
void feature_list_free(struct feature_list *list);

/* The entries of /features by name, in the catalogue's order: an object that nobody changes. A new reference.
 * NULL when the backend had to be asked and did not give it: `call` then tells the outcome, for
 * backend_calls_clean like any other. */
json_t *feature_list_get(struct feature_list *list, struct backend_call *call, const char *request_id,
                         enum language language);

#endif
