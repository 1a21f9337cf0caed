#include "frontend/view/form_field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "shared/base/number.h"

static const double DAYS_IN_MONTH = 365.25 / 12; /* as the catalogue tells durations */
static const double MONTHS_IN_YEAR = 12;
enum { MONEY_DECIMALS = 2, PERCENT_DECIMALS = 2, SHARE_DECIMALS = 4, SIDE_BY_SIDE = 2 };

/* ---- What field it is -------------------------------------------------------------------------------- */

static bool is_unit(const json_t *feature, const char *unit)
{
    return strcmp(answer_text(feature, "unit"), unit) == 0;
}

static void read_duration(struct form_field *field)
{
    field->control = FORM_DURATION;
    field->whole = true;
    field->highest = floor(-field->lowest / DAYS_IN_MONTH);
    field->lowest = 0;
}

static void read_number(struct form_field *field)
{
    field->control = FORM_NUMBER;
    field->whole = strcmp(answer_text(field->feature, "type"), "integer") == 0;
    field->factor = is_unit(field->feature, "ratio") ? 100 : 1;
    field->lowest *= field->factor;
    field->highest *= field->factor;
    field->decimals = field->whole                       ? 0
                      : is_unit(field->feature, "money") ? MONEY_DECIMALS
                      : is_unit(field->feature, "ratio") ? PERCENT_DECIMALS
                      : fabs(field->highest) <= 1        ? SHARE_DECIMALS
                                                         : PERCENT_DECIMALS;
}

int form_field_read(struct form_field *out, const json_t *feature, struct error *err)
{
    const json_t *range = json_object_get(feature, "range");
    size_t categories = json_array_size(json_object_get(feature, "categories"));
    *out = (struct form_field){.feature = feature,
                               .name = answer_text(feature, "name"),
                               .label = answer_text(feature, "label"),
                               .factor = 1,
                               .lowest = answer_number(range, "lowest"),
                               .highest = answer_number(range, "highest")};
    if (!json_is_true(json_object_get(feature, "application")))
        return error_set(err, ERROR_INVALID, "%s is no column of the application", out->name);
    if (categories) {
        out->control = categories <= SIDE_BY_SIDE ? FORM_SWITCH : FORM_CHOICE;
        return 0;
    }
    if (isnan(out->lowest) || isnan(out->highest))
        return error_set(err, ERROR_INVALID, "%s has neither categories nor a range", out->name);
    if (is_unit(feature, "days"))
        read_duration(out);
    else
        read_number(out);
    return 0;
}

/* ---- What stands in it ------------------------------------------------------------------------------- */

void form_text_set(struct form_text *text, size_t part, const char *typed)
{
    size_t length = strlen(typed);
    if (length >= FORM_TEXT) {
        length = FORM_TEXT - 1;
        while (length && ((unsigned char)typed[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(text->parts[part], typed, length);
    text->parts[part][length] = '\0';
}

bool form_text_is_empty(const struct form_text *text)
{
    return !*text->parts[0] && !*text->parts[1];
}

static double round_to(double value, int decimals)
{
    double unit = pow(10, decimals);
    return round(value * unit) / unit;
}

/* The fewest decimals that tell the number, which is rounded already; cents come in twos. */
static int decimals_of(double value, const struct form_field *field)
{
    int decimals = 0;
    while (decimals < field->decimals && round_to(value, decimals) != value)
        decimals++;
    return decimals && is_unit(field->feature, "money") ? MONEY_DECIMALS : decimals;
}

/* Months that have passed since that many days; NAN where the number is none. */
static double months_of(const json_t *value)
{
    double days = json_is_number(value) ? json_number_value(value) : (double)NAN;
    return days <= 0 ? floor(-days / DAYS_IN_MONTH) : (double)NAN;
}

static void write_duration(struct form_text *out, const json_t *value)
{
    double months = months_of(value);
    if (isnan(months))
        return;
    snprintf(out->parts[0], FORM_TEXT, "%.0f", floor(months / MONTHS_IN_YEAR));
    snprintf(out->parts[1], FORM_TEXT, "%.0f", fmod(months, MONTHS_IN_YEAR));
}

static void write_category(struct form_text *out, const json_t *value)
{
    if (json_is_string(value))
        form_text_set(out, 0, json_string_value(value));
    else if (json_is_integer(value))
        snprintf(out->parts[0], FORM_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

/* Whether the value is one of a number's; the others are written here. */
static bool write_others(struct form_text *out, const struct form_field *field, const json_t *value)
{
    memset(out, 0, sizeof *out);
    if (field->control == FORM_NUMBER)
        return json_is_number(value);
    if (field->control == FORM_DURATION)
        write_duration(out, value);
    else
        write_category(out, value);
    return false;
}

void form_field_write(struct form_text *out, const struct form_field *field, const json_t *value,
                      enum language language)
{
    char text[NUMBER_TEXT];
    if (!write_others(out, field, value))
        return;
    double typed = round_to(json_number_value(value) * field->factor, field->decimals);
    number_format(text, typed, decimals_of(typed, field), language);
    form_text_set(out, 0, text);
}

void form_field_write_plain(struct form_text *out, const struct form_field *field, const json_t *value)
{
    if (!write_others(out, field, value))
        return;
    double typed = round_to(json_number_value(value) * field->factor, field->decimals);
    snprintf(out->parts[0], FORM_TEXT, "%.*f", decimals_of(typed, field), typed);
}

/* ---- Reading it -------------------------------------------------------------------------------------- */

static enum form_fault check_range(const struct form_field *field, double typed)
{
    return typed >= field->lowest && typed <= field->highest ? FORM_FINE : FORM_OUT_OF_RANGE;
}

static enum form_fault parse_number(json_t **out, const struct form_field *field,
                                    const struct form_text *typed, enum language language)
{
    double value;
    if (!number_read_typed(&value, typed->parts[0], language))
        return FORM_NO_NUMBER;
    if (field->whole && value != floor(value))
        return FORM_NOT_WHOLE;
    value = round_to(value, field->decimals);
    if (check_range(field, value))
        return FORM_OUT_OF_RANGE;
    *out = field->whole ? json_integer((json_int_t)value)
                        : json_real(round_to(value, field->decimals) / field->factor);
    return FORM_FINE;
}

/* Years may have decimals where no months are given: three years and a half. */
static enum form_fault parse_duration(json_t **out, const struct form_field *field,
                                      const struct form_text *typed, enum language language)
{
    double parts[FORM_PARTS] = {0};
    for (size_t i = 0; i < FORM_PARTS; i++)
        if (*typed->parts[i] && !number_read_typed(&parts[i], typed->parts[i], language))
            return FORM_NO_NUMBER;
    if (parts[1] != floor(parts[1]) || (*typed->parts[1] && parts[0] != floor(parts[0])))
        return FORM_NOT_WHOLE;
    double months = round(parts[0] * MONTHS_IN_YEAR) + parts[1];
    if (parts[0] < 0 || parts[1] < 0 || check_range(field, months))
        return FORM_OUT_OF_RANGE;
    /* The first day that is told as so many months. */
    *out = json_integer((json_int_t)-ceil(months * DAYS_IN_MONTH));
    return FORM_FINE;
}

/* The values of a flag are the numbers 0 and 1; a form knows texts alone. */
static enum form_fault parse_choice(json_t **out, const struct form_field *field,
                                    const struct form_text *typed)
{
    size_t i;
    json_t *category;
    json_array_foreach(json_object_get(field->feature, "categories"), i, category)
    {
        struct form_text text = {0};
        write_category(&text, json_object_get(category, "value"));
        if (strcmp(text.parts[0], typed->parts[0]) != 0)
            continue;
        *out = json_deep_copy(json_object_get(category, "value"));
        return FORM_FINE;
    }
    return FORM_NO_CHOICE;
}

enum form_fault form_field_parse(json_t **out, const struct form_field *field, const struct form_text *typed,
                                 enum language language)
{
    *out = NULL;
    if (form_text_is_empty(typed)) {
        *out = json_null();
        return FORM_FINE;
    }
    if (field->control == FORM_NUMBER)
        return parse_number(out, field, typed, language);
    if (field->control == FORM_DURATION)
        return parse_duration(out, field, typed, language);
    return parse_choice(out, field, typed);
}

/* ---- Steps ------------------------------------------------------------------------------------------- */

double form_field_step(const struct form_field *field, double value)
{
    static const double STEPS_OF_AN_AMOUNT = 25; /* at least; the next rounder step may be 2.5 times finer */
    if (field->whole)
        return 1;
    if (!is_unit(field->feature, "money"))
        return field->highest <= 1 ? 0.01 : 1;
    double wanted = fmax(fabs(value) / STEPS_OF_AN_AMOUNT, 1);
    double power = pow(10, floor(log10(wanted)));
    double digit = wanted / power;
    return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}
