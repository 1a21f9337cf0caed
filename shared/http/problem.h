/* Error answers of the API: application/problem+json (RFC 9457). */
#ifndef CLAIRSCORE_HTTP_PROBLEM_H
#define CLAIRSCORE_HTTP_PROBLEM_H

#include "shared/base/error.h"
#include "shared/http/server.h"

/* Answers {"type","title","status","detail","request_id"} and "errors" when `errors` (an array of
 * {"pointer","detail"}; may be NULL; borrowed) is not empty. Under /v2 also "error", one sentence: the member
 * that the Open Inference Protocol asks for, and an extension that RFC 9457 allows. */
void problem_answer(struct http_exchange *exchange, unsigned status, const char *detail,
                    const json_t *errors);

/* The same with the members of `more` (an object; borrowed) beside the others (RFC 9457 3.2). */
void problem_answer_with(struct http_exchange *exchange, unsigned status, const char *detail,
                         const json_t *errors, const json_t *more);

/* Answers the status that belongs to `err` (NOT_FOUND 404, INVALID 422, CONFLICT 409, LIMIT 413, UNAVAILABLE
 * 503, else 500). The text of UNAVAILABLE, IO and INTERNAL errors goes to the log, never to the caller. */
void problem_answer_error(struct http_exchange *exchange, const struct error *err);

#endif
