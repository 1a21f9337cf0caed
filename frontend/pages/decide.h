/* The parts of the page on which somebody decides about a client, and of what was decided. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_DECIDE_H
#define CLAIRSCORE_FRONTEND_PAGES_DECIDE_H

#include <jansson.h>

#include "shared/http/server.h"

enum {
    DECIDE_MOTIVE = 2000, /* characters, as the API takes them */
    DECIDE_KEY = 33       /* bytes of an Idempotency-Key: 32 hexadecimal digits and the terminator */
};

/* What the form holds. */
struct decide_form {
    const char *decision; /* "granted" or "refused"; anything else: not chosen yet */
    char *motive;         /* with line feeds alone; owned, may be NULL */
    json_int_t previous;  /* id of the client's latest decision when the form was drawn; 0: none */
    char key[DECIDE_KEY]; /* made when the form was drawn: however often it is sent, it is recorded once */
};

/* What is wrong with it, as keys of texts; NULL: nothing. */
struct decide_faults {
    const char *alert, *decision, *motive;
};

/* The form's fields with what is wrong beside each. New. */
json_t *decide_form_view(const struct http_exchange *exchange, const struct decide_form *form,
                         const struct decide_faults *faults);

/* One recorded decision of the API in words: number, when, who, what, against which proposal, why. New. */
json_t *decide_decision_view(const struct http_exchange *exchange, const json_t *decision);

/* The client's decisions, the latest first, from a GET /decisions answer. New. */
json_t *decide_history_view(const struct http_exchange *exchange, const json_t *page);

/* Who decided: the one named, else who was signed in to the API. Borrowed. */
const char *decide_author(const json_t *decision);

#endif
