/* What the pages below /clients/:id have in common. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_CLIENT_PAGE_H
#define CLAIRSCORE_FRONTEND_PAGES_CLIENT_PAGE_H

#include <jansson.h>

#include "frontend/backend_client.h"
#include "shared/http/server.h"

/* The id of the address, 1 to 15 digits. NULL when it is none: then the exchange has been answered with the
 * page of an unknown client. */
const char *client_page_id(struct http_exchange *exchange);

/* page_view() with what the template `client_head` needs: id, heading (a text that holds {id}), and which of
 * the client's pages this is ("client", "compare", "simulate", "decide", "letter"). A page that has asked for
 * /clients/{id} adds its `file` (client_file_view) for the line below the heading. */
json_t *client_page_view(struct http_exchange *exchange, const char *id, const char *title_key,
                         const char *tab);

/* Answers when a call about client `id` failed: with ids like this one when there is no such client, else as
 * page_backend_failed. */
void client_page_failed(struct http_exchange *exchange, const char *id, const struct backend_call *failed);

#endif
