#include "backend/access/api_key.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "clsc_";
enum { PREFIX = sizeof prefix - 1, ID = API_KEY_ID - 1, SECRET_BYTES = 32, SECRET = 43 };

void api_key_make(char text[API_KEY_TEXT], char id[API_KEY_ID])
{
    unsigned char random[SECRET_BYTES];
    char secret[SECRET + 1];
    randombytes_buf(random, ID / 2);
    sodium_bin2hex(id, API_KEY_ID, random, ID / 2);
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(secret, sizeof secret, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    snprintf(text, API_KEY_TEXT, "%s%s_%s", prefix, id, secret);
    sodium_memzero(random, sizeof random);
    sodium_memzero(secret, sizeof secret);
}

bool api_key_id(char id[API_KEY_ID], const char *text)
{
    static const char hexadecimal[] = "0123456789abcdef";
    if (strlen(text) != API_KEY_TEXT - 1 || memcmp(text, prefix, PREFIX) != 0 ||
        strspn(text + PREFIX, hexadecimal) != ID || text[PREFIX + ID] != '_')
        return false;
    memcpy(id, text + PREFIX, ID);
    id[ID] = '\0';
    return true;
}

void api_key_hash(unsigned char hash[API_KEY_HASH], const char *text)
{
    crypto_generichash(hash, API_KEY_HASH, (const unsigned char *)text, strlen(text), NULL, 0);
}
