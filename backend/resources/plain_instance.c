#include "backend/resources/plain_instance.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "backend/resources/instances.h"
#include "shared/base/number.h"
#include "shared/features/catalogue.h"

enum { SAFE_DIGITS = 18 /* of a whole number: all that many fit into 64 bits */ };

struct text {
    const char *at, *end;
};

static char peek(const struct text *text)
{
    return text->at < text->end ? *text->at : '\0';
}

static void skip_blanks(struct text *text)
{
    while (text->at < text->end &&
           (*text->at == ' ' || *text->at == '\n' || *text->at == '\t' || *text->at == '\r'))
        text->at++;
}

/* Takes the character and the blanks around it. */
static bool take(struct text *text, char wanted)
{
    skip_blanks(text);
    if (peek(text) != wanted)
        return false;
    text->at++;
    skip_blanks(text);
    return true;
}

static bool take_word(struct text *text, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

static size_t take_digits(struct text *text)
{
    const char *begin = text->at;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
        text->at++;
    return (size_t)(text->at - begin);
}

/* A name and the colon behind it: true with its bytes as they stand. */
static bool take_name(struct text *text, const char **name, size_t *length)
{
    if (peek(text) != '"')
        return false;
    *name = text->at + 1;
    const char *quote = memchr(*name, '"', (size_t)(text->end - *name));
    if (!quote)
        return false;
    *length = (size_t)(quote - *name);
    text->at = quote + 1;
    return take(text, ':');
}

/* A number by RFC 8259, section 6. */
static bool take_number(struct text *text, double *number)
{
    const char *begin = text->at;
    bool whole = true;
    bool negative = peek(text) == '-';
    text->at += negative;
    bool zero_first = peek(text) == '0';
    size_t digits = take_digits(text);
    if (digits == 0 || (zero_first && digits > 1))
        return false;
    if (peek(text) == '.') {
        whole = false;
        text->at++;
        if (take_digits(text) == 0)
            return false;
    }
    if (peek(text) == 'e' || peek(text) == 'E') {
        whole = false;
        text->at++;
        text->at += peek(text) == '+' || peek(text) == '-';
        if (take_digits(text) == 0)
            return false;
    }
    /* A whole -0 would lose its sign as the integer that it is. */
    if (whole && (digits > SAFE_DIGITS || (negative && zero_first)))
        return false;
    return number_read(number, begin, (size_t)(text->at - begin));
}

static bool take_id(struct text *text, int64_t *id)
{
    bool zero_first = peek(text) == '0';
    const char *begin = text->at;
    size_t digits = take_digits(text);
    if (digits == 0 || digits > SAFE_DIGITS || (zero_first && digits > 1))
        return false;
    *id = 0;
    for (const char *at = begin; at < text->at; at++)
        *id = *id * 10 + (*at - '0');
    return true;
}

/* One feature, which was not among those `seen`. */
static bool take_feature(struct text *text, float *vector, bool *seen)
{
    const char *name;
    size_t length;
    double number;
    if (!take_name(text, &name, &length))
        return false;
    int feature = catalogue_find_slice(name, length);
    if (feature < 0 || seen[feature])
        return false;
    seen[feature] = true;
    if (peek(text) == 'n')
        return take_word(text, "null");
    if (!take_number(text, &number) || !instances_takes((size_t)feature, number))
        return false;
    vector[feature] = (float)number;
    return true;
}

static bool take_features(struct text *text, float *vector)
{
    bool seen[FEATURE_COUNT] = {false};
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        vector[i] = NAN;
    if (!take(text, '{'))
        return false;
    if (take(text, '}'))
        return true;
    do {
        if (!take_feature(text, vector, seen))
            return false;
    } while (take(text, ','));
    return take(text, '}');
}

enum plain_instance plain_instance_read(float *vector, int64_t *client_id, const char *body, size_t length)
{
    static const char client[] = "client_id";
    static const char features[] = "features";
    struct text text = {body, body + length};
    enum plain_instance kind = PLAIN_NOT;
    const char *name;
    size_t name_length;
    if (length == 0 || !take(&text, '{') || !take_name(&text, &name, &name_length))
        return PLAIN_NOT;
    if (name_length == sizeof client - 1 && memcmp(name, client, name_length) == 0)
        kind = take_id(&text, client_id) ? PLAIN_CLIENT : PLAIN_NOT;
    else if (name_length == sizeof features - 1 && memcmp(name, features, name_length) == 0)
        kind = take_features(&text, vector) ? PLAIN_FEATURES : PLAIN_NOT;
    bool ends = take(&text, '}') && text.at == text.end;
    return ends ? kind : PLAIN_NOT;
}
