#include "frontend/view/search.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* Writes the text as it is compared: as much of it as fits. Punctuation becomes blanks: "l’emploi" is found
 * by "l'emploi" and by "emploi". */
static void fold(char *out, size_t size, const char *text)
{
    size_t length = 0, at = 0, used = 0;
    uint8_t *folded = u8_casefold((const uint8_t *)text, strlen(text), NULL, UNINORM_NFKD, NULL, &length);
    while (folded && at < length) {
        ucs4_t letter;
        uint8_t bytes[6];
        int step = u8_mbtouc(&letter, folded + at, length - at);
        at += (size_t)step;
        if (uc_combining_class(letter) != UC_CCC_NR)
            continue;
        bool word = letter == '_' || uc_is_property(letter, UC_PROPERTY_ALPHABETIC) ||
                    uc_is_property(letter, UC_PROPERTY_DECIMAL_DIGIT);
        int wide = u8_uctomb(bytes, word ? letter : ' ', sizeof bytes);
        if (wide < 0 || used + (size_t)wide >= size)
            break;
        memcpy(out + used, bytes, (size_t)wide);
        used += (size_t)wide;
    }
    out[used] = '\0';
    free(folded);
}

bool search_read(struct search *out, const char *typed)
{
    char *rest = NULL;
    memset(out, 0, sizeof *out);
    if (strlen(typed) >= SEARCH_TYPED)
        return false;
    fold(out->folded, sizeof out->folded, typed);
    for (char *word = strtok_r(out->folded, " ", &rest); word && out->count < SEARCH_WORDS;
         word = strtok_r(NULL, " ", &rest))
        out->words[out->count++] = word;
    return true;
}

bool search_finds(const struct search *search, const char *const *texts, size_t count)
{
    char folded[SEARCH_TEXT];
    bool found[SEARCH_WORDS] = {false};
    size_t left = search->count;
    for (size_t i = 0; i < count && left; i++) {
        fold(folded, sizeof folded, texts[i]);
        for (size_t word = 0; word < search->count; word++)
            if (!found[word] && strstr(folded, search->words[word])) {
                found[word] = true;
                left--;
            }
    }
    return left == 0;
}
