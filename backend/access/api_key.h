/* The text of an API key: "clsc_" ID "_" SECRET. The ID (12 hexadecimal digits) finds the key and may be
 * shown; the SECRET is 256 random bits in base64url.
 *
 * What is stored is a plain BLAKE2b-256 of the whole text. A slow hash such as argon2id makes guessing dear
 * where people choose passwords; 2^256 equally likely secrets cannot be guessed however fast the hash is, and
 * a slow one would let anybody keep the server busy with wrong keys. */
#ifndef CLAIRSCORE_BACKEND_ACCESS_API_KEY_H
#define CLAIRSCORE_BACKEND_ACCESS_API_KEY_H

#include <stdbool.h>

enum {
    API_KEY_ID = 13,   /* with the terminator, like the next */
    API_KEY_TEXT = 62, /* 5 + 12 + 1 + 43 + 1 */
    API_KEY_HASH = 32
};

/* A new key. sodium_init must have run. */
void api_key_make(char text[API_KEY_TEXT], char id[API_KEY_ID]);

/* The ID in `text`; false when it does not look like a key. */
bool api_key_id(char id[API_KEY_ID], const char *text);

/* What is stored of a key, of any text. */
void api_key_hash(unsigned char hash[API_KEY_HASH], const char *text);

#endif
