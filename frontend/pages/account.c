/* One's own account, and the way out of all its sessions. */
#include <stdio.h>

#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"

void account_show(struct http_exchange *exchange)
{
    static const char *const sources[ACCOUNT_SOURCES] = {
        [ACCOUNT_OF_FILE] = "account.of_file",
        [ACCOUNT_OF_ENVIRONMENT] = "account.of_environment",
        [ACCOUNT_OF_OPENID] = "account.of_openid",
    };
    const struct visit *visit = page_visit(exchange);
    const struct account *account = &visit->session.account;
    char role[64];
    snprintf(role, sizeof role, "%s.%s", "account.roles", account_role_name(account->role));
    json_t *view = page_view(exchange, page_text(exchange, "account.title"));
    json_object_set_new(view, "role", json_string(page_text(exchange, role)));
    json_object_set_new(view, "source", json_string(page_text(exchange, sources[account->source])));
    json_object_set_new(view, "since",
                        i18n_moment(page_site(exchange)->i18n, exchange->language, visit->session.began));
    page_answer(exchange, 200, "account", view);
}
