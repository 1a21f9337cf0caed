/* Files built into the program, so that it runs without looking for them. */
#ifndef CLAIRSCORE_BASE_EMBED_H
#define CLAIRSCORE_BASE_EMBED_H

#include <stddef.h>

/* At file scope: the bytes of `path` (from the repository's root) as `symbol`, a terminated constant text,
 * and their number as `symbol`_length. The symbol is unique in the program. The Makefile says which object
 * depends on the file. */
/* NOLINTBEGIN(bugprone-macro-parentheses): texts are joined, which parentheses would prevent */
#define EMBED(symbol, path)                                                                                  \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".global " #symbol ", " #symbol "_length\n" #symbol ":\n"                                        \
            ".incbin \"" path "\"\n" #symbol "_end:\n"                                                       \
            ".byte 0\n"                                                                                      \
            ".balign 8\n" #symbol "_length:\n"                                                               \
            ".8byte " #symbol "_end - " #symbol "\n"                                                         \
            ".popsection\n");                                                                                \
    extern const char symbol[];                                                                              \
    extern const size_t symbol##_length
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
