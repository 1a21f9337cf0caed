/* What somebody wants to compare a client by: the group, the features, the two that are set against each
 * other and how many similar clients; all of it stands in the address of the page. What is wrong in it is
 * noted, to be told, and something right put in its place, so that the rest can be shown. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_COMPARE_QUESTION_H
#define CLAIRSCORE_FRONTEND_PAGES_COMPARE_QUESTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    COMPARE_FEATURES = 8, /* compared at once: more cannot be taken in */
    COMPARE_NAME = 65,    /* bytes of a feature's name with its terminator */
    COMPARE_GROUP = 193,  /* the same of a group in the API's syntax */
    COMPARE_SIMILAR_FEWEST = 10,
    COMPARE_SIMILAR_MOST = 15,
    COMPARE_NOTES = 16,
    COMPARE_TYPED = 33 /* the same of a limit of a band as it was typed */
};

/* What could not be done as asked. */
enum compare_fault {
    COMPARE_NO_FEATURE,    /* nothing is to be compared */
    COMPARE_MANY_FEATURES, /* above COMPARE_FEATURES; the first ones stay */
    COMPARE_UNKNOWN_FEATURE,
    COMPARE_UNKNOWN_GROUP,
    COMPARE_UNKNOWN_AXIS,
    COMPARE_SAME_AXES,    /* a feature set against itself */
    COMPARE_BAND_FEATURE, /* a band of nothing */
    COMPARE_BAND_LIMITS,  /* without any limit, or with one that is no number */
    COMPARE_BAND_ORDER,   /* the lower limit is not below the upper one */
    COMPARE_FAULTS
};

struct compare_note {
    enum compare_fault fault;
    char text[COMPARE_GROUP]; /* what was asked for; "" where that says nothing */
};

struct compare_question {
    char group[COMPARE_GROUP];
    char features[COMPARE_FEATURES][COMPARE_NAME];
    size_t count;
    char x[COMPARE_NAME], y[COMPARE_NAME];
    int similar; /* COMPARE_SIMILAR_FEWEST to _MOST */
    /* The band of the form as it was typed, to be shown again: feature with its scale, limits. */
    char by[COMPARE_NAME], from[COMPARE_TYPED], to[COMPARE_TYPED];
    struct compare_note notes[COMPARE_NOTES];
    size_t note_count;
};

/* The query's parameters as they came; NULL where there was none. */
struct compare_asked {
    const char *group, *features, *x, *y, *similar;
    /* The form's band, made the group when its button was pressed (`band`): a feature's name, with ":y"
     * behind it when the limits are years of days before the application, ":%" when they are percents of a
     * share. */
    const char *band, *by, *from, *to;
};

/* Reads the question; `usual` are the features compared when none are named, separated by commas. */
void compare_question_read(struct compare_question *out, const struct compare_asked *asked,
                           const char *usual);

/* Leaves out what the catalogue (the API's list of features) does not know, with a note. Returns whether
 * anything had to be. */
bool compare_question_mend(struct compare_question *question, const json_t *catalogue);

/* Takes all clients in place of a group that the API does not know, with a note. */
void compare_question_drop_group(struct compare_question *question);

/* The features separated by commas, but without the one called `without` (NULL: all). */
void compare_question_features(char *out, size_t size, const struct compare_question *question,
                               const char *without);

/* Whether the feature is among those compared. */
bool compare_question_has(const struct compare_question *question, const char *feature);

#endif
