#include "frontend/pages/compare_question.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "frontend/answer.h"
#include "shared/base/number.h"

static const char ALL[] = "all";
static const char *const usual_axes[] = {"EXT_SOURCE_2", "EXT_SOURCE_3", "AMT_CREDIT"};

/* As much of the text as fits. */
static void cut(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size)
        length = size - 1;
    memmove(out, text, length);
    out[length] = '\0';
}

static void note(struct compare_question *question, enum compare_fault fault, const char *text)
{
    if (question->note_count == COMPARE_NOTES)
        return;
    struct compare_note *next = &question->notes[question->note_count++];
    next->fault = fault;
    cut(next->text, sizeof next->text, text);
    /* Addresses hold anything, and cutting may have split a character. */
    uint8_t *wrong = (uint8_t *)u8_check((const uint8_t *)next->text, strlen(next->text));
    if (wrong)
        *wrong = '\0';
}

/* False when it does not fit: then the name is no feature's. */
static bool copy(char *out, size_t size, const char *text, size_t length)
{
    if (length >= size)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

/* ---- Features ---------------------------------------------------------------------------------------- */

bool compare_question_has(const struct compare_question *question, const char *feature)
{
    for (size_t i = 0; i < question->count; i++)
        if (strcmp(question->features[i], feature) == 0)
            return true;
    return false;
}

static void read_features(struct compare_question *out, const char *list)
{
    bool many = false;
    for (size_t length; *list; list += length + (list[length] == ',')) {
        char name[COMPARE_NAME];
        length = strcspn(list, ",");
        if (length == 0)
            continue;
        if (!copy(name, sizeof name, list, length)) {
            cut(name, sizeof name, list);
            note(out, COMPARE_UNKNOWN_FEATURE, name);
        } else if (!compare_question_has(out, name)) {
            many |= out->count == COMPARE_FEATURES;
            if (out->count < COMPARE_FEATURES)
                memcpy(out->features[out->count++], name, sizeof name);
        }
    }
    if (many)
        note(out, COMPARE_MANY_FEATURES, "");
}

void compare_question_features(char *out, size_t size, const struct compare_question *question,
                               const char *without)
{
    size_t used = 0;
    *out = '\0';
    for (size_t i = 0; i < question->count && used < size; i++)
        if (!without || strcmp(question->features[i], without) != 0)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "," : "", question->features[i]);
}

/* ---- Groups ------------------------------------------------------------------------------------------ */

/* A limit as the API writes it: "12" of typed "12", "12y" of years, "0.12" of percents. */
static bool write_limit(char out[NUMBER_TEXT], double *value, const char *typed, char scale)
{
    char plain[COMPARE_TYPED];
    size_t length = 0;
    for (const char *at = typed; *at && length + 1 < sizeof plain; at++)
        if (*at != ' ')
            plain[length++] = *at == ',' ? '.' : *at;
    plain[length] = '\0';
    *out = '\0';
    if (length == 0)
        return true;
    if (!number_read(value, plain, length))
        return false;
    snprintf(out, NUMBER_TEXT, "%.9g%s", scale == '%' ? *value / 100 : *value, scale == 'y' ? "y" : "");
    return true;
}

static void read_band(struct compare_question *out, const char *before)
{
    char low[NUMBER_TEXT], high[NUMBER_TEXT];
    double lowest = -(double)INFINITY, highest = INFINITY;
    const char *colon = strchr(out->by, ':');
    int length = colon ? (int)(colon - out->by) : (int)strlen(out->by);
    char scale = colon ? colon[1] : '\0';
    cut(out->group, sizeof out->group, before);
    if (length == 0)
        note(out, COMPARE_BAND_FEATURE, "");
    else if (!write_limit(low, &lowest, out->from, scale) || !write_limit(high, &highest, out->to, scale) ||
             (!*low && !*high))
        note(out, COMPARE_BAND_LIMITS, "");
    else if (lowest >= highest)
        note(out, COMPARE_BAND_ORDER, "");
    else
        snprintf(out->group, sizeof out->group, "%.*s:%s..%s", length, out->by, low, high);
}

static void read_group(struct compare_question *out, const struct compare_asked *asked)
{
    const char *group = asked->group && *asked->group ? asked->group : ALL;
    if (!copy(out->group, sizeof out->group, group, strlen(group))) {
        cut(out->group, COMPARE_NAME, group);
        compare_question_drop_group(out);
    }
    cut(out->by, sizeof out->by, asked->by ? asked->by : "");
    cut(out->from, sizeof out->from, asked->from ? asked->from : "");
    cut(out->to, sizeof out->to, asked->to ? asked->to : "");
    if (asked->band) {
        char before[COMPARE_GROUP];
        memcpy(before, out->group, sizeof before);
        read_band(out, before);
    }
}

void compare_question_drop_group(struct compare_question *question)
{
    note(question, COMPARE_UNKNOWN_GROUP, question->group);
    memcpy(question->group, ALL, sizeof ALL);
}

/* ---- Axes -------------------------------------------------------------------------------------------- */

/* A usual feature for an axis that is not the other's. */
static const char *axis_beside(const char *other, size_t first)
{
    return strcmp(usual_axes[first], other) != 0 ? usual_axes[first] : usual_axes[first + 1];
}

static void read_axis(struct compare_question *question, char out[COMPARE_NAME], const char *asked,
                      const char *usual)
{
    if (!asked || !*asked)
        asked = usual;
    if (!copy(out, COMPARE_NAME, asked, strlen(asked))) {
        cut(out, COMPARE_NAME, asked);
        note(question, COMPARE_UNKNOWN_AXIS, out);
        cut(out, COMPARE_NAME, usual);
    }
}

static void part_axes(struct compare_question *question)
{
    if (strcmp(question->x, question->y) != 0)
        return;
    note(question, COMPARE_SAME_AXES, question->x);
    cut(question->y, COMPARE_NAME, axis_beside(question->x, 0));
}

/* ---- The whole --------------------------------------------------------------------------------------- */

void compare_question_read(struct compare_question *out, const struct compare_asked *asked, const char *usual)
{
    memset(out, 0, sizeof *out);
    read_group(out, asked);
    read_features(out, asked->features ? asked->features : usual);
    if (out->count == 0 && out->note_count == 0)
        note(out, COMPARE_NO_FEATURE, "");
    bool x_given = asked->x && *asked->x, y_given = asked->y && *asked->y;
    read_axis(out, out->x, asked->x, y_given ? axis_beside(asked->y, 0) : usual_axes[0]);
    read_axis(out, out->y, asked->y, x_given ? axis_beside(asked->x, 1) : usual_axes[1]);
    part_axes(out);
    long similar = asked->similar ? strtol(asked->similar, NULL, 10) : 0;
    out->similar = similar < COMPARE_SIMILAR_FEWEST ? COMPARE_SIMILAR_FEWEST
                   : similar > COMPARE_SIMILAR_MOST ? COMPARE_SIMILAR_MOST
                                                    : (int)similar;
}

static bool is_known(const json_t *catalogue, const char *name)
{
    size_t i;
    json_t *feature;
    json_array_foreach(catalogue, i,
                       feature) if (strcmp(answer_text(feature, "name"), name) == 0) return true;
    return false;
}

bool compare_question_mend(struct compare_question *question, const json_t *catalogue)
{
    bool mended = false;
    size_t kept = 0;
    for (size_t i = 0; i < question->count; i++) {
        if (is_known(catalogue, question->features[i])) {
            memmove(question->features[kept++], question->features[i], COMPARE_NAME);
        } else {
            note(question, COMPARE_UNKNOWN_FEATURE, question->features[i]);
            mended = true;
        }
    }
    question->count = kept;
    if (!is_known(catalogue, question->x)) {
        note(question, COMPARE_UNKNOWN_AXIS, question->x);
        cut(question->x, COMPARE_NAME, axis_beside(question->y, 0));
        mended = true;
    }
    if (!is_known(catalogue, question->y)) {
        note(question, COMPARE_UNKNOWN_AXIS, question->y);
        cut(question->y, COMPARE_NAME, axis_beside(question->x, 1));
        mended = true;
    }
    return mended;
}
