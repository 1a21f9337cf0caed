/* Files built into the program, so that it runs without looking for them. */
#ifndef CLAIRSCORE_BASE_EMBED_H
#define CLAIRSCORE_BASE_EMBED_H

/* At file scope: the bytes of `path` (from the repository's root) as `symbol`, a terminated constant text;
 * `symbol`_end is the address behind its last byte. The symbol is unique in the program. The Makefile says
 * which object depends on the file. */
/* NOLINTBEGIN(bugprone-macro-parentheses): texts are joined, which parentheses would prevent */
#define EMBED(symbol, path)                                                                                  \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".global " #symbol "\n" #symbol ":\n"                                                            \
            ".incbin \"" path "\"\n"                                                                         \
            ".global " #symbol "_end\n" #symbol "_end:\n"                                                    \
            ".byte 0\n"                                                                                      \
            ".popsection\n");                                                                                \
    extern const char symbol[], symbol##_end[]
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
