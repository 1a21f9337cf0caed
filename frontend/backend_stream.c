#include "frontend/backend_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/backend_client_private.h"

enum { POLL_MS = 1000, PROBLEM_BYTES = 1 << 20 };

/* What both directions have: one transfer that is driven by whoever calls. */
struct stream {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    char request_id[64];
    bool over; /* `result` is there */
    CURLcode result;
};

struct backend_upload {
    struct stream stream;
    const char *pending; /* of the caller, while backend_upload_write runs */
    size_t pending_size;
    bool whole;  /* nothing more comes */
    bool paused; /* curl waits for more */
    struct buffer received;
};

struct backend_download {
    struct stream stream;
    char piece[BACKEND_STREAM_PIECE];
    size_t length, told; /* of the piece */
    bool paused;         /* curl waits for the piece to be told */
    bool begun;          /* the status is known */
    long status;
    struct buffer problem; /* the answer, when it is none of 2xx */
};

/* ---- Both ---- */

static bool stream_open(struct stream *stream, const struct backend_client *client,
                        const struct backend_call *call, const char *content_type, const char *accept,
                        const char *request_id, enum language language)
{
    stream->multi = curl_multi_init();
    stream->easy = curl_easy_init();
    stream->headers = backend_client_headers(client, call, content_type, accept, request_id, language);
    if (!stream->multi || !stream->easy || !stream->headers)
        return false;
    snprintf(stream->request_id, sizeof stream->request_id, "%s", request_id);
    backend_client_aim(client, stream->easy, call->path, stream->headers);
    curl_easy_setopt(stream->easy, CURLOPT_CONNECTTIMEOUT_MS, backend_client_timeout_ms(client));
    return true;
}

static void stream_close(struct stream *stream)
{
    if (stream->easy && stream->multi)
        curl_multi_remove_handle(stream->multi, stream->easy);
    curl_easy_cleanup(stream->easy);
    curl_multi_cleanup(stream->multi);
    curl_slist_free_all(stream->headers);
}

static void stream_end(struct stream *stream, CURLcode result)
{
    if (stream->over)
        return;
    stream->over = true;
    stream->result = result;
}

/* Lets curl do what it can do now. */
static void stream_perform(struct stream *stream)
{
    int running = 0, left;
    if (stream->over)
        return;
    if (curl_multi_perform(stream->multi, &running) != CURLM_OK) {
        stream_end(stream, CURLE_FAILED_INIT);
        return;
    }
    for (const CURLMsg *message; (message = curl_multi_info_read(stream->multi, &left));)
        if (message->msg == CURLMSG_DONE)
            stream_end(stream, message->data.result);
}

/* Waits until there is something to do, at most until the deadline, when the stream has failed. */
static void stream_wait(struct stream *stream, int64_t deadline_ms)
{
    int64_t left = deadline_ms - backend_client_now_ms();
    if (stream->over)
        return;
    if (left <= 0)
        stream_end(stream, CURLE_OPERATION_TIMEDOUT);
    else if (curl_multi_poll(stream->multi, NULL, 0, left < POLL_MS ? (int)left : POLL_MS, NULL) != CURLM_OK)
        stream_end(stream, CURLE_FAILED_INIT);
}

/* ---- Uploads ---- */

static size_t give_bytes(char *out, size_t size, size_t count, void *context)
{
    struct backend_upload *upload = context;
    size_t room = size * count, now = upload->pending_size < room ? upload->pending_size : room;
    if (now == 0 && !upload->whole) {
        upload->paused = true;
        return CURL_READFUNC_PAUSE;
    }
    if (now > 0)
        memcpy(out, upload->pending, now);
    upload->pending += now;
    upload->pending_size -= now;
    return now;
}

static void go_on_sending(struct backend_upload *upload)
{
    if (!upload->paused)
        return;
    upload->paused = false;
    curl_easy_pause(upload->stream.easy, CURLPAUSE_CONT);
}

struct backend_upload *backend_upload_new(const struct backend_client *client,
                                          const struct backend_call *call, const char *content_type,
                                          const char *request_id, enum language language)
{
    struct backend_upload *upload = calloc(1, sizeof *upload);
    if (!upload)
        return NULL;
    upload->received = buffer_new(PROBLEM_BYTES);
    if (!stream_open(&upload->stream, client, call, content_type,
                     "application/json, application/problem+json", request_id, language)) {
        backend_upload_free(upload);
        return NULL;
    }
    CURL *easy = upload->stream.easy;
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "POST");
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(easy, CURLOPT_READDATA, upload);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, backend_client_receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &upload->received);
    if (curl_multi_add_handle(upload->stream.multi, easy) != CURLM_OK) {
        backend_upload_free(upload);
        return NULL;
    }
    return upload;
}

bool backend_upload_write(struct backend_upload *upload, const char *bytes, size_t size)
{
    int64_t deadline_ms = backend_client_now_ms() + BACKEND_STREAM_STALL_MS;
    upload->pending = bytes;
    upload->pending_size = size;
    go_on_sending(upload);
    while (!upload->stream.over && upload->pending_size > 0) {
        size_t before = upload->pending_size;
        stream_perform(&upload->stream);
        if (upload->pending_size < before)
            deadline_ms = backend_client_now_ms() + BACKEND_STREAM_STALL_MS;
        else
            stream_wait(&upload->stream, deadline_ms);
    }
    upload->pending = NULL;
    upload->pending_size = 0;
    return !upload->stream.over;
}

void backend_upload_finish(struct backend_upload *upload, struct backend_call *call)
{
    long status = 0;
    int64_t deadline_ms = backend_client_now_ms() + BACKEND_STREAM_ANSWER_MS;
    upload->whole = true;
    go_on_sending(upload);
    while (!upload->stream.over) {
        stream_perform(&upload->stream);
        stream_wait(&upload->stream, deadline_ms);
    }
    curl_easy_getinfo(upload->stream.easy, CURLINFO_RESPONSE_CODE, &status);
    /* Who answers before the body is whole may close the connection on the rest of it. */
    CURLcode result = status >= 400 && upload->received.length > 0 ? CURLE_OK : upload->stream.result;
    backend_call_conclude(call, result, status, &upload->received, 1, upload->stream.request_id);
}

void backend_upload_free(struct backend_upload *upload)
{
    if (!upload)
        return;
    stream_close(&upload->stream);
    buffer_free(&upload->received);
    free(upload);
}

/* ---- Downloads ---- */

static bool is_fine(long status)
{
    return status >= 200 && status < 300;
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct backend_download *download = context;
    size_t length = size * count;
    if (!download->begun) {
        download->begun = true;
        curl_easy_getinfo(download->stream.easy, CURLINFO_RESPONSE_CODE, &download->status);
    }
    if (!is_fine(download->status))
        return backend_client_receive(bytes, size, count, &download->problem);
    if (length > sizeof download->piece - download->length) {
        download->paused = true; /* the same bytes come again */
        return CURL_WRITEFUNC_PAUSE;
    }
    memcpy(download->piece + download->length, bytes, length);
    download->length += length;
    return length;
}

/* Until there is something to tell, or nothing more comes. */
static void fill_piece(struct backend_download *download)
{
    int64_t deadline_ms = backend_client_now_ms() + BACKEND_STREAM_STALL_MS;
    download->length = download->told = 0;
    if (download->paused) {
        download->paused = false;
        curl_easy_pause(download->stream.easy, CURLPAUSE_CONT);
    }
    while (!download->stream.over && download->length == 0) {
        size_t problem = download->problem.length;
        stream_perform(&download->stream);
        if (download->length == 0 && download->problem.length == problem)
            stream_wait(&download->stream, deadline_ms);
    }
}

struct backend_download *backend_download_new(const struct backend_client *client, struct backend_call *call,
                                              const char *accept, const char *request_id,
                                              enum language language)
{
    struct backend_download *download = calloc(1, sizeof *download);
    call->outcome = BACKEND_AWAY;
    call->status = 0;
    call->answer = NULL;
    if (!download)
        return NULL;
    download->problem = buffer_new(PROBLEM_BYTES);
    if (!stream_open(&download->stream, client, call, NULL, accept, request_id, language))
        goto failed;
    curl_easy_setopt(download->stream.easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(download->stream.easy, CURLOPT_WRITEDATA, download);
    if (curl_multi_add_handle(download->stream.multi, download->stream.easy) != CURLM_OK)
        goto failed;
    fill_piece(download);
    if (!download->begun)
        curl_easy_getinfo(download->stream.easy, CURLINFO_RESPONSE_CODE, &download->status);
    if (is_fine(download->status) && (download->length > 0 || download->stream.result == CURLE_OK)) {
        call->status = download->status;
        call->outcome = BACKEND_OK;
        return download;
    }
    backend_call_conclude(call, download->stream.result, download->status, &download->problem, 1,
                          download->stream.request_id);
failed:
    backend_download_free(download);
    return NULL;
}

ssize_t backend_download_read(struct backend_download *download, char *out, size_t size)
{
    if (download->told == download->length)
        fill_piece(download);
    size_t left = download->length - download->told, now = left < size ? left : size;
    if (now == 0)
        return download->stream.result == CURLE_OK ? 0 : -1;
    memcpy(out, download->piece + download->told, now);
    download->told += now;
    return (ssize_t)now;
}

void backend_download_free(struct backend_download *download)
{
    if (!download)
        return;
    stream_close(&download->stream);
    buffer_free(&download->problem);
    free(download);
}
