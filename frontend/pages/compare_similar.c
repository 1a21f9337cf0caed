/* The clients most like this one, with what became of them. */
#include <stdio.h>

#include "frontend/answer.h"
#include "frontend/pages/compare.h"
#include "shared/base/number.h"

static json_t *row_view(const struct http_exchange *exchange, const json_t *client, bool fields)
{
    static const char *const outcomes[] = {"outcome.repaid", "outcome.defaulted"};
    char score[NUMBER_TEXT], probability[NUMBER_TEXT], distance[NUMBER_TEXT];
    const json_t *outcome = json_object_get(client, "outcome");
    bool known = json_is_integer(outcome), defaulted = known && json_integer_value(outcome) != 0;
    json_t *cells = json_array(), *field;
    size_t i;
    number_format(score, answer_number(client, "score"), 0, exchange->language);
    number_format_percent(probability, answer_number(client, "probability"), 1, exchange->language);
    number_format(distance, answer_number(client, "distance"), 2, exchange->language);
    if (fields)
        json_array_foreach(json_object_get(client, "fields"), i, field) json_array_append_new(
            cells, json_pack("{s:s, s:b}", "text", answer_text(field, "text"), "missing",
                             json_is_true(json_object_get(field, "missing"))));
    return json_pack("{s:I, s:s, s:s, s:s, s:b, s:s, s:b, s:b, s:o}", "id",
                     json_integer_value(json_object_get(client, "client_id")), "distance", distance, "score",
                     score, "probability", probability, "granted",
                     strcmp(answer_text(client, "decision"), "granted") == 0, "outcome",
                     page_text(exchange, known ? outcomes[defaulted] : "outcome.unknown"), "defaulted",
                     defaulted, "repaid", known && !defaulted, "cells", cells);
}

/* "2 of the 9 whose outcome is known defaulted (22 %)." */
static json_t *summary(const struct http_exchange *exchange, const json_t *similar)
{
    long long known = 0, defaulted = 0;
    size_t i;
    json_t *client;
    char of[NUMBER_TEXT], rate[NUMBER_TEXT];
    json_array_foreach(json_object_get(similar, "similar"), i, client)
    {
        const json_t *outcome = json_object_get(client, "outcome");
        known += json_is_integer(outcome);
        defaulted += json_integer_value(outcome) != 0;
    }
    if (known == 0)
        return json_string(page_text(exchange, "compare.similar.unknown"));
    number_format(of, (double)known, 0, exchange->language);
    number_format_percent(rate, (double)defaulted / (double)known, 0, exchange->language);
    return i18n_count(page_site(exchange)->i18n, exchange->language, "compare.similar.defaulted", defaulted,
                      I18N_VALUES("of", of, "rate", rate));
}

json_t *compare_similar_view(const struct http_exchange *exchange, const json_t *similar, bool fields)
{
    json_t *rows = json_array(), *headings = json_array(), *item;
    size_t i;
    json_array_foreach(json_object_get(similar, "similar"), i, item)
        json_array_append_new(rows, row_view(exchange, item, fields));
    if (fields)
        json_array_foreach(json_object_get(similar, "fields"), i, item)
            json_array_append_new(headings, json_pack("{s:s, s:s}", "name", answer_text(item, "name"),
                                                      "label", answer_text(item, "label")));
    return json_pack("{s:o, s:o, s:o, s:o, s:b}", "self", row_view(exchange, similar, fields), "rows", rows,
                     "headings", headings, "summary", summary(exchange, similar), "any",
                     json_array_size(rows) > 0);
}
