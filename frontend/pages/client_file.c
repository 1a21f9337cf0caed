/* The client's file in readable fields. */
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/page.h"

enum { CARD_FIELDS = 8 };

/* What a manager looks at first, in this order; labels and texts are the catalogue's. */
static const struct card {
    const char *title;
    const char *fields[CARD_FIELDS];
} cards[] = {
    {"client.identity",
     {"CODE_GENDER", "DAYS_BIRTH", "NAME_FAMILY_STATUS", "CNT_CHILDREN", "CNT_FAM_MEMBERS",
      "NAME_EDUCATION_TYPE"}},
    {"client.work",
     {"NAME_INCOME_TYPE", "OCCUPATION_TYPE", "ORGANIZATION_TYPE", "DAYS_EMPLOYED", "AMT_INCOME_TOTAL",
      "INCOME_PER_PERSON"}},
    {"client.credit",
     {"NAME_CONTRACT_TYPE", "AMT_CREDIT", "AMT_GOODS_PRICE", "AMT_ANNUITY", "CREDIT_TO_INCOME",
      "ANNUITY_TO_INCOME"}},
    {"client.housing",
     {"NAME_HOUSING_TYPE", "FLAG_OWN_REALTY", "FLAG_OWN_CAR", "OWN_CAR_AGE", "REGION_RATING_CLIENT",
      "DAYS_REGISTRATION"}},
    {"client.bureaus",
     {"EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3", "BUREAU_COUNT", "BUREAU_ACTIVE_SHARE",
      "BUREAU_DEBT_TO_CREDIT"}},
    {"client.past",
     {"PREV_COUNT", "PREV_REFUSED_SHARE", "INSTAL_LATE_SHARE", "INSTAL_DPD_MAX", "POS_DPD_SHARE",
      "CARD_LIMIT_USE_MEAN"}},
};

/* The line under the title. */
static const char *const summary_fields[] = {"CODE_GENDER", "DAYS_BIRTH", "NAME_FAMILY_STATUS",
                                             "OCCUPATION_TYPE", "NAME_INCOME_TYPE"};

/* The field of that name among the application's columns and the derived features; NULL when there is none.
 */
static json_t *find_field(const json_t *client, const char *name)
{
    static const char *const lists[] = {"fields", "features"};
    for (size_t list = 0; list < 2; list++) {
        size_t i;
        json_t *field;
        json_array_foreach(json_object_get(client, lists[list]), i,
                           field) if (strcmp(answer_text(field, "name"), name) == 0) return field;
    }
    return NULL;
}

static bool is_missing(const json_t *field)
{
    return json_is_true(json_object_get(field, "missing"));
}

static json_t *summary_view(const json_t *client)
{
    json_t *summary = json_array();
    for (size_t i = 0; i < sizeof summary_fields / sizeof *summary_fields; i++) {
        const json_t *field = find_field(client, summary_fields[i]);
        if (field && !is_missing(field))
            json_array_append(summary, json_object_get(field, "text"));
    }
    return summary;
}

static json_t *cards_view(const struct http_exchange *exchange, const json_t *client)
{
    json_t *views = json_array();
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        json_t *fields = json_array();
        for (size_t j = 0; j < CARD_FIELDS && cards[i].fields[j]; j++)
            json_array_append(fields, find_field(client, cards[i].fields[j]));
        json_array_append_new(
            views, json_pack("{s:s, s:o}", "title", page_text(exchange, cards[i].title), "fields", fields));
    }
    return views;
}

/* ---- All fields -------------------------------------------------------------------------------------- */

/* Fields of the list under their theme, themes in order of appearance. */
static void add_by_theme(json_t *themes, const json_t *fields)
{
    size_t i, j;
    json_t *field, *theme;
    json_array_foreach(fields, i, field)
    {
        const char *label = answer_text(field, "theme_label");
        json_t *into = NULL;
        json_array_foreach(themes, j, theme) if (strcmp(answer_text(theme, "label"), label) == 0) into =
            json_object_get(theme, "fields");
        if (!into) {
            into = json_array();
            json_array_append_new(themes, json_pack("{s:s, s:o}", "label", label, "fields", into));
        }
        json_array_append(into, field);
    }
}

json_t *client_missing_view(const json_t *client)
{
    json_t *missing = json_array();
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        for (size_t j = 0; j < CARD_FIELDS && cards[i].fields[j]; j++) {
            json_t *field = find_field(client, cards[i].fields[j]);
            if (field && is_missing(field))
                json_array_append(missing, json_object_get(field, "label"));
        }
    return missing;
}

json_t *client_file_view(const struct http_exchange *exchange, const json_t *client)
{
    json_t *themes = json_array();
    add_by_theme(themes, json_object_get(client, "fields"));
    add_by_theme(themes, json_object_get(client, "features"));
    return json_pack("{s:o, s:o, s:o}", "summary", summary_view(client), "cards",
                     cards_view(exchange, client), "themes", themes);
}
