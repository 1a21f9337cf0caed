#include "shared/http/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HEADER_BYTES = 4096 };

bool fetch_is_safe(const char *address)
{
    char *scheme = NULL, *host = NULL;
    CURLU *url = curl_url();
    bool safe = url && curl_url_set(url, CURLUPART_URL, address, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK;
    if (safe && strcmp(scheme, "https") != 0)
        safe = strcmp(scheme, "http") == 0 && (strcmp(host, "localhost") == 0 ||
                                               strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0);
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return safe;
}

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    return buffer_append(context, bytes, size * count, NULL) ? 0 : size * count;
}

static int is_stopped(void *stop, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    (void)down_total, (void)down, (void)up_total, (void)up;
    return atomic_load((const atomic_bool *)stop);
}

static struct curl_slist *make_headers(const struct fetch *fetch)
{
    char line[HEADER_BYTES];
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    if (fetch->authorisation && headers &&
        snprintf(line, sizeof line, "Authorization: %s", fetch->authorisation) < (int)sizeof line)
        curl_slist_append(headers, line);
    return headers;
}

int fetch_text(struct buffer *out, long *status, const struct fetch *fetch, struct error *err)
{
    *out = buffer_new(fetch->bytes);
    if (!fetch_is_safe(fetch->address))
        return error_set(err, ERROR_INVALID,
                         "\"%s\" is not an https:// address (http:// is for this machine only)",
                         fetch->address);
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = make_headers(fetch);
    if (!easy || !headers) {
        curl_easy_cleanup(easy);
        curl_slist_free_all(headers);
        return error_set(err, ERROR_INTERNAL, "no memory to fetch %s", fetch->address);
    }
    char why[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(easy, CURLOPT_URL, fetch->address);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (strncasecmp(fetch->address, "http:", 5) == 0)
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* this machine */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, fetch->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
    if (fetch->stop) {
        curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, is_stopped);
        curl_easy_setopt(easy, CURLOPT_XFERINFODATA, fetch->stop);
    }
    if (fetch->form)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fetch->form);
    CURLcode result = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    if (result == CURLE_WRITE_ERROR)
        return error_set(err, ERROR_LIMIT, "%s answers with more than %zu bytes", fetch->address,
                         fetch->bytes);
    if (result != CURLE_OK)
        return error_set(err, ERROR_UNAVAILABLE, "%s: %s", fetch->address,
                         *why ? why : curl_easy_strerror(result));
    return 0;
}

int fetch_json(json_t **out, long *status, const struct fetch *fetch, struct error *err)
{
    struct buffer answer;
    *out = NULL;
    int failed = fetch_text(&answer, status, fetch, err);
    if (!failed)
        *out = json_loadb(answer.data ? answer.data : "", answer.length, JSON_REJECT_DUPLICATES, NULL);
    buffer_free(&answer);
    return failed;
}
