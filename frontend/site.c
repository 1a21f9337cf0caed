#include "frontend/site.h"

#include <limits.h>
#include <string.h>

#include "shared/base/file.h"

int site_open(struct site *out, const struct config *config, struct error *err)
{
    char folder[PATH_MAX];
    memset(out, 0, sizeof *out);
    out->config = config;
    if (file_path(folder, sizeof folder, config->asset_dir, "templates", err) ||
        template_set_new(&out->templates, err) || template_set_load(out->templates, folder, err) ||
        file_path(folder, sizeof folder, config->asset_dir, "locales", err) ||
        i18n_load(&out->i18n, folder, err) ||
        file_path(folder, sizeof folder, config->asset_dir, "static", err) ||
        assets_load(&out->assets, folder, err) ||
        session_key_new(&out->session_key, config->session_key, err) ||
        accounts_new(&out->accounts, config, err) || openid_new(&out->openid, config, err) ||
        throttle_new(&out->throttle, err) || backend_client_new(&out->backend, config, err) ||
        feature_list_new(&out->features, out->backend, err)) {
        site_close(out);
        return -1;
    }
    return 0;
}

void site_close(struct site *site)
{
    feature_list_free(site->features);
    backend_client_free(site->backend);
    throttle_free(site->throttle);
    openid_free(site->openid);
    accounts_free(site->accounts);
    session_key_free(site->session_key);
    assets_free(site->assets);
    i18n_free(site->i18n);
    template_set_free(site->templates);
    memset(site, 0, sizeof *site);
}
