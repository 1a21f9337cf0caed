/* What to check in the client's data: what is missing, cannot be, or is beyond the usual. */
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/page.h"
#include "shared/base/number.h"

enum { UNUSUAL_SHOWN = 5 };

/* ---- Missing ----------------------------------------------------------------------------------------- */

static json_int_t count_missing(const json_t *client)
{
    json_int_t missing = 0;
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(client, "fields"), i, field) missing +=
        json_is_true(json_object_get(field, "missing"));
    return missing;
}

/* ---- Impossible and unusual values ------------------------------------------------------------------- */

/* A value as the application has it: "365 243 jours", "XNA". */
static void write_raw(char *out, size_t size, const struct http_exchange *exchange, const json_t *field)
{
    const json_t *value = json_object_get(field, "value");
    char number[NUMBER_TEXT];
    if (!json_is_number(value)) {
        snprintf(out, size, "%s", answer_text(field, "value"));
        return;
    }
    number_format(number, json_number_value(value), 0, exchange->language);
    bool days = strcmp(answer_text(field, "unit"), "days") == 0;
    snprintf(out, size, "%s%s%s", number, days ? "\u00a0" : "", days ? page_text(exchange, "unit.days") : "");
}

static json_t *impossible_view(const struct http_exchange *exchange, const json_t *quality)
{
    json_t *list = json_array(), *field;
    size_t i;
    json_array_foreach(json_object_get(quality, "impossible"), i, field)
    {
        char text[128];
        write_raw(text, sizeof text, exchange, field);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", answer_text(field, "name"), "label",
                                              answer_text(field, "label"), "text", text));
    }
    return list;
}

/* "13 % to 41 %", the smaller one first as people read it: days before the application count backwards. */
static json_t *usual_text(const struct http_exchange *exchange, const json_t *field)
{
    const json_t *lowest = json_object_get(field, "lowest"), *highest = json_object_get(field, "highest");
    bool backwards = strcmp(answer_text(field, "unit"), "days") == 0 && answer_number(lowest, "value") < 0;
    return i18n_say(page_site(exchange)->i18n, exchange->language, "quality.usual",
                    I18N_VALUES("from", answer_text(backwards ? highest : lowest, "text"), "to",
                                answer_text(backwards ? lowest : highest, "text")));
}

static json_t *unusual_view(const struct http_exchange *exchange, const json_t *quality)
{
    json_t *list = json_array(), *field;
    size_t i;
    json_array_foreach(json_object_get(quality, "unusual"), i, field)
    {
        if (i == UNUSUAL_SHOWN)
            break;
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:o}", "name", answer_text(field, "name"), "label",
                                        answer_text(field, "label"), "text", answer_text(field, "text"),
                                        "usual", usual_text(exchange, field)));
    }
    return list;
}

/* ---- History ----------------------------------------------------------------------------------------- */

static const char *history_name(const struct http_exchange *exchange, const char *table)
{
    static const char *const names[][2] = {
        {"bureau", "history.bureau"},
        {"bureau_balance", "history.bureau_balance"},
        {"previous_application", "history.previous_application"},
        {"POS_CASH_balance", "history.pos"},
        {"installments_payments", "history.installments"},
        {"credit_card_balance", "history.card"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(table, names[i][0]) == 0)
            return page_text(exchange, names[i][1]);
    return table;
}

static json_t *history_view(const struct http_exchange *exchange, const json_t *client)
{
    const struct i18n *i18n = page_site(exchange)->i18n;
    json_t *tables = json_array(), *table;
    size_t i;
    json_array_foreach(json_object_get(client, "history"), i, table)
    {
        json_int_t rows = json_integer_value(json_object_get(table, "rows"));
        bool known = json_is_true(json_object_get(table, "known"));
        json_t *text = known && rows
                           ? i18n_count(i18n, exchange->language, "history.rows", rows, NULL)
                           : json_string(page_text(exchange, known ? "history.none" : "history.unknown"));
        json_array_append_new(tables, json_pack("{s:s, s:o, s:b}", "label",
                                                history_name(exchange, answer_text(table, "table")), "text",
                                                text, "missing", !known));
    }
    return tables;
}

/* ---- All of it --------------------------------------------------------------------------------------- */

/* A list under its name, and whether it holds anything, which a template cannot ask from inside it. */
static void add_list(json_t *view, const char *name, json_t *list)
{
    char any[32];
    snprintf(any, sizeof any, "any_%s", name);
    json_object_set_new(view, any, json_boolean(json_array_size(list) > 0));
    json_object_set_new(view, name, list);
}

json_t *client_quality_view(const struct http_exchange *exchange, const json_t *client)
{
    const struct i18n *i18n = page_site(exchange)->i18n;
    const json_t *quality = json_object_get(client, "quality");
    size_t unusual = json_array_size(json_object_get(quality, "unusual"));
    size_t to_check = unusual + json_array_size(json_object_get(quality, "impossible"));
    json_t *view = json_object();
    json_object_set_new(
        view, "missing_count",
        i18n_count(i18n, exchange->language, "quality.missing_count", count_missing(client), NULL));
    add_list(view, "missing", client_missing_view(client));
    add_list(view, "impossible", impossible_view(exchange, quality));
    add_list(view, "unusual", unusual_view(exchange, quality));
    if (unusual > UNUSUAL_SHOWN)
        json_object_set_new(
            view, "more",
            i18n_count(i18n, exchange->language, "quality.more", (long long)(unusual - UNUSUAL_SHOWN), NULL));
    if (to_check > 0)
        json_object_set_new(
            view, "to_check",
            i18n_count(i18n, exchange->language, "quality.to_check", (long long)to_check, NULL));
    json_object_set_new(view, "history", history_view(exchange, client));
    return view;
}
