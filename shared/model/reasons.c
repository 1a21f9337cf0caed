#include "shared/model/reasons.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each feature that stands alone is a story of its own, numbered behind those of the catalogue. */
enum { VALUE_BYTES = 128, STORIES = STORY_COUNT + FEATURE_COUNT };

struct story {
    double net;     /* sum of its features' contributions */
    double pull;    /* of its speaker, towards the side that is asked for; 0 while nobody can speak */
    bool plausible; /* what the speaker says makes sense to a client */
    size_t speaker;
};

static size_t story_of(size_t feature)
{
    enum feature_story story = catalogue_feature(feature)->story;
    return story == STORY_ALONE ? STORY_COUNT + feature : (size_t)story;
}

static void write_fact(char out[REASON_FACT], const struct model *model, size_t feature, double value,
                       enum language language)
{
    static const char *const shapes[LANGUAGE_COUNT][3] = {
        [LANGUAGE_FR] = {"%s\u00a0: %s, contre %s habituellement.", "%s\u00a0: %s.",
                         "%s\u00a0: information absente."},
        [LANGUAGE_EN] = {"%s: %s, where %s is usual.", "%s: %s.", "%s: not known."},
    };
    enum { WITH_USUAL, WITHOUT_USUAL, MISSING };
    const char *label = catalogue_feature(feature)->label[language];
    char said[VALUE_BYTES];
    char usual[VALUE_BYTES];
    catalogue_format(said, sizeof said, feature, value, language);
    catalogue_format(usual, sizeof usual, feature, model_usual(model, feature), language);
    /* The shapes are ours, so the format is known although not literal. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (isnan(value))
        snprintf(out, REASON_FACT, shapes[language][MISSING], label);
    else if (isnan(model_usual(model, feature)) || strcmp(said, usual) == 0)
        snprintf(out, REASON_FACT, shapes[language][WITHOUT_USUAL], label, said);
    else
        snprintf(out, REASON_FACT, shapes[language][WITH_USUAL], label, said, usual);
#pragma GCC diagnostic pop
}

/* Of a score, higher is better: nobody understands that one below what is usual lowers the risk, although the
 * model may say so of one of several. */
static bool is_plausible(const struct model *model, const float *vector, size_t feature, double sign)
{
    double usual = model_usual(model, feature);
    if (catalogue_feature(feature)->unit != UNIT_SCORE || isnan(vector[feature]) || isnan(usual))
        return true;
    return sign > 0 ? vector[feature] <= usual : vector[feature] >= usual;
}

/* Finds of each story on the side of `sign` (1 against, -1 for) who speaks. */
static void find_speakers(struct story stories[STORIES], const struct model *model, const float *vector,
                          const double *contributions, double sign)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        stories[story_of(i)].net += contributions[i];
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        struct story *story = &stories[story_of(i)];
        const struct feature *feature = catalogue_feature(i);
        double pull = sign * contributions[i];
        if (sign * story->net <= 0 || pull <= 0 || feature->sensitive || feature->obscure)
            continue;
        bool plausible = is_plausible(model, vector, i, sign);
        if (plausible < story->plausible || (plausible == story->plausible && pull <= story->pull))
            continue;
        *story = (struct story){story->net, pull, plausible, i};
    }
}

/* The stories that can speak, in the order of the catalogue's; how many. */
static size_t list_speaking(const struct story *out[STORIES], const struct story stories[STORIES])
{
    size_t count = 0;
    for (size_t i = 0; i < STORIES; i++) {
        out[count] = &stories[i];
        count += stories[i].pull > 0;
    }
    return count;
}

/* Takes the story with the largest sum off the list, the first speaker's of equal ones; NULL without one. A
 * few are told of many, so this costs less than an order of all. */
static const struct story *take_largest(const struct story **speaking, size_t count)
{
    const struct story *best = NULL;
    size_t place = 0;
    for (size_t i = 0; i < count; i++) {
        const struct story *story = speaking[i];
        if (story && (!best || fabs(story->net) > fabs(best->net) ||
                      (fabs(story->net) == fabs(best->net) && story->speaker < best->speaker))) {
            best = story;
            place = i;
        }
    }
    if (best)
        speaking[place] = NULL;
    return best;
}

size_t reasons_find(struct reason *out, size_t limit, const struct model *model, const float *vector,
                    const double *contributions, int against, enum language language)
{
    static const char *const effects[LANGUAGE_COUNT][2] = {
        [LANGUAGE_FR] = {"Cela diminue le risque.", "Cela augmente le risque."},
        [LANGUAGE_EN] = {"This lowers the risk.", "This raises the risk."},
    };
    struct story stories[STORIES] = {0};
    const struct story *speaking[STORIES];
    find_speakers(stories, model, vector, contributions, against ? 1 : -1);
    size_t count = list_speaking(speaking, stories);
    size_t found = 0;
    for (; found < limit; found++) {
        const struct story *story = take_largest(speaking, count);
        if (!story)
            break;
        struct reason *reason = &out[found];
        reason->feature = story->speaker;
        reason->contribution = story->net;
        write_fact(reason->fact, model, story->speaker, (double)vector[story->speaker], language);
        snprintf(reason->text, REASON_TEXT, "%s %s", reason->fact, effects[language][against != 0]);
    }
    return found;
}
