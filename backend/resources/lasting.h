/* Answers that depend on nothing but the route, the language, a few details of the question and the snapshot
 * that answers (backend/answers.h). */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_LASTING_H
#define CLAIRSCORE_BACKEND_RESOURCES_LASTING_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/http/server.h"

/* Answers as before when the question was asked before. `detail`: what of it matters beside route and
 * language, as it was understood ("" for nothing). To be called when nothing about the question can be wrong
 * any more. */
bool lasting_repeat(struct http_exchange *exchange, const char *detail);

/* Answers 200 with `answer` and keeps it, Content-Language included. */
void lasting_answer(struct http_exchange *exchange, const char *detail, const json_t *answer);

#endif
