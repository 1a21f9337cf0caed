/* The two languages the product speaks. */
#ifndef CLAIRSCORE_BASE_LANGUAGE_H
#define CLAIRSCORE_BASE_LANGUAGE_H

enum language { LANGUAGE_FR, LANGUAGE_EN, LANGUAGE_COUNT };

/* "fr" or "en". */
const char *language_code(enum language language);

/* The best language for an explicit choice ("fr", "en"; NULL or anything else when there is none)
 * and, failing that, an Accept-Language header (RFC 9110 12.5.4; may be NULL). French when neither
 * helps: the bank is French. */
enum language language_choose(const char *choice, const char *accept_language);

#endif
