#include "frontend/pages/recent.h"

#include <stdlib.h>
#include <string.h>

#include "frontend/pages/page.h"

enum { KEPT = 8 };
static const char COOKIE[] = "recent", LABEL[] = "clairscore recent clients 1";

/* As the cookie holds it, sealed. */
struct recent {
    char login[ACCOUNT_LOGIN]; /* whose they are */
    unsigned char count;
    int64_t ids[KEPT];
};

/* What the browser has of this visitor; nothing when there is none or it is somebody else's. */
static struct recent read_recent(struct http_exchange *exchange, const struct visit *visit)
{
    struct recent recent;
    size_t length = sizeof recent;
    const char *cookie = page_cookie(exchange, COOKIE);
    if (session_key_open(&recent, &length, page_site(exchange)->session_key, LABEL, cookie) &&
        length == sizeof recent && recent.count <= KEPT &&
        strncmp(recent.login, visit->session.account.login, sizeof recent.login) == 0)
        return recent;
    memset(&recent, 0, sizeof recent);
    memcpy(recent.login, visit->session.account.login, sizeof recent.login);
    return recent;
}

void recent_add(struct http_exchange *exchange, const char *id)
{
    char sealed[SESSION_SEALED_TEXT(sizeof(struct recent))];
    const struct visit *visit = page_visit(exchange);
    int64_t client = strtoll(id, NULL, 10);
    if (!visit)
        return;
    struct recent recent = read_recent(exchange, visit);
    if (recent.count > 0 && recent.ids[0] == client)
        return;
    size_t at = 0; /* of the client, or of what gives way to it */
    while (at < recent.count && recent.ids[at] != client)
        at++;
    if (at == recent.count && recent.count < KEPT)
        recent.count++;
    else if (at == KEPT)
        at = KEPT - 1;
    memmove(&recent.ids[1], &recent.ids[0], at * sizeof *recent.ids);
    recent.ids[0] = client;
    session_key_seal(sealed, sizeof sealed, page_site(exchange)->session_key, LABEL, &recent, sizeof recent);
    page_send_cookie(exchange, COOKIE, sealed, 0);
}

json_t *recent_view(struct http_exchange *exchange)
{
    json_t *ids = json_array();
    const struct visit *visit = page_visit(exchange);
    if (!visit)
        return ids;
    struct recent recent = read_recent(exchange, visit);
    for (size_t i = 0; i < recent.count; i++)
        json_array_append_new(ids, json_integer(recent.ids[i]));
    return ids;
}
