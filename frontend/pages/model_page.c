#include "frontend/pages/model_page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/page.h"
#include "shared/base/log.h"
#include "shared/model/decision.h"
#include "shared/view/swarm.h"

enum { KEY_BYTES = 64 };

json_t *model_page_view(struct http_exchange *exchange, const char *tab, const json_t *model)
{
    char key[KEY_BYTES];
    snprintf(key, sizeof key, "%s.%s", "model_tabs.titles", tab);
    json_t *view = page_view(exchange, page_text(exchange, key));
    if (!view)
        return NULL;
    json_object_set_new(view, "tab", json_pack("{s:b}", tab, 1));
    if (*answer_text(model, "version"))
        json_object_set_new(view, "version",
                            i18n_say(page_site(exchange)->i18n, exchange->language, "model_tabs.version",
                                     I18N_VALUES("name", answer_text(model, "name"), "version",
                                                 answer_text(model, "version"))));
    return view;
}

void model_page_answer(struct http_exchange *exchange, int status, const char *template, const char *script,
                       json_t *view, const struct error *err)
{
    if (status) {
        log_event(LOG_ERROR, template, "{s:s, s:s}", "fault", err->message, "request_id",
                  exchange->request_id);
        json_decref(view);
        page_fail(exchange, 502, "failure.broken");
        return;
    }
    json_object_set_new(view, "has_charts", json_true());
    if (script)
        json_object_set_new(view, "script", json_string(script));
    page_answer(exchange, 200, template, view);
}

const char *model_page_feature(const struct http_exchange *exchange, const char *parameter)
{
    const char *name = http_query(exchange, parameter);
    size_t length = name ? strlen(name) : 0;
    bool is_name = length < MODEL_FEATURE_NAME &&
                   (!name || strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == length);
    return name && is_name ? name : "";
}

void model_page_unround(double *points, size_t count)
{
    static const double ROUNDED_TO = 0.01;
    double room = fabs(decision_contribution_points(ROUNDED_TO)), rounded = NAN;
    for (size_t i = 0, alike = 0; i < count; i++) {
        alike = points[i] == rounded ? alike + 1 : 0;
        rounded = points[i];
        points[i] += room * swarm_place_across(alike);
    }
}
