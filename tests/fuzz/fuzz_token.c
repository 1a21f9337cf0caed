/* Any bytes as a provider's keys, as a token, or as header and claims of one: nothing is accepted that the
 * key did not sign. */
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/access/token.h"

enum { TEXT = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct token_rules rules = {"https://issuer.example", "clairscore"};

static void check(const char *text)
{
    static const char set[] = "{\"keys\": [{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"kid\": \"one\", \"x\":"
                              " \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
    static struct token_keys *keys;
    struct identity identity;
    int64_t ends_s;
    char reason[TOKEN_REASON];
    if (!keys && token_keys_read(&keys, set, sizeof set - 1, NULL))
        abort();
    if (token_check(&identity, &ends_s, text, keys, &rules, 1800000000, reason) == TOKEN_GOOD || !*reason)
        abort();
}

/* Header up to the first zero byte, claims after it. */
static void check_parts(const uint8_t *data, size_t size)
{
    char text[4 * TEXT];
    const uint8_t *end = memchr(data, 0, size);
    size_t header = end ? (size_t)(end - data) : size, claims = end ? size - header - 1 : 0;
    sodium_bin2base64(text, sizeof text, data, header, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    size_t used = strlen(text);
    text[used++] = '.';
    sodium_bin2base64(text + used, sizeof text - used, end ? end + 1 : data, claims,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    snprintf(text + strlen(text), 128, ".%s",
             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    check(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > TEXT)
        return 0;
    struct token_keys *keys = NULL;
    char *text = strndup((const char *)data + 1, size - 1);
    if (data[0] % 3 == 0 && token_keys_read(&keys, (const char *)data + 1, size - 1, NULL) == 0)
        token_keys_free(keys);
    else if (data[0] % 3 == 1 && text)
        check(text);
    else
        check_parts(data + 1, size - 1);
    free(text);
    return 0;
}
