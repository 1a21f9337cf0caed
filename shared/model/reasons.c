#include "shared/model/reasons.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "shared/base/text.h"

enum { VALUE_BYTES = 128 };

/* What speaks on one side. A feature that stands alone is a story of its own. */
struct story {
    double net;     /* sum of its features' contributions */
    double pull;    /* of its speaker, towards the side that is asked for; 0 when it was told */
    bool plausible; /* what the speaker says makes sense to a client */
    size_t speaker;
};

/* What stands between the label, the value and what is usual. */
static const struct {
    const char *is, *against, *usual, *end, *missing, *lowers, *raises;
} words[LANGUAGE_COUNT] = {
    [LANGUAGE_FR] = {"\u00a0: ", ", contre ", " habituellement.", ".", "\u00a0: information absente.",
                     " Cela diminue le risque.", " Cela augmente le risque."},
    [LANGUAGE_EN] = {": ", ", where ", " is usual.", ".", ": not known.", " This lowers the risk.",
                     " This raises the risk."},
};

static void write_fact(char out[REASON_FACT], const struct model *model, size_t feature, double value,
                       enum language language)
{
    const char *label = catalogue_feature(feature)->label[language];
    char said[VALUE_BYTES];
    char usual[VALUE_BYTES];
    if (isnan(value)) {
        text_join(out, REASON_FACT, TEXT_PIECES(label, words[language].missing));
        return;
    }
    catalogue_format(said, sizeof said, feature, value, language);
    catalogue_format(usual, sizeof usual, feature, model_usual(model, feature), language);
    if (isnan(model_usual(model, feature)) || strcmp(said, usual) == 0)
        text_join(out, REASON_FACT, TEXT_PIECES(label, words[language].is, said, words[language].end));
    else
        text_join(out, REASON_FACT,
                  TEXT_PIECES(label, words[language].is, said, words[language].against, usual,
                              words[language].usual));
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

static bool speaks_before(const struct story *a, const struct story *b)
{
    return a->plausible != b->plausible ? a->plausible : a->pull > b->pull;
}

/* Lists the stories that can speak on the side of `sign` (1 against, -1 for); how many. */
static size_t list_speaking(struct story out[FEATURE_COUNT], const struct model *model, const float *vector,
                            const double *contributions, double sign)
{
    double nets[STORY_COUNT] = {0};
    size_t places[STORY_COUNT] = {0}; /* + 1 in `out`; 0: not there yet */
    size_t count = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        nets[catalogue_feature(i)->story] += contributions[i];
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        double pull = sign * contributions[i];
        if (pull <= 0)
            continue;
        const struct feature *feature = catalogue_feature(i);
        bool alone = feature->story == STORY_ALONE;
        double net = alone ? contributions[i] : nets[feature->story];
        if (sign * net <= 0 || feature->sensitive || feature->obscure)
            continue;
        const struct story story = {net, pull, is_plausible(model, vector, i, sign), i};
        size_t *place = &places[feature->story];
        if (alone || *place == 0) {
            out[count++] = story;
            *place = count;
        } else if (speaks_before(&story, &out[*place - 1])) {
            out[*place - 1] = story;
        }
    }
    return count;
}

/* Takes the story with the largest sum off the list, the first speaker's of equal ones; NULL without one. A
 * few are told of many, so this costs less than an order of all. */
static const struct story *take_largest(struct story *speaking, size_t count)
{
    struct story *best = NULL;
    for (struct story *story = speaking; story < speaking + count; story++)
        if (story->pull > 0 && (!best || fabs(story->net) > fabs(best->net) ||
                                (fabs(story->net) == fabs(best->net) && story->speaker < best->speaker)))
            best = story;
    if (best)
        best->pull = 0; /* told */
    return best;
}

size_t reasons_find(struct reason *out, size_t limit, const struct model *model, const float *vector,
                    const double *contributions, int against, enum language language)
{
    struct story speaking[FEATURE_COUNT];
    size_t count = list_speaking(speaking, model, vector, contributions, against ? 1 : -1);
    size_t found = 0;
    for (; found < limit; found++) {
        const struct story *story = take_largest(speaking, count);
        if (!story)
            break;
        struct reason *reason = &out[found];
        reason->feature = story->speaker;
        reason->contribution = story->net;
        write_fact(reason->fact, model, story->speaker, (double)vector[story->speaker], language);
        text_join(reason->text, REASON_TEXT,
                  TEXT_PIECES(reason->fact, against ? words[language].raises : words[language].lowers));
    }
    return found;
}
