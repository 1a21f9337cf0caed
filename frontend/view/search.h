/* Words that somebody typed, looked for in texts as people mean it: without regard to case and accents
 * (Unicode's case folding and compatibility decomposition; marks are left out). */
#ifndef CLAIRSCORE_FRONTEND_VIEW_SEARCH_H
#define CLAIRSCORE_FRONTEND_VIEW_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum { SEARCH_TYPED = 128, SEARCH_WORDS = 8, SEARCH_TEXT = 4096 };

struct search {
    char folded[4 * SEARCH_TYPED]; /* cut into words */
    const char *words[SEARCH_WORDS];
    size_t count; /* 0: nothing is looked for, everything is found */
};

/* Reads what was typed: UTF-8, at most SEARCH_TYPED - 1 bytes; false when it is longer. Words beyond
 * SEARCH_WORDS are left out. `out` must not be moved afterwards. */
bool search_read(struct search *out, const char *typed);

/* Whether each word is in one of the `count` texts (UTF-8; what is beyond SEARCH_TEXT bytes of one, folded,
 * is not looked at). */
bool search_finds(const struct search *search, const char *const *texts, size_t count);

#endif
