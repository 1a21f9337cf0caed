#include "frontend/view/row_fault.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "shared/base/buffer.h"
#include "shared/base/number.h"

enum { KEY_BYTES = 64, CHOICES_BYTES = 4096 };

/* As many decimals as the limits of a field have. */
static void format(char out[NUMBER_TEXT], double value, enum language language)
{
    number_format(out, value, value == floor(value) ? 0 : 2, language);
}

/* What came, as a person reads it: a number of the document in the language's form, texts as they are. */
static const char *sent_text(char number[NUMBER_TEXT], const json_t *values, enum language language)
{
    const json_t *sent = json_object_get(values, "sent");
    if (!json_is_integer(sent))
        return answer_text(values, "sent");
    number_format(number, (double)json_integer_value(sent), 0, language);
    return number;
}

/* "“a”, “b”", in the quotes of the language. */
static void list_choices(struct buffer *out, const struct i18n *i18n, enum language language,
                         const json_t *choices)
{
    size_t i;
    json_t *choice;
    json_array_foreach(choices, i, choice)
    {
        const char *name = json_string_value(choice);
        json_t *quoted = i18n_say(i18n, language, "row_fault.quoted", I18N_VALUES("text", name ? name : ""));
        buffer_append_format(out, NULL, "%s%s", i ? ", " : "", json_string_value(quoted));
        json_decref(quoted);
    }
}

json_t *row_fault_text(const struct i18n *i18n, enum language language, const json_t *error)
{
    char key[KEY_BYTES], unit_key[KEY_BYTES], sent[NUMBER_TEXT];
    char low[NUMBER_TEXT], high[NUMBER_TEXT], expected[NUMBER_TEXT], column[NUMBER_TEXT];
    const json_t *values = json_object_get(error, "values");
    const char *code = answer_text(error, "code"), *near = answer_text(values, "near");
    snprintf(key, sizeof key, "%s.%s%s", "row_fault.kinds", code, *near ? "_near" : "");
    if (!*code || !i18n_has(i18n, language, key))
        return NULL;
    snprintf(unit_key, sizeof unit_key, "%s.%s", "row_fault.units", answer_text(values, "unit"));
    format(low, answer_number(values, "low"), language);
    format(high, answer_number(values, "high"), language);
    number_format(expected, answer_number(values, "expected"), 0, language);
    number_format(column, answer_number(values, "column"), 0, language);
    struct buffer choices = buffer_new(CHOICES_BYTES);
    list_choices(&choices, i18n, language, json_object_get(values, "choices"));
    json_t *text = i18n_say(
        i18n, language, key,
        I18N_VALUES("sent", sent_text(sent, values, language), "near", near, "low", low, "high", high, "unit",
                    i18n_has(i18n, language, unit_key) ? i18n_text(i18n, language, unit_key) : "", "expected",
                    expected, "column", column, "choices", choices.data ? choices.data : ""));
    buffer_free(&choices);
    return text;
}
