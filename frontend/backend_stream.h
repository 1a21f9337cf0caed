/* What is too large for memory on its way between browser and backend: a body that is sent on piece by piece
 * while it arrives, and an answer that is passed on as it comes. Each stream has a connection of its own and
 * holds at most a piece (BACKEND_STREAM_PIECE) beside curl's buffers; whoever is slower makes the other wait,
 * and with it a thread of the server's pool.
 * A stream that does not move for BACKEND_STREAM_STALL_MS has failed. Streams stand outside the breaker, for
 * they last as long as the browser takes. Each is one thread's at a time. */
#ifndef CLAIRSCORE_FRONTEND_BACKEND_STREAM_H
#define CLAIRSCORE_FRONTEND_BACKEND_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "frontend/backend_client.h"

enum {
    BACKEND_STREAM_PIECE = 65536,
    BACKEND_STREAM_STALL_MS = 15000, /* without a byte moving */
    BACKEND_STREAM_ANSWER_MS = 60000 /* from the last byte of a body to the answer: it is put on a disk */
};

struct backend_upload;

/* Begins to POST a body of unknown length and `content_type` to call->path. Nothing is waited for yet. NULL
 * without memory. `call` is not looked at any more; the caller ends it with backend_upload_free. */
struct backend_upload *backend_upload_new(const struct backend_client *client,
                                          const struct backend_call *call, const char *content_type,
                                          const char *request_id, enum language language);

/* Sends the next bytes, waiting until they are on their way. False when no more are wanted: the backend has
 * answered already, or it is away; backend_upload_finish tells which. */
bool backend_upload_write(struct backend_upload *upload, const char *bytes, size_t size);

/* The body is whole: waits for the answer and fills outcome, status and answer of `call`. Once. */
void backend_upload_finish(struct backend_upload *upload, struct backend_call *call);

/* Releases it (NULL is allowed). One that was not finished is broken off: the backend keeps nothing of it. */
void backend_upload_free(struct backend_upload *upload);

struct backend_download;

/* GETs call->path with `accept` and waits until the answer begins. Fills the call's outcome and status; when
 * that is BACKEND_OK there is a stream, which the caller ends with backend_download_free, else NULL and
 * call->answer may hold the problem document. */
struct backend_download *backend_download_new(const struct backend_client *client, struct backend_call *call,
                                              const char *accept, const char *request_id,
                                              enum language language);

/* The next bytes into `out` (at most `size`, above 0): how many, 0 at the end, -1 when the answer broke off.
 */
ssize_t backend_download_read(struct backend_download *download, char *out, size_t size);

void backend_download_free(struct backend_download *download);

#endif
