/* What backend_client.c and backend_stream.c share. */
#ifndef CLAIRSCORE_FRONTEND_BACKEND_CLIENT_PRIVATE_H
#define CLAIRSCORE_FRONTEND_BACKEND_CLIENT_PRIVATE_H

#include <curl/curl.h>

#include "frontend/backend_client.h"
#include "shared/base/buffer.h"

/* The headers that go with `call`; `content_type` of its body (NULL: none), `accept` what it wants. NULL
 * without memory; the caller frees the list. */
struct curl_slist *backend_client_headers(const struct backend_client *client,
                                          const struct backend_call *call, const char *content_type,
                                          const char *accept, const char *request_id, enum language language);

/* Points a transfer at `path` of the backend; `headers` stay the caller's. */
void backend_client_aim(const struct backend_client *client, CURL *easy, const char *path,
                        struct curl_slist *headers);

/* A curl write function: appends to the struct buffer `context`. */
size_t backend_client_receive(char *bytes, size_t size, size_t count, void *context);

/* The deadline of an ordinary call, in milliseconds. */
long backend_client_timeout_ms(const struct backend_client *client);

/* Milliseconds of a clock that does not go back. */
int64_t backend_client_now_ms(void);

/* Fills status, answer and outcome of a call that ended with `result`, and logs what went wrong. */
void backend_call_conclude(struct backend_call *call, CURLcode result, long status,
                           const struct buffer *received, int attempts, const char *request_id);

#endif
