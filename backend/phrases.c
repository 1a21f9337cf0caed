#include "backend/phrases.h"

#include <math.h>
#include <stdlib.h>

#include "shared/base/json_writer.h"

enum { TEXT = 128, FLAGS = 2, BYTES = 16 << 20 };

/* A run of `text`. */
struct piece {
    size_t start, length;
};

struct phrases {
    struct buffer text;
    struct piece features[LANGUAGE_COUNT][FEATURE_COUNT];
    struct piece missing[LANGUAGE_COUNT];
    struct {
        struct piece *values; /* NULL: a number */
        size_t count;
    } known[LANGUAGE_COUNT][FEATURE_COUNT];
};

static void write_member(struct json_writer *writer, const char *key, const char *text)
{
    json_writer_key(writer, key);
    json_writer_text(writer, text);
}

static struct piece piece_since(const struct phrases *phrases, size_t start)
{
    return (struct piece){start, phrases->text.length - start};
}

static int write_feature(struct phrases *phrases, size_t feature, enum language language, struct error *err)
{
    struct json_writer writer = json_writer_start(&phrases->text, err);
    const struct feature *meaning = catalogue_feature(feature);
    size_t start = phrases->text.length;
    write_member(&writer, "feature", meaning->name);
    write_member(&writer, "label", meaning->label[language]);
    write_member(&writer, "theme", catalogue_theme_code(meaning->theme));
    json_writer_key(&writer, "value");
    phrases->features[language][feature] = piece_since(phrases, start);
    return json_writer_end(&writer);
}

/* `said`: the value as the API gives it; NULL: as a whole number, or null when it is missing. */
static int write_value(struct piece *out, struct phrases *phrases, size_t feature, double value,
                       const char *said, enum language language, struct error *err)
{
    struct json_writer writer = json_writer_start(&phrases->text, err);
    char text[TEXT];
    size_t start = phrases->text.length;
    catalogue_format(text, sizeof text, feature, value, language);
    if (said || isnan(value))
        json_writer_text(&writer, said);
    else
        json_writer_integer(&writer, (int64_t)value);
    write_member(&writer, "text", text);
    *out = piece_since(phrases, start);
    return json_writer_end(&writer);
}

static int write_values(struct phrases *phrases, size_t feature, enum language language, struct error *err)
{
    const struct column *column = catalogue_column(feature);
    enum feature_unit unit = catalogue_feature(feature)->unit;
    bool categories = unit == UNIT_CATEGORY && column;
    if (!categories && unit != UNIT_FLAG)
        return 0;
    size_t count = categories ? column->category_count : FLAGS;
    struct piece *values = malloc(count * sizeof *values);
    if (!values)
        return error_set(err, ERROR_INTERNAL, "no memory for the catalogue's texts");
    phrases->known[language][feature].values = values;
    phrases->known[language][feature].count = count;
    for (size_t i = 0; i < count; i++)
        if (write_value(&values[i], phrases, feature, (double)i, categories ? column->categories[i] : NULL,
                        language, err))
            return -1;
    return 0;
}

int phrases_new(struct phrases **out, struct error *err)
{
    struct phrases *phrases = calloc(1, sizeof *phrases);
    if (!phrases)
        return error_set(err, ERROR_INTERNAL, "no memory for the catalogue's texts");
    phrases->text = buffer_new(BYTES);
    for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
        if (write_value(&phrases->missing[language], phrases, 0, NAN, NULL, language, err))
            goto failed;
        for (size_t i = 0; i < FEATURE_COUNT; i++)
            if (write_feature(phrases, i, language, err) || write_values(phrases, i, language, err))
                goto failed;
    }
    *out = phrases;
    return 0;

failed:
    phrases_free(phrases);
    return -1;
}

void phrases_free(struct phrases *phrases)
{
    if (!phrases)
        return;
    for (size_t i = 0; i < LANGUAGE_COUNT; i++)
        for (size_t j = 0; j < FEATURE_COUNT; j++)
            free(phrases->known[i][j].values);
    buffer_free(&phrases->text);
    free(phrases);
}

static struct slice slice_at(const struct phrases *phrases, struct piece piece)
{
    return (struct slice){phrases->text.data + piece.start, piece.length};
}

struct slice phrases_feature(const struct phrases *phrases, size_t feature, enum language language)
{
    return slice_at(phrases, phrases->features[language][feature]);
}

bool phrases_value(struct slice *out, const struct phrases *phrases, size_t feature, float value,
                   enum language language)
{
    if (isnan(value)) {
        *out = slice_at(phrases, phrases->missing[language]);
        return true;
    }
    size_t count = phrases->known[language][feature].count;
    if (!(value >= 0 && value < (float)count) || value != truncf(value))
        return false;
    *out = slice_at(phrases, phrases->known[language][feature].values[(size_t)value]);
    return true;
}
