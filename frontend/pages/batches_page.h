/* What the pages below /batches have in common. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_BATCHES_PAGE_H
#define CLAIRSCORE_FRONTEND_PAGES_BATCHES_PAGE_H

#include <jansson.h>

#include "shared/http/server.h"

enum { BATCH_ID_CHARACTERS = 32 };

/* A batch of the API as templates show it: state, figures, moments. A new object. */
json_t *batch_view(const struct http_exchange *exchange, const json_t *batch);

/* The batch id of the address; NULL when it is none: then the exchange has been answered. */
const char *batch_page_id(struct http_exchange *exchange);

/* What is wrong, {"where", "what", "foreign"}, of the API's [{"pointer", "detail"}]; `foreign` marks what is
 * told in the API's own English. A new array of at most BATCH_FAULTS. */
enum { BATCH_FAULTS = 20 };
json_t *batch_faults_view(const struct http_exchange *exchange, const json_t *errors);

/* Answers with the list of batches and the form; `message` (taken over, may be NULL) is {"text", "faults"}
 * about a file that was not taken. */
void batches_answer(struct http_exchange *exchange, unsigned status, json_t *message);

/* "12.4 MB" in the exchange's language. A new text. */
json_t *batch_size_text(const struct http_exchange *exchange, double bytes);

/* Takes the body of POST /batches. */
extern const struct http_receiver batch_upload_receiver;

#endif
