/* Values as a person reads them, in the French or the English form. */
#include <math.h>
#include <stdlib.h>

#include "shared/base/number.h"
#include "shared/base/text.h"
#include "shared/features/catalogue.h"

enum { MONTHS_IN_YEAR = 12, SHOWN_AS_DAYS = 60, SHOWN_WITH_MONTHS = 10 * 12 };
static const double DAYS_IN_YEAR = 365.25, DAYS_IN_MONTH = 365.25 / 12;

/* "1 an", "2 ans": French says zero and one in the singular, English one alone. */
static const char *plural(long count, enum language language, const char *const forms[LANGUAGE_COUNT][2])
{
    bool singular = language == LANGUAGE_FR ? count < 2 : count == 1;
    return forms[language][singular ? 0 : 1];
}

static const char *const days_forms[LANGUAGE_COUNT][2] = {{"jour", "jours"}, {"day", "days"}};
static const char *const months_forms[LANGUAGE_COUNT][2] = {{"mois", "mois"}, {"month", "months"}};
static const char *const years_forms[LANGUAGE_COUNT][2] = {{"an", "ans"}, {"year", "years"}};

/* "12 ans": the number and its word, with a space that does not break. */
static void format_count(char *out, size_t size, long count, enum language language,
                         const char *const forms[LANGUAGE_COUNT][2])
{
    char digits[NUMBER_TEXT];
    char *end = digits + sizeof digits - 1;
    *end = '\0';
    uint64_t without_sign = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
    char *begin = number_digits(end, without_sign);
    text_join(out, size, TEXT_PIECES(count < 0 ? "-" : "", begin, "\u00a0", plural(count, language, forms)));
}

/* A length of time in the units in which a person thinks of it. */
static void format_days(char *out, size_t size, double days, enum language language)
{
    long whole = lround(days);
    if (whole < SHOWN_AS_DAYS) {
        format_count(out, size, whole, language, days_forms);
        return;
    }
    long months = (long)(days / DAYS_IN_MONTH);
    long years = months / MONTHS_IN_YEAR;
    long rest = months % MONTHS_IN_YEAR;
    if (years == 0) {
        format_count(out, size, months, language, months_forms);
    } else if (rest == 0 || months >= SHOWN_WITH_MONTHS) {
        format_count(out, size, years, language, years_forms);
    } else {
        char in_years[NUMBER_TEXT], in_months[NUMBER_TEXT];
        const char *and = language == LANGUAGE_FR ? "\u00a0et\u00a0" : "\u00a0";
        format_count(in_years, sizeof in_years, years, language, years_forms);
        format_count(in_months, sizeof in_months, rest, language, months_forms);
        text_join(out, size, TEXT_PIECES(in_years, and, in_months));
    }
}

static void format_percent(char *out, size_t size, double share, enum language language)
{
    char text[NUMBER_TEXT];
    number_format_percent(text, share, fabs(share) < 1 ? 1 : 0, language);
    text_join(out, size, TEXT_PIECES(text));
}

static void format_decimals(char *out, size_t size, double value, int decimals, const char *behind,
                            enum language language)
{
    char text[NUMBER_TEXT];
    number_format(text, value, decimals, language);
    text_join(out, size, TEXT_PIECES(text, behind));
}

static void format_plain(char *out, size_t size, double value, enum language language)
{
    int decimals = value == floor(value) ? 0 : fabs(value) < 1 ? 3 : fabs(value) < 100 ? 1 : 0;
    format_decimals(out, size, value, decimals, "", language);
}

void catalogue_format(char *out, size_t size, size_t id, double value, enum language language)
{
    static const char *const unknown[LANGUAGE_COUNT] = {"inconnu", "unknown"};
    static const char *const answers[LANGUAGE_COUNT][2] = {{"Non", "Oui"}, {"No", "Yes"}};
    if (isnan(value)) {
        text_join(out, size, TEXT_PIECES(unknown[language]));
        return;
    }
    switch (catalogue_feature(id)->unit) {
    case UNIT_MONEY:
        format_decimals(out, size, value, 0, "", language);
        break;
    case UNIT_DAYS:
        if (id == FEATURE_DAYS_BIRTH)
            format_count(out, size, (long)(-value / DAYS_IN_YEAR), language, years_forms);
        else
            format_days(out, size, fabs(value), language);
        break;
    case UNIT_MONTHS:
        format_count(out, size, lround(value), language, months_forms);
        break;
    case UNIT_YEARS:
        format_count(out, size, lround(value), language, years_forms);
        break;
    case UNIT_RATIO:
        format_percent(out, size, value, language);
        break;
    case UNIT_TIMES:
        format_decimals(out, size, value, 1, language == LANGUAGE_FR ? "\u202f×" : "×", language);
        break;
    case UNIT_COUNT:
        format_decimals(out, size, value, 0, "", language);
        break;
    case UNIT_FLAG:
        text_join(out, size, TEXT_PIECES(answers[language][value != 0]));
        break;
    case UNIT_SCORE:
        format_decimals(out, size, value, 2, "", language);
        break;
    case UNIT_CATEGORY: {
        const char *label = catalogue_category_label(catalogue_column(id), (size_t)value, language);
        text_join(out, size, TEXT_PIECES(label ? label : unknown[language]));
        break;
    }
    case UNIT_NONE:
    case UNIT_COUNT_OF_UNITS:
        format_plain(out, size, value, language);
        break;
    }
}
