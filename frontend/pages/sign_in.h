/* What the ways to sign in share. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_SIGN_IN_H
#define CLAIRSCORE_FRONTEND_PAGES_SIGN_IN_H

#include "frontend/pages/page.h"

/* Where to go afterwards: the page asked for at first, if it is one of ours; `next` may be NULL. */
const char *sign_in_destination(const char *next);

/* Answers with the form. `login` (may be NULL) is put into it, `message` (NULL: none; released) above it. */
void sign_in_show_form(struct http_exchange *exchange, struct visit *visit, unsigned status, const char *next,
                       const char *login, json_t *message);

#endif
