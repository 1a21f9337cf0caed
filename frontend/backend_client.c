#include "frontend/backend_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "frontend/backend_client_private.h"
#include "frontend/breaker.h"
#include "shared/base/log.h"
#include "shared/base/progress.h"

enum { LANES = 64, HEADER_BYTES = CONFIG_TEXT + 32, POLL_MS = 1000, ATTEMPTS = 2, LEAST_TRY_MS = 10 };

struct lane {
    CURLM *multi;
    CURL *easy[BACKEND_CALLS];
};

struct backend_client {
    char url[CONFIG_TEXT]; /* without the last slash */
    char api_key[CONFIG_TEXT];
    long timeout_ms;
    struct breaker breaker;
    pthread_mutex_t lock;
    struct lane *idle[LANES]; /* lanes beyond these are closed after use */
    size_t idle_count;
};

/* ---- Lanes ------------------------------------------------------------------------------------------- */

static void free_lane(struct lane *lane)
{
    if (!lane)
        return;
    for (int i = 0; i < BACKEND_CALLS; i++)
        curl_easy_cleanup(lane->easy[i]);
    curl_multi_cleanup(lane->multi);
    free(lane);
}

static struct lane *new_lane(void)
{
    struct lane *lane = calloc(1, sizeof *lane);
    if (!lane)
        return NULL;
    lane->multi = curl_multi_init();
    for (int i = 0; i < BACKEND_CALLS; i++)
        lane->easy[i] = curl_easy_init();
    for (int i = 0; i < BACKEND_CALLS; i++)
        if (!lane->multi || !lane->easy[i]) {
            free_lane(lane);
            return NULL;
        }
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, (long)BACKEND_CALLS);
    return lane;
}

static struct lane *take_lane(struct backend_client *client)
{
    struct lane *lane = NULL;
    pthread_mutex_lock(&client->lock);
    if (client->idle_count)
        lane = client->idle[--client->idle_count];
    pthread_mutex_unlock(&client->lock);
    return lane ? lane : new_lane();
}

static void give_lane(struct backend_client *client, struct lane *lane)
{
    pthread_mutex_lock(&client->lock);
    if (client->idle_count < LANES) {
        client->idle[client->idle_count++] = lane;
        lane = NULL;
    }
    pthread_mutex_unlock(&client->lock);
    free_lane(lane);
}

int backend_client_new(struct backend_client **out, const struct config *config, struct error *err)
{
    size_t length = strlen(config->backend_url);
    if (strncasecmp(config->backend_url, "http://", 7) != 0 &&
        strncasecmp(config->backend_url, "https://", 8) != 0)
        return error_set(err, ERROR_INVALID, "BACKEND_URL: \"%s\" is no http:// or https:// address",
                         config->backend_url);
    struct backend_client *client = calloc(1, sizeof *client);
    if (!client)
        return error_set(err, ERROR_INTERNAL, "no memory for the backend's client");
    while (config->backend_url[length - 1] == '/')
        length--;
    memcpy(client->url, config->backend_url, length);
    memcpy(client->api_key, config->api_key, sizeof client->api_key);
    client->timeout_ms = (long)config->backend_timeout_ms;
    breaker_init(&client->breaker);
    pthread_mutex_init(&client->lock, NULL);
    *out = client;
    return 0;
}

void backend_client_free(struct backend_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->idle_count; i++)
        free_lane(client->idle[i]);
    pthread_mutex_destroy(&client->lock);
    breaker_destroy(&client->breaker);
    free(client);
}

/* ---- Calls ------------------------------------------------------------------------------------------- */

/* What a running call owns. */
struct transfer {
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    struct buffer received;
    CURLcode result;
    long status; /* 0 without an answer */
    bool safe;   /* may be sent again */
    int attempts;
};

size_t backend_client_receive(char *bytes, size_t size, size_t count, void *context)
{
    struct buffer *received = context;
    return buffer_append(received, bytes, size * count, NULL) ? 0 : size * count;
}

static bool add_header(struct curl_slist **headers, const char *name, const char *before, const char *value)
{
    char line[HEADER_BYTES];
    if (snprintf(line, sizeof line, "%s: %s%s", name, before, value) >= (int)sizeof line)
        return false;
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (!longer)
        return false;
    *headers = longer;
    return true;
}

struct curl_slist *backend_client_headers(const struct backend_client *client,
                                          const struct backend_call *call, const char *content_type,
                                          const char *accept, const char *request_id, enum language language)
{
    struct curl_slist *headers = NULL;
    if (add_header(&headers, "Accept", "", accept) &&
        add_header(&headers, "Accept-Language", "", language_code(language)) &&
        add_header(&headers, "X-Request-Id", "", request_id) &&
        (!*client->api_key || add_header(&headers, "Authorization", "Bearer ", client->api_key)) &&
        (!call->idempotency_key || add_header(&headers, "Idempotency-Key", "", call->idempotency_key)) &&
        (!content_type || add_header(&headers, "Content-Type", "", content_type)))
        return headers;
    curl_slist_free_all(headers);
    return NULL;
}

void backend_client_aim(const struct backend_client *client, CURL *easy, const char *path,
                        struct curl_slist *headers)
{
    char url[CONFIG_TEXT + BACKEND_PATH];
    snprintf(url, sizeof url, "%s%s", client->url, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* the backend is never behind the way out */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}

long backend_client_timeout_ms(const struct backend_client *client)
{
    return client->timeout_ms;
}

static bool prepare(struct transfer *transfer, const struct backend_client *client,
                    const struct backend_call *call, const char *request_id, enum language language)
{
    transfer->received = buffer_new(BACKEND_ANSWER_BYTES);
    transfer->result = CURLE_FAILED_INIT;
    transfer->safe = call->safe || call->idempotency_key || (!call->body && !call->method);
    if (call->body && !(transfer->body = json_dumps(call->body, JSON_COMPACT)))
        return false;
    transfer->headers =
        backend_client_headers(client, call, transfer->body ? "application/json" : NULL,
                               "application/json, application/problem+json", request_id, language);
    if (!transfer->headers)
        return false;
    CURL *easy = transfer->easy;
    curl_easy_reset(easy); /* keeps connections */
    backend_client_aim(client, easy, call->path, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, backend_client_receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer->received);
    /* curl sends again by itself when a kept connection turns out to be closed: not what alters something. */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, transfer->safe ? 0L : 1L);
    if (transfer->body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
    }
    if (call->method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    return true;
}

static void clean(struct transfer *transfer)
{
    curl_slist_free_all(transfer->headers);
    free(transfer->body);
    buffer_free(&transfer->received);
}

/* ---- Running ----------------------------------------------------------------------------------------- */

int64_t backend_client_now_ms(void)
{
    return (int64_t)(progress_clock_s() * 1e3);
}

/* A gateway's words for a backend that is not there; the backend's own while it starts or its store is away.
 */
static bool says_away(long status)
{
    return status >= 502 && status <= 504;
}

/* Sent again at once: a connection that was lost says that a replica went, and another may be there. What
 * took all the time there was is not. */
static bool is_worth_another_try(const struct transfer *transfer, int64_t left_ms)
{
    bool failed = transfer->result == CURLE_OK
                      ? says_away(transfer->status)
                      : transfer->result != CURLE_OPERATION_TIMEDOUT && transfer->result != CURLE_WRITE_ERROR;
    return failed && transfer->safe && transfer->attempts < ATTEMPTS && left_ms >= LEAST_TRY_MS;
}

/* The deadline is the call's: another try has what the first one left. */
static void start(CURLM *multi, struct transfer *transfer, int64_t left_ms)
{
    transfer->attempts++;
    transfer->status = 0;
    buffer_clear(&transfer->received);
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
    curl_multi_add_handle(multi, transfer->easy);
}

static struct transfer *transfer_of(struct transfer *transfers, size_t count, const CURL *easy)
{
    for (size_t i = 0; i < count; i++)
        if (transfers[i].easy == easy)
            return &transfers[i];
    return NULL;
}

/* Notes the result of each transfer that has ended, and starts it again where that may help; returns how
 * many were. */
static int collect(CURLM *multi, struct transfer *transfers, size_t count, int64_t deadline_ms)
{
    int left, again = 0;
    for (const CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        struct transfer *transfer = transfer_of(transfers, count, message->easy_handle);
        if (message->msg != CURLMSG_DONE || !transfer)
            continue;
        transfer->result = message->data.result;
        if (transfer->result == CURLE_OK)
            curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
        curl_multi_remove_handle(multi, transfer->easy); /* `message` is gone with it */
        int64_t left_ms = deadline_ms - backend_client_now_ms();
        if (is_worth_another_try(transfer, left_ms)) {
            start(multi, transfer, left_ms);
            again++;
        }
    }
    return again;
}

static void run_transfers(CURLM *multi, struct transfer *transfers, size_t count, long timeout_ms)
{
    int running = 1;
    int64_t deadline_ms = backend_client_now_ms() + timeout_ms;
    for (size_t i = 0; i < count; i++)
        start(multi, &transfers[i], timeout_ms);
    while (running && curl_multi_perform(multi, &running) == CURLM_OK) {
        running += collect(multi, transfers, count, deadline_ms);
        if (running && curl_multi_poll(multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
            break;
    }
    for (size_t i = 0; i < count; i++)
        curl_multi_remove_handle(multi, transfers[i].easy);
}

/* The backend is there when anything of it answers: one slow call must not shut out the others. */
static bool has_answered(const struct transfer *transfers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (transfers[i].status && !says_away(transfers[i].status))
            return true;
    return false;
}

static void report(struct backend_client *client, bool answered)
{
    enum breaker_change change = breaker_report(&client->breaker, answered, backend_client_now_ms());
    if (change != BREAKER_SAME)
        log_event(change == BREAKER_OPENED ? LOG_ERROR : LOG_INFO, "backend", "{s:s, s:s}", "state",
                  change == BREAKER_OPENED ? "away" : "back", "url", client->url);
}

/* ---- Outcomes ---------------------------------------------------------------------------------------- */

static enum backend_outcome outcome_of(const struct backend_call *call)
{
    if (call->status >= 200 && call->status < 300)
        return call->answer ? BACKEND_OK : BACKEND_BROKEN;
    if (call->status == 404)
        return BACKEND_UNKNOWN;
    if (call->status == 429 || says_away(call->status))
        return BACKEND_AWAY;
    return call->status >= 400 && call->status < 500 ? BACKEND_REJECTED : BACKEND_BROKEN;
}

void backend_call_conclude(struct backend_call *call, CURLcode result, long status,
                           const struct buffer *received, int attempts, const char *request_id)
{
    if (result == CURLE_OK) {
        call->status = status;
        call->answer =
            json_loadb(received->data ? received->data : "", received->length, JSON_REJECT_DUPLICATES, NULL);
        call->outcome = outcome_of(call);
    } else {
        call->outcome = result == CURLE_WRITE_ERROR ? BACKEND_BROKEN : BACKEND_AWAY;
    }
    if (call->outcome != BACKEND_OK && call->outcome != BACKEND_UNKNOWN)
        log_event(LOG_WARNING, "backend_call", "{s:i, s:s, s:i, s:s}", "status", (int)call->status, "fault",
                  result == CURLE_OK ? "answer" : curl_easy_strerror(result), "attempts", attempts,
                  "request_id", request_id);
}

static void run_on_lane(struct backend_client *client, struct lane *lane, struct backend_call *calls,
                        size_t count, const char *request_id, enum language language)
{
    struct transfer transfers[BACKEND_CALLS] = {0};
    bool ready = true;
    for (size_t i = 0; i < count; i++) {
        transfers[i].easy = lane->easy[i];
        ready = ready && prepare(&transfers[i], client, &calls[i], request_id, language);
    }
    if (ready) {
        run_transfers(lane->multi, transfers, count, client->timeout_ms);
        for (size_t i = 0; i < count; i++)
            backend_call_conclude(&calls[i], transfers[i].result, transfers[i].status, &transfers[i].received,
                                  transfers[i].attempts, request_id);
    }
    report(client, has_answered(transfers, count));
    for (size_t i = 0; i < count; i++)
        clean(&transfers[i]);
}

void backend_client_run(struct backend_client *client, struct backend_call *calls, size_t count,
                        const char *request_id, enum language language)
{
    for (size_t i = 0; i < count; i++) {
        calls[i].outcome = BACKEND_AWAY;
        calls[i].status = 0;
        calls[i].answer = NULL;
    }
    struct lane *lane = take_lane(client);
    if (!lane)
        return;
    if (breaker_allows(&client->breaker, backend_client_now_ms()))
        run_on_lane(client, lane, calls, count, request_id, language);
    give_lane(client, lane);
}

const struct backend_call *backend_calls_failed(const struct backend_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (calls[i].outcome != BACKEND_OK)
            return &calls[i];
    return NULL;
}

void backend_calls_clean(struct backend_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_decref(calls[i].body);
        json_decref(calls[i].answer);
        calls[i].body = calls[i].answer = NULL;
    }
}
