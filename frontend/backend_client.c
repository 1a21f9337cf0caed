#include "frontend/backend_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shared/base/buffer.h"
#include "shared/base/log.h"

enum { LANES = 64, HEADER_BYTES = CONFIG_TEXT + 32, POLL_MS = 1000 };

struct lane {
    CURLM *multi;
    CURL *easy[BACKEND_CALLS];
};

struct backend_client {
    char url[CONFIG_TEXT]; /* without the last slash */
    char api_key[CONFIG_TEXT];
    long timeout_ms;
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
};

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    struct buffer *received = context;
    return buffer_append(received, bytes, size * count, NULL) ? 0 : size * count;
}

static bool add_header(struct transfer *transfer, const char *name, const char *before, const char *value)
{
    char line[HEADER_BYTES];
    if (snprintf(line, sizeof line, "%s: %s%s", name, before, value) >= (int)sizeof line)
        return false;
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);
    if (!longer)
        return false;
    transfer->headers = longer;
    return true;
}

static bool add_headers(struct transfer *transfer, const struct backend_client *client,
                        const char *request_id, enum language language)
{
    return add_header(transfer, "Accept", "", "application/json, application/problem+json") &&
           add_header(transfer, "Accept-Language", "", language_code(language)) &&
           add_header(transfer, "X-Request-Id", "", request_id) &&
           (!*client->api_key || add_header(transfer, "Authorization", "Bearer ", client->api_key)) &&
           (!transfer->body || add_header(transfer, "Content-Type", "", "application/json"));
}

static bool prepare(struct transfer *transfer, const struct backend_client *client,
                    const struct backend_call *call, const char *request_id, enum language language)
{
    char url[CONFIG_TEXT + BACKEND_PATH];
    transfer->received = buffer_new(BACKEND_ANSWER_BYTES);
    transfer->result = CURLE_FAILED_INIT;
    if (call->body && !(transfer->body = json_dumps(call->body, JSON_COMPACT)))
        return false;
    if (!add_headers(transfer, client, request_id, language))
        return false;
    snprintf(url, sizeof url, "%s%s", client->url, call->path);
    CURL *easy = transfer->easy;
    curl_easy_reset(easy); /* keeps connections */
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* the backend is never behind the way out */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, client->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer->received);
    if (transfer->body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
    }
    return true;
}

static void clean(struct transfer *transfer)
{
    curl_slist_free_all(transfer->headers);
    free(transfer->body);
    buffer_free(&transfer->received);
}

/* Notes the result of each transfer that has ended. */
static void collect(CURLM *multi, struct transfer *transfers, size_t count)
{
    int left;
    for (const CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        if (message->msg != CURLMSG_DONE)
            continue;
        for (size_t i = 0; i < count; i++)
            if (transfers[i].easy == message->easy_handle)
                transfers[i].result = message->data.result;
    }
}

static void run_transfers(CURLM *multi, struct transfer *transfers, size_t count)
{
    int running = 1;
    for (size_t i = 0; i < count; i++)
        curl_multi_add_handle(multi, transfers[i].easy);
    while (running && curl_multi_perform(multi, &running) == CURLM_OK)
        if (running && curl_multi_poll(multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
            break;
    collect(multi, transfers, count);
    for (size_t i = 0; i < count; i++)
        curl_multi_remove_handle(multi, transfers[i].easy);
}

static enum backend_outcome outcome_of(const struct backend_call *call)
{
    if (call->status >= 200 && call->status < 300)
        return call->answer ? BACKEND_OK : BACKEND_BROKEN;
    if (call->status == 404)
        return BACKEND_UNKNOWN;
    if (call->status == 429 || call->status == 503)
        return BACKEND_AWAY;
    return call->status >= 400 && call->status < 500 ? BACKEND_REJECTED : BACKEND_BROKEN;
}

static void conclude(struct backend_call *call, struct transfer *transfer, const char *request_id)
{
    if (transfer->result == CURLE_OK) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &call->status);
        call->answer = json_loadb(transfer->received.data ? transfer->received.data : "",
                                  transfer->received.length, JSON_REJECT_DUPLICATES, NULL);
        call->outcome = outcome_of(call);
    } else {
        call->outcome = transfer->result == CURLE_WRITE_ERROR ? BACKEND_BROKEN : BACKEND_AWAY;
    }
    if (call->outcome != BACKEND_OK && call->outcome != BACKEND_UNKNOWN)
        log_event(LOG_WARNING, "backend_call", "{s:i, s:s, s:s}", "status", (int)call->status, "fault",
                  transfer->result == CURLE_OK ? "answer" : curl_easy_strerror(transfer->result),
                  "request_id", request_id);
}

void backend_client_run(struct backend_client *client, struct backend_call *calls, size_t count,
                        const char *request_id, enum language language)
{
    struct transfer transfers[BACKEND_CALLS] = {0};
    struct lane *lane = take_lane(client);
    bool ready = lane != NULL;
    for (size_t i = 0; i < count; i++) {
        calls[i].outcome = BACKEND_AWAY;
        calls[i].status = 0;
        calls[i].answer = NULL;
        transfers[i].easy = lane ? lane->easy[i] : NULL;
        ready = ready && prepare(&transfers[i], client, &calls[i], request_id, language);
    }
    if (ready) {
        run_transfers(lane->multi, transfers, count);
        for (size_t i = 0; i < count; i++)
            conclude(&calls[i], &transfers[i], request_id);
    }
    for (size_t i = 0; i < count; i++)
        clean(&transfers[i]);
    if (lane)
        give_lane(client, lane);
}

void backend_calls_clean(struct backend_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_decref(calls[i].body);
        json_decref(calls[i].answer);
        calls[i].body = calls[i].answer = NULL;
    }
}
