/* One decision of the audit trail as it is written, and the chain that the decisions form.
 *
 * A decision is written as one line of JSON: no blanks outside texts, the fields always in this order (null
 * where there is none):
 *
 *   {"id":2,"time":"2026-11-25T09:30:00.123456Z","identity":"API
 * key","advisor":"m.durand","client_id":100001,
 *    "input_hash":"…","model":{"name":"clairscore","version":"demo","hash":"…"},"probability":0.1403,
 *    "score":518.4,"threshold":0.0909090909090909,"proposed":"refused",
 *    "reasons":{"against":["EXT_SOURCE_2"],"for":["AMT_INCOME_TOTAL"]},"decision":"granted","override":true,
 *    "motive":"Guarantee of the parents","previous":null,"request_id":"…","previous_hash":"…","hash":"…"}
 *
 * Texts are escaped where JSON demands it and nowhere else; a number is the shortest decimal that reads back
 * as the same double. `hash` is the SHA-256, in lower-case hexadecimal, of the line without its last field:
 * of the bytes up to ,"hash" and a closing brace. `previous_hash` is the hash of the decision whose id is one
 * less, 64 zeros for the first. Ids are 1, 2, 3 … without gaps. So whoever holds an export can check every
 * line with nothing but a SHA-256, and who changes, drops or moves a decision has to write all later ones
 * anew; who does that, or drops the last ones, is found out by an anchor: the id and hash of a decision,
 * noted elsewhere before (the answer to the recording and the log carry both). */
#ifndef CLAIRSCORE_BACKEND_DECISION_H
#define CLAIRSCORE_BACKEND_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/buffer.h"
#include "shared/base/error.h"
#include "shared/model/model.h"

/* Bytes with the terminator, except the last. */
enum {
    DECISION_HASH = 65,
    DECISION_IDENTITY = 256,
    DECISION_ADVISOR = 513, /* 128 characters */
    DECISION_MOTIVE = 8001, /* 2000 characters */
    DECISION_NAME = 256,    /* of a model, of its version */
    DECISION_REASONS = 1024,
    DECISION_REQUEST_ID = 33,
    DECISION_LINE = 65536 /* a line is never longer */
};

struct decision {
    int64_t id;
    int64_t time; /* when it was recorded (instant.h), by the clock of the server that did */
    char identity[DECISION_IDENTITY]; /* who was signed in */
    char advisor[DECISION_ADVISOR];   /* on whose behalf; empty: nobody was named */
    int64_t client;
    char input_hash[DECISION_HASH]; /* of what was scored: decision_hash_vector */
    char model_name[DECISION_NAME], model_version[DECISION_NAME], model_hash[DECISION_HASH];
    double probability, score, threshold;
    bool proposed_refusal, refusal;                                        /* by the model; by the human */
    char reasons_against[DECISION_REASONS], reasons_for[DECISION_REASONS]; /* codes, commas between them */
    char motive[DECISION_MOTIVE];                                          /* empty: none */
    int64_t previous; /* the client's decision before this one; 0: there was none */
    char request_id[DECISION_REQUEST_ID];
    char previous_hash[DECISION_HASH], hash[DECISION_HASH];
};

/* "granted" or "refused". */
const char *decision_word(bool refusal);

/* The SHA-256 of a feature vector, of FEATURE_COUNT little-endian float32 in catalogue order, a missing value
 * as the bytes 00 00 c0 7f. */
void decision_hash_vector(char out[DECISION_HASH], const float *vector);

/* Fills `decision->hash` from the other fields. */
int decision_seal(struct decision *decision, struct error *err);

/* Appends the decision's line, without a line feed, with the hash that it holds. */
int decision_write(struct buffer *out, const struct decision *decision, struct error *err);

/* ---- Checking ---- */

/* A point of the chain: the decision `id` has `hash`. Id 0 and 64 zeros are its beginning. */
struct anchor {
    int64_t id;
    char hash[DECISION_HASH];
};

struct anchor anchor_beginning(void);

enum { ANCHOR_TEXT = 96 };

/* "120:5f0c…": the id, a colon, the hash. */
void anchor_format(char out[ANCHOR_TEXT], const struct anchor *anchor);
bool anchor_read(struct anchor *out, const char *text);

/* Walks along decisions in ascending order. */
struct chain {
    struct anchor last;   /* seen so far */
    struct anchor anchor; /* to be met; id 0: none */
    bool anchored;        /* it was met */
    uint64_t seen, found; /* decisions; changes */
    /* Hears of each change: a sentence that names the decision. */
    void (*tell)(void *context, const char *change);
    void *context;
};

/* A chain at its beginning that has to meet `anchor` (NULL: none). */
struct chain chain_start(const struct anchor *anchor, void (*tell)(void *context, const char *change),
                         void *context);

/* Takes the next line, without line feed. A chain may also begin right behind its anchor: then what comes
 * before is not missed. */
void chain_follow(struct chain *chain, const char *line, size_t length);

/* After the last line: that decision `id` was recorded is known from elsewhere. */
void chain_expect(struct chain *chain, int64_t id);

/* After the last line: true when nothing was found to have changed, the anchor included. */
bool chain_end(struct chain *chain);

#endif
