#include "backend/recourse/words.h"

#include <stdio.h>
#include <string.h>

enum { VALUE_TEXT = 128 };

enum text {
#define TEXT(name, french, english) TEXT_##name,
#include "backend/recourse/texts.def"
#undef TEXT
};

static const char *const texts[][LANGUAGE_COUNT] = {
#define TEXT(name, french, english) [TEXT_##name] = {[LANGUAGE_FR] = (french), [LANGUAGE_EN] = (english)},
#include "backend/recourse/texts.def"
#undef TEXT
};

static enum text text_of(const struct levers *levers, enum lever lever, const double *after)
{
    const double *before = levers->application;
    switch (lever) {
    case LEVER_INCOME:
        return TEXT_INCOME;
    case LEVER_DEPOSIT:
        return TEXT_DEPOSIT;
    case LEVER_PURCHASE:
        return levers->scales[lever].feature == FEATURE_AMT_CREDIT ? TEXT_SMALLER_CREDIT : TEXT_PURCHASE;
    default:
        return after[APPLICATION_AMT_CREDIT] / after[APPLICATION_AMT_ANNUITY] >
                       before[APPLICATION_AMT_CREDIT] / before[APPLICATION_AMT_ANNUITY]
                   ? TEXT_LONGER_TERM
                   : TEXT_SHORTER_TERM;
    }
}

static void add_sentence(char out[RECOURSE_TEXT], enum text which, size_t feature, double to, double from,
                         enum language language)
{
    char new[VALUE_TEXT], old[VALUE_TEXT];
    size_t used = strlen(out);
    catalogue_format(new, sizeof new, feature, to, language);
    catalogue_format(old, sizeof old, feature, from, language);
    if (used > 0)
        used += (size_t)snprintf(out + used, RECOURSE_TEXT - used, " ");
        /* The shapes are ours, so the format is known although not literal. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(out + used, RECOURSE_TEXT - used, texts[which][language], new, old);
#pragma GCC diagnostic pop
}

void recourse_tell(char out[RECOURSE_TEXT], const struct levers *levers, const struct recourse_move *move,
                   const double *after, enum language language)
{
    static const int columns[LEVER_COUNT] = {
        [LEVER_INCOME] = APPLICATION_AMT_INCOME_TOTAL,
        [LEVER_DEPOSIT] = APPLICATION_AMT_CREDIT,
        [LEVER_PURCHASE] = APPLICATION_AMT_GOODS_PRICE,
        [LEVER_TERM] = APPLICATION_AMT_ANNUITY,
    };
    out[0] = '\0';
    for (size_t lever = 0; lever < LEVER_COUNT; lever++) {
        if (move->levels[lever] == 0)
            continue;
        size_t feature = levers->scales[lever].feature;
        int column = feature == FEATURE_AMT_CREDIT ? APPLICATION_AMT_CREDIT : columns[lever];
        add_sentence(out, text_of(levers, (enum lever)lever, after), feature, after[column],
                     levers->application[column], language);
    }
}

const char *recourse_conclusion(bool granted, size_t count, enum language language)
{
    return texts[granted      ? TEXT_GRANTED
                 : count == 0 ? TEXT_NONE_FOUND
                 : count == 1 ? TEXT_FOUND_ONE
                              : TEXT_FOUND][language];
}
