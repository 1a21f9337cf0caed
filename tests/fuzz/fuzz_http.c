/* What a request's head can hold: percent-encoding, Accept, Content-Type, Accept-Language. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/language.h"
#include "shared/http/media_type.h"
#include "shared/http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *decoded = malloc(size + 1);
    if (text && decoded) {
        memcpy(text, data, size);
        text[size] = '\0';
        for (int plus = 0; plus < 2; plus++)
            if (url_decode(decoded, text, size, plus) && strlen(decoded) > size)
                abort(); /* decoding never lengthens */
        if (media_type_accepted(text, "application/json") && media_type_is(text, "application/json") &&
            strlen(text) < strlen("application/json"))
            abort();
        if (language_choose(text, text) >= LANGUAGE_COUNT)
            abort();
    }
    free(text);
    free(decoded);
    return 0;
}
