/* What the columns of the feature set `original` are called. */
#include <stdio.h>
#include <string.h>

#include "shared/features/original.h"

struct history_text {
    enum home_credit_table table;
    int column;
    enum feature_unit unit;
    const char *text[LANGUAGE_COUNT];
};

static const struct history_text history_texts[] = {
#define HISTORY(its_table, its_column, its_unit, french, english)                                            \
    {TABLE_##its_table,                                                                                      \
     its_table##_##its_column,                                                                               \
     UNIT_##its_unit,                                                                                        \
     {[LANGUAGE_FR] = (french), [LANGUAGE_EN] = (english)}},
#include "shared/features/original_texts.def"
};

static const struct pattern {
    enum original_kind kind;
    enum home_credit_table table;
    const char *label[LANGUAGE_COUNT];
    const char *description[LANGUAGE_COUNT];
} patterns[] = {
#define PATTERN(its_kind, its_table, french, english, in_french, in_english)                                 \
    {ORIGINAL_##its_kind,                                                                                    \
     TABLE_##its_table,                                                                                      \
     {[LANGUAGE_FR] = (french), [LANGUAGE_EN] = (english)},                                                  \
     {[LANGUAGE_FR] = (in_french), [LANGUAGE_EN] = (in_english)}},
#include "shared/features/original_texts.def"
};

static const struct column *schema_column(const struct original_column *column)
{
    return column->column < 0 ? NULL : &home_credit_schema(column->table)->columns[column->column];
}

/* The catalogue's entry of an application column; NULL for any other. */
static const struct feature *catalogue_entry(const struct original_column *column)
{
    const struct column *its = schema_column(column);
    int id = column->table == TABLE_APPLICATION && its ? catalogue_find(its->name) : -1;
    return id < 0 ? NULL : catalogue_feature((size_t)id);
}

/* The entry of a history table's column; NULL for any other. */
static const struct history_text *history_text(const struct original_column *column)
{
    for (size_t i = 0; i < sizeof history_texts / sizeof *history_texts; i++)
        if (history_texts[i].table == column->table && history_texts[i].column == column->column)
            return &history_texts[i];
    return NULL;
}

static const struct pattern *pattern_of(const struct original_column *column)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (patterns[i].kind == column->kind && patterns[i].table == column->table)
            return &patterns[i];
    return NULL;
}

enum feature_unit original_unit(const struct original_column *column)
{
    const struct feature *feature = catalogue_entry(column);
    const struct history_text *text = history_text(column);
    switch (column->kind) {
    case ORIGINAL_VALUE:
        return feature && feature->unit != UNIT_CATEGORY ? feature->unit : UNIT_FLAG;
    case ORIGINAL_LEVEL:
        return UNIT_FLAG;
    case ORIGINAL_AGE:
        return UNIT_YEARS;
    case ORIGINAL_MEAN:
        return text ? text->unit : UNIT_NONE;
    case ORIGINAL_ROWS:
    case ORIGINAL_TYPES:
        return UNIT_COUNT;
    case ORIGINAL_SHARE:
    case ORIGINAL_DEBT_RATIO:
    case ORIGINAL_OVERDUE_RATIO:
        return UNIT_RATIO;
    case ORIGINAL_EMPLOYED_PERCENT:
    case ORIGINAL_ANNUITY_PERCENT:
    case ORIGINAL_CREDIT_PERCENT:
        break;
    }
    return UNIT_NONE; /* a percentage already: 35 is 35 % */
}

/* The pattern with its {column} and {level} replaced. */
static void fill_pattern(char out[ORIGINAL_TEXT], const char *pattern, const struct original_column *column,
                         enum language language)
{
    const struct feature *feature = catalogue_entry(column);
    const struct history_text *text = history_text(column);
    const char *level =
        column->level < 0 ? NULL
                          : catalogue_category_label(schema_column(column), (size_t)column->level, language);
    const struct {
        const char *name, *text;
    } words[] = {{"{column}", feature ? feature->label[language]
                              : text  ? text->text[language]
                                      : ""},
                 {"{level}", level ? level : ""}};
    size_t at = 0;
    out[0] = '\0';
    while (*pattern && at + 1 < ORIGINAL_TEXT) {
        bool replaced = false;
        for (size_t i = 0; !replaced && i < sizeof words / sizeof *words; i++) {
            if (strncmp(pattern, words[i].name, strlen(words[i].name)) != 0)
                continue;
            snprintf(out + at, ORIGINAL_TEXT - at, "%s", words[i].text);
            at += strlen(out + at);
            pattern += strlen(words[i].name);
            replaced = true;
        }
        if (!replaced)
            out[at++] = *pattern++;
        out[at] = '\0';
    }
}

void original_label(char out[ORIGINAL_TEXT], const struct original_column *column, enum language language)
{
    const struct pattern *pattern = pattern_of(column);
    const struct feature *feature = catalogue_entry(column);
    if (pattern)
        fill_pattern(out, pattern->label[language], column, language);
    else
        snprintf(out, ORIGINAL_TEXT, "%s", feature ? feature->label[language] : column->name);
}

void original_description(char out[ORIGINAL_TEXT], const struct original_column *column,
                          enum language language)
{
    const struct pattern *pattern = pattern_of(column);
    const struct feature *feature = catalogue_entry(column);
    if (pattern)
        fill_pattern(out, pattern->description[language], column, language);
    else
        snprintf(out, ORIGINAL_TEXT, "%s", feature ? feature->description[language] : column->name);
}
