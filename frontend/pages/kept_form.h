/* What somebody typed into a form that could not be taken, because the session had ended meanwhile or another
 * one had begun in the same browser: it stays with the browser, sealed, for the form's own page, which shows
 * it again to the same account. Nothing is ever sent by itself.
 *
 * A form takes part that holds the fields of the template `form_guard`: the token, without which it is not
 * taken, and a stamp, which says for whose account the page drew it. Only stamped forms are kept: another
 * site could otherwise have its own words shown as what the user typed. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_KEPT_FORM_H
#define CLAIRSCORE_FRONTEND_PAGES_KEPT_FORM_H

#include <jansson.h>

#include "frontend/pages/page.h"

enum {
    KEPT_FORM_S = 1800,           /* seconds that it is kept */
    KEPT_FORM_STAMP_S = 604800,   /* seconds after it was drawn that a form is still kept: over a weekend */
    KEPT_FORM_BYTES = 5400,       /* of all fields, as JSON; more is not kept */
    KEPT_FORM_COOKIES = 2,        /* that hold it */
    KEPT_FORM_COOKIE_BYTES = 3700 /* of one; browsers refuse more than 4096 with its name */
};

/* Adds to a page's view what the template `form_guard` needs beside the token. */
void kept_form_guard(json_t *view, const struct http_exchange *exchange);

enum kept_form_outcome {
    KEPT_FORM_NONE,    /* the request has no stamped form, or it was drawn too long ago */
    KEPT_FORM_KEPT,    /* the form's page has it now */
    KEPT_FORM_FOREIGN, /* drawn for another account than the one that is signed in now: not kept */
    KEPT_FORM_TOO_LARGE
};

/* Keeps the form of this request, which is not taken: for the visitor who signs in next, or for the account
 * that is signed in, if the form was drawn for it. */
enum kept_form_outcome kept_form_keep(struct http_exchange *exchange);

/* The fields kept for this page and this account, as a new object of texts, or NULL. They stay until
 * kept_form_forget or KEPT_FORM_S. Those of another account are dropped; `*dropped` says so. */
json_t *kept_form_find(bool *dropped, struct http_exchange *exchange);

/* Forgets what was kept for this page, when it is taken or no longer wanted. */
void kept_form_forget(struct http_exchange *exchange);

#endif
