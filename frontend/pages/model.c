/* The model's card: what it is, how good it is, why it refuses where it does, what it is not for. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/backend_client.h"
#include "frontend/pages/model_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/view/markdown.h"
#include "shared/base/instant.h"
#include "shared/base/number.h"

enum { MODEL, CARD, CALLS, HASH_SHOWN = 12 };
_Static_assert((int)CALLS <= (int)BACKEND_CALLS, "calls run at once");

/* ---- Identity ---------------------------------------------------------------------------------------- */

static void add_field(json_t *fields, const struct http_exchange *exchange, const char *key, json_t *text)
{
    json_array_append_new(fields, json_pack("{s:s, s:o}", "label", page_text(exchange, key), "text", text));
}

static json_t *count_text(double count, const struct http_exchange *exchange)
{
    char text[NUMBER_TEXT];
    number_format(text, count, 0, exchange->language);
    return json_string(text);
}

static json_t *share_text(double share, int decimals, const struct http_exchange *exchange)
{
    char text[NUMBER_TEXT];
    number_format_percent(text, share, decimals, exchange->language);
    return json_string(text);
}

/* The first digits, which tell models apart. */
static json_t *hash_text(const char *hash)
{
    return *hash ? json_sprintf("%.*s\u2026", HASH_SHOWN, hash) : json_string("\u2013");
}

static json_t *date_text(const struct http_exchange *exchange, const char *instant)
{
    static const int64_t MICROSECONDS = 1000000;
    int64_t moment;
    return instant_read(&moment, instant)
               ? i18n_moment(page_site(exchange)->i18n, exchange->language, (time_t)(moment / MICROSECONDS))
               : json_string("\u2013");
}

static json_t *identity_view(const struct http_exchange *exchange, const json_t *model)
{
    const json_t *document = json_object_get(model, "document");
    const json_t *training = json_object_get(document, "training");
    json_t *fields = json_array();
    add_field(fields, exchange, "model.version", json_string(answer_text(model, "version")));
    add_field(fields, exchange, "model.trained", date_text(exchange, answer_text(document, "created")));
    add_field(fields, exchange, "model.rows", count_text(answer_number(training, "rows"), exchange));
    add_field(fields, exchange, "model.default_rate",
              share_text(answer_number(training, "default_rate"), 1, exchange));
    add_field(fields, exchange, "model.features",
              count_text((double)json_array_size(json_object_get(model, "features")), exchange));
    add_field(fields, exchange, "model.trees", count_text(answer_number(training, "rounds"), exchange));
    add_field(fields, exchange, "model.data_hash", hash_text(answer_text(training, "data_hash")));
    add_field(fields, exchange, "model.hash", hash_text(answer_text(model, "hash")));
    return fields;
}

/* ---- Quality and threshold --------------------------------------------------------------------------- */

/* AUC with its interval, and in words; NULL when training left none. */
static json_t *quality_view(const struct http_exchange *exchange, const json_t *model)
{
    const json_t *metrics = json_object_get(json_object_get(model, "document"), "metrics");
    double auc = answer_number(metrics, "auc"), low = answer_number(metrics, "auc_low"),
           high = answer_number(metrics, "auc_high");
    char shown[NUMBER_TEXT], from[NUMBER_TEXT], to[NUMBER_TEXT], share[NUMBER_TEXT];
    if (isnan(auc))
        return NULL;
    number_format(shown, auc, 3, exchange->language);
    number_format(from, low, 3, exchange->language);
    number_format(to, high, 3, exchange->language);
    number_format(share, 100 * auc, 0, exchange->language);
    const struct i18n *i18n = page_site(exchange)->i18n;
    json_t *view =
        json_pack("{s:s, s:o}", "auc", shown, "words",
                  i18n_say(i18n, exchange->language, "model.auc_words", I18N_VALUES("share", share)));
    if (!isnan(low) && !isnan(high))
        json_object_set_new(
            view, "interval",
            i18n_say(i18n, exchange->language, "model.interval", I18N_VALUES("low", from, "high", to)));
    return view;
}

/* Whether the threshold is what these costs of errors ask for (shared/model/decision.h says why). */
static bool follows_costs(double threshold, double missed, double refused)
{
    static const double TOLERANCE = 1e-6;
    return missed > 0 && refused > 0 && fabs(threshold - refused / (refused + missed)) < TOLERANCE;
}

static json_t *threshold_view(const struct http_exchange *exchange, const json_t *model)
{
    const json_t *chosen = json_object_get(json_object_get(model, "document"), "threshold");
    double threshold = answer_number(model, "threshold"), missed = answer_number(chosen, "missed_cost"),
           refused = answer_number(chosen, "refused_cost"), empirical = answer_number(chosen, "empirical");
    bool follows = follows_costs(threshold, missed, refused);
    char shown[NUMBER_TEXT], ratio[NUMBER_TEXT], cheapest[NUMBER_TEXT];
    const struct i18n *i18n = page_site(exchange)->i18n;
    number_format_percent(shown, threshold, 1, exchange->language);
    number_format(ratio, missed / refused, fmod(missed / refused, 1) == 0 ? 0 : 1, exchange->language);
    number_format_percent(cheapest, empirical, 1, exchange->language);
    json_t *view = json_pack("{s:s, s:o}", "threshold", shown, "why",
                             i18n_say(i18n, exchange->language,
                                      follows ? "model.threshold_by_costs" : "model.threshold_given",
                                      I18N_VALUES("threshold", shown, "ratio", ratio)));
    if (!isnan(empirical))
        json_object_set_new(view, "cheapest",
                            i18n_say(i18n, exchange->language, "model.threshold_cheapest",
                                     I18N_VALUES("threshold", cheapest)));
    return view;
}

/* ---- The written card -------------------------------------------------------------------------------- */

static json_t *card_view(const json_t *card)
{
    json_t *sections = json_array(), *section;
    size_t i;
    json_array_foreach(json_object_get(card, "sections"), i, section)
    {
        json_t *blocks = markdown_view(answer_text(section, "text"));
        if (blocks)
            json_array_append_new(
                sections, json_pack("{s:s, s:o}", "title", answer_text(section, "title"), "blocks", blocks));
    }
    return sections;
}

static void show_model(struct http_exchange *exchange, const struct backend_call calls[CALLS])
{
    const json_t *model = calls[MODEL].answer;
    json_t *view = model_page_view(exchange, "card", model), *quality = quality_view(exchange, model);
    json_object_set_new(view, "identity", identity_view(exchange, model));
    if (quality)
        json_object_set_new(view, "quality", quality);
    json_object_set_new(view, "threshold", threshold_view(exchange, model));
    json_t *sections = card_view(calls[CARD].answer);
    json_object_set_new(view, "card_given", json_boolean(json_array_size(sections) > 0));
    json_object_set_new(view, "card", sections);
    page_answer(exchange, 200, "model", view);
}

void model_show(struct http_exchange *exchange)
{
    struct backend_call calls[CALLS] = {{.path = "/model"}, {.path = "/model/card"}};
    backend_client_run(page_site(exchange)->backend, calls, CALLS, exchange->request_id, exchange->language);
    /* A model may have no card; what there is to say without it is in the artifact. */
    if (calls[MODEL].outcome != BACKEND_OK)
        page_backend_failed(exchange, &calls[MODEL]);
    else if (calls[CARD].outcome != BACKEND_OK && calls[CARD].outcome != BACKEND_UNKNOWN)
        page_backend_failed(exchange, &calls[CARD]);
    else if (isnan(answer_number(calls[MODEL].answer, "threshold")))
        page_fail(exchange, 502, "failure.broken");
    else
        show_model(exchange, calls);
    backend_calls_clean(calls, CALLS);
}
