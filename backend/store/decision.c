#include "backend/store/decision.h"

#include <endian.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/instant.h"

static const char beginning[DECISION_HASH] =
    "0000000000000000000000000000000000000000000000000000000000000000";
static const char last_field[] = ",\"hash\":\"";

const char *decision_word(bool refusal)
{
    return refusal ? "refused" : "granted";
}

/* ---- Hashes ---- */

static void finish_hash(char out[DECISION_HASH], crypto_hash_sha256_state *state)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(state, digest);
    sodium_bin2hex(out, DECISION_HASH, digest, sizeof digest);
}

void decision_hash_vector(char out[DECISION_HASH], const float *vector)
{
    const uint32_t missing = 0x7fc00000;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        uint32_t bits;
        memcpy(&bits, &vector[i], sizeof bits);
        bits = htole32(isnan(vector[i]) ? missing : bits);
        crypto_hash_sha256_update(&state, (const unsigned char *)&bits, sizeof bits);
    }
    finish_hash(out, &state);
}

/* Of a line whose last field begins at `length`. */
static void hash_line(char out[DECISION_HASH], const char *line, size_t length)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)line, length);
    crypto_hash_sha256_update(&state, (const unsigned char *)"}", 1);
    finish_hash(out, &state);
}

/* ---- The line ---- */

/* A text as JSON; null when there is none, or when it is no UTF-8, which nothing that was recorded is. */
static int write_text(struct buffer *out, const char *name, const char *text, struct error *err)
{
    json_t *string = *text ? json_string(text) : NULL;
    char *written = string ? json_dumps(string, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    int status = buffer_append_format(out, err, "\"%s\":%s", name, written ? written : "null");
    free(written);
    json_decref(string);
    return status;
}

static int write_number(struct buffer *out, const char *name, double value, struct error *err)
{
    char text[32] = "null";
    for (int digits = 15; isfinite(value) && digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return buffer_append_format(out, err, ",\"%s\":%s", name, text);
}

/* "A,B" as ["A","B"]. */
static int write_codes(struct buffer *out, const char *name, const char *codes, struct error *err)
{
    json_t *list = json_array();
    while (*codes) {
        size_t length = strcspn(codes, ",");
        json_array_append_new(list, json_stringn(codes, length));
        codes += length + (codes[length] == ',');
    }
    char *written = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    int status = written ? buffer_append_format(out, err, "\"%s\":%s", name, written)
                         : error_set(err, ERROR_INTERNAL, "no memory for the reasons of a decision");
    free(written);
    return status;
}

/* Everything but the last field and the closing brace. */
static int write_sealed(struct buffer *out, const struct decision *decision, struct error *err)
{
    char time[INSTANT_TEXT];
    instant_format(time, decision->time);
    bool failed =
        buffer_append_format(out, err, "{\"id\":%" PRId64 ",\"time\":\"%s\",", decision->id, time) ||
        write_text(out, "identity", decision->identity, err) || buffer_append_text(out, ",", err) ||
        write_text(out, "advisor", decision->advisor, err) ||
        buffer_append_format(out, err, ",\"client_id\":%" PRId64 ",", decision->client) ||
        write_text(out, "input_hash", decision->input_hash, err) ||
        buffer_append_text(out, ",\"model\":{", err) || write_text(out, "name", decision->model_name, err) ||
        buffer_append_text(out, ",", err) || write_text(out, "version", decision->model_version, err) ||
        buffer_append_text(out, ",", err) || write_text(out, "hash", decision->model_hash, err) ||
        buffer_append_text(out, "}", err) || write_number(out, "probability", decision->probability, err) ||
        write_number(out, "score", decision->score, err) ||
        write_number(out, "threshold", decision->threshold, err) ||
        buffer_append_format(out, err, ",\"proposed\":\"%s\",\"reasons\":{",
                             decision_word(decision->proposed_refusal)) ||
        write_codes(out, "against", decision->reasons_against, err) || buffer_append_text(out, ",", err) ||
        write_codes(out, "for", decision->reasons_for, err) ||
        buffer_append_format(out, err, "},\"decision\":\"%s\",\"override\":%s,",
                             decision_word(decision->refusal),
                             decision->refusal != decision->proposed_refusal ? "true" : "false") ||
        write_text(out, "motive", decision->motive, err) ||
        (decision->previous ? buffer_append_format(out, err, ",\"previous\":%" PRId64 ",", decision->previous)
                            : buffer_append_text(out, ",\"previous\":null,", err)) ||
        write_text(out, "request_id", decision->request_id, err) || buffer_append_text(out, ",", err) ||
        write_text(out, "previous_hash", decision->previous_hash, err);
    return failed ? -1 : 0;
}

int decision_seal(struct decision *decision, struct error *err)
{
    struct buffer line = buffer_new(DECISION_LINE);
    int status = write_sealed(&line, decision, err);
    if (!status)
        hash_line(decision->hash, line.data, line.length);
    buffer_free(&line);
    return status;
}

int decision_write(struct buffer *out, const struct decision *decision, struct error *err)
{
    if (write_sealed(out, decision, err) || buffer_append_text(out, ",", err) ||
        write_text(out, "hash", decision->hash, err))
        return -1;
    return buffer_append_text(out, "}", err);
}

/* ---- Anchors ---- */

static bool is_hash(const char *text, size_t length)
{
    return length == DECISION_HASH - 1 && strspn(text, "0123456789abcdef") >= length;
}

struct anchor anchor_beginning(void)
{
    struct anchor anchor = {.id = 0};
    memcpy(anchor.hash, beginning, sizeof beginning);
    return anchor;
}

void anchor_format(char out[ANCHOR_TEXT], const struct anchor *anchor)
{
    snprintf(out, ANCHOR_TEXT, "%" PRId64 ":%s", anchor->id, anchor->hash);
}

bool anchor_read(struct anchor *out, const char *text)
{
    char *end = NULL;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] != ':' ||
        !is_hash(text + digits + 1, strlen(text + digits + 1)))
        return false;
    out->id = strtoll(text, &end, 10);
    snprintf(out->hash, sizeof out->hash, "%s", end + 1);
    return out->id > 0 || strcmp(out->hash, beginning) == 0;
}

/* ---- The chain ---- */

static void tell(struct chain *chain, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct chain *chain, const char *format, ...)
{
    char change[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(change, sizeof change, format, arguments);
    va_end(arguments);
    chain->found++;
    chain->tell(chain->context, change);
}

struct chain chain_start(const struct anchor *anchor, void (*tell_change)(void *context, const char *change),
                         void *context)
{
    struct chain chain = {.last = anchor_beginning(),
                          .anchored = !anchor || anchor->id == 0,
                          .tell = tell_change,
                          .context = context};
    if (anchor)
        chain.anchor = *anchor;
    return chain;
}

struct link {
    int64_t id;
    char previous_hash[DECISION_HASH], hash[DECISION_HASH];
    bool sealed; /* the hash is that of the line */
};

/* Reads what the chain needs of a line; false when it is no decision at all. */
static bool read_link(struct link *out, const char *line, size_t length)
{
    const size_t behind = sizeof last_field - 1 + DECISION_HASH - 1 + 2; /* the last field, quote and brace */
    if (length <= behind || memcmp(line + length - behind, last_field, sizeof last_field - 1) != 0 ||
        memcmp(line + length - 2, "\"}", 2) != 0)
        return false;
    char computed[DECISION_HASH];
    memcpy(out->hash, line + length - 2 - (DECISION_HASH - 1), DECISION_HASH - 1);
    out->hash[DECISION_HASH - 1] = '\0';
    hash_line(computed, line, length - behind);
    out->sealed = strcmp(computed, out->hash) == 0;

    json_t *document = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *id = json_object_get(document, "id");
    const char *previous = json_string_value(json_object_get(document, "previous_hash"));
    bool fine = json_is_integer(id) && json_integer_value(id) > 0 && previous;
    if (fine) {
        out->id = json_integer_value(id);
        snprintf(out->previous_hash, sizeof out->previous_hash, "%s", previous);
    }
    json_decref(document);
    return fine;
}

static void check_place(struct chain *chain, const struct link *link)
{
    const int64_t expected = chain->last.id + 1;
    if (link->id == expected && strcmp(link->previous_hash, chain->last.hash) != 0)
        tell(chain, "Decision %" PRId64 " does not follow the one before it: one of the two was changed.",
             link->id);
    else if (link->id == expected + 1)
        tell(chain, "Decision %" PRId64 " is missing.", expected);
    else if (link->id > expected)
        tell(chain, "Decisions %" PRId64 " to %" PRId64 " are missing.", expected, link->id - 1);
    else if (link->id < expected)
        tell(chain, "Decision %" PRId64 " comes after decision %" PRId64 ": the order was changed.", link->id,
             chain->last.id);
}

void chain_follow(struct chain *chain, const char *line, size_t length)
{
    struct link link;
    chain->seen++;
    if (!read_link(&link, line, length)) {
        tell(chain, "Entry %" PRIu64 " is not a decision: it was changed.", chain->seen);
        return;
    }
    if (chain->seen == 1 && chain->anchor.id > 0 && link.id == chain->anchor.id + 1) {
        chain->last = chain->anchor;
        chain->anchored = true;
    }
    check_place(chain, &link);
    if (!link.sealed)
        tell(chain, "Decision %" PRId64 " is not what was recorded: its content or its hash was changed.",
             link.id);
    chain->last.id = link.id;
    memcpy(chain->last.hash, link.hash, sizeof link.hash);
    if (link.id != chain->anchor.id)
        return;
    chain->anchored = true;
    if (strcmp(link.hash, chain->anchor.hash) != 0)
        tell(chain, "Decision %" PRId64 " is not the one of the anchor: the trail was written anew.",
             link.id);
}

void chain_expect(struct chain *chain, int64_t id)
{
    if (id > chain->last.id)
        tell(chain,
             "Decision %" PRId64 " was recorded, yet the trail ends at %" PRId64 ": its end is missing.", id,
             chain->last.id);
}

bool chain_end(struct chain *chain)
{
    if (!chain->anchored)
        chain_expect(chain, chain->anchor.id);
    return chain->found == 0;
}
