/* What the dashboard's pages share; made by main, read only while the server runs. */
#ifndef CLAIRSCORE_FRONTEND_SITE_H
#define CLAIRSCORE_FRONTEND_SITE_H

#include "frontend/accounts.h"
#include "frontend/assets.h"
#include "frontend/backend_client.h"
#include "frontend/feature_list.h"
#include "frontend/openid.h"
#include "frontend/session.h"
#include "frontend/throttle.h"
#include "shared/base/config.h"
#include "shared/view/i18n.h"
#include "shared/view/template.h"

struct site {
    const struct config *config;
    struct template_set *templates;
    struct i18n *i18n;
    struct assets *assets;
    struct session_key *session_key;
    struct accounts *accounts;
    struct openid *openid; /* NULL: none is set */
    struct throttle *throttle;
    struct backend_client *backend;
    struct feature_list *features;
};

/* Loads everything from the configuration. sodium_init() and curl_global_init() must have been called. */
int site_open(struct site *out, const struct config *config, struct error *err);

/* Releases it; works on a zeroed or half-open site. */
void site_close(struct site *site);

#endif
