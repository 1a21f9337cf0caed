#include "backend/resources/change.h"

#include <stdio.h>

#include "shared/data/record.h"

enum { VALUE_TEXT = 128, CHANGE_TEXT = 512 };

static json_t *render_one(size_t column, const json_t *from, const json_t *to, const float *before,
                          const float *after, enum language language)
{
    const char *name = home_credit_schema(TABLE_APPLICATION)->columns[column].name;
    size_t feature = (size_t)catalogue_find(name); /* every field that can be changed is a feature */
    const char *label = catalogue_feature(feature)->label[language];
    char from_text[VALUE_TEXT], to_text[VALUE_TEXT], text[CHANGE_TEXT];
    catalogue_format(from_text, sizeof from_text, feature, (double)before[feature], language);
    catalogue_format(to_text, sizeof to_text, feature, (double)after[feature], language);
    snprintf(text, sizeof text, "%s%s: %s → %s", label, language == LANGUAGE_FR ? "\u00a0" : "", from_text,
             to_text);
    return json_pack("{s:s, s:s, s:O, s:O, s:s, s:s, s:s}", "field", name, "label", label, "from",
                     json_object_get(from, name), "to", json_object_get(to, name), "from_text", from_text,
                     "to_text", to_text, "text", text);
}

json_t *change_render(const struct change_side *before, const struct change_side *after,
                      const bool changed[APPLICATION_COLUMNS], enum language language)
{
    json_t *list = json_array();
    json_t *from = record_write(before->application, TABLE_APPLICATION);
    json_t *to = record_write(after->application, TABLE_APPLICATION);
    for (size_t column = 0; column < APPLICATION_COLUMNS; column++)
        if (changed[column])
            json_array_append_new(list,
                                  render_one(column, from, to, before->vector, after->vector, language));
    json_decref(from);
    json_decref(to);
    return list;
}
