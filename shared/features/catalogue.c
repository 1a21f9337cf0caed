#include "shared/features/catalogue.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "shared/features/category_labels.h"

enum { PLAIN, OBSCURE, SENSITIVE };

/* Goes up with every change of a formula or of the list, so that stored vectors are built again. */
static const char CATALOGUE_VERSION[] = "1";

static const struct catalogue_entry {
    struct feature feature;
    int application_column; /* -1: derived */
} entries[FEATURE_COUNT] = {
#define COLUMN_SOURCE(id) APPLICATION_##id
#define DERIVED_SOURCE(id) (-1)
#define FEATURE(id, source, its_theme, its_story, its_unit, its_action, telling, french, english, in_french, \
                in_english)                                                                                  \
    [FEATURE_##id] = {{.name = #id,                                                                          \
                       .theme = THEME_##its_theme,                                                           \
                       .story = STORY_##its_story,                                                           \
                       .unit = UNIT_##its_unit,                                                              \
                       .action = ACTION_##its_action,                                                        \
                       .sensitive = (telling) == SENSITIVE,                                                  \
                       .obscure = (telling) == OBSCURE,                                                      \
                       .label = {[LANGUAGE_FR] = (french), [LANGUAGE_EN] = (english)},                       \
                       .description = {[LANGUAGE_FR] = (in_french), [LANGUAGE_EN] = (in_english)}},          \
                      source##_SOURCE(id)},
#include "shared/features/catalogue.def"
};

struct category_label {
    const char *text[LANGUAGE_COUNT];
};

#define LABEL(set, name, french, english)                                                                    \
    [set##_##name] = {{[LANGUAGE_FR] = (french), [LANGUAGE_EN] = (english)}},
#define LABEL_ARRAY(set) static const struct category_label set##_labels[set##_COUNT] = {set##_LABELS(LABEL)};
LABELLED_SETS(LABEL_ARRAY)
#undef LABEL_ARRAY
#undef LABEL

static const struct category_label *const label_sets[CATEGORY_SET_COUNT] = {
#define LABEL_SET(set) [CATEGORY_SET_##set] = set##_labels,
    LABELLED_SETS(LABEL_SET)
#undef LABEL_SET
};

static const struct {
    const char *code;
    const char *label[LANGUAGE_COUNT];
} themes[THEME_COUNT] = {
    [THEME_EXTERNAL_SCORE] = {"external_score", {"Scores externes", "External scores"}},
    [THEME_CREDIT] = {"credit", {"Crédit demandé", "Credit asked for"}},
    [THEME_INCOME] = {"income", {"Revenus et emploi", "Income and work"}},
    [THEME_PERSON] = {"person", {"Identité et famille", "Person and family"}},
    [THEME_HOUSING] = {"housing", {"Logement", "Home"}},
    [THEME_REGION] = {"region", {"Région et adresses", "Region and addresses"}},
    [THEME_FILE] = {"file", {"Dossier", "File"}},
    [THEME_BUREAU] = {"bureau", {"Crédits chez d’autres prêteurs", "Credits at other lenders"}},
    [THEME_PREVIOUS] = {"previous", {"Demandes précédentes", "Earlier applications"}},
    [THEME_PAYMENTS] = {"payments", {"Historique de paiement", "Payment history"}},
};

static const char *const story_codes[STORY_COUNT] = {
    [STORY_EXTERNAL_SCORES] = "external_scores",
    [STORY_CREDIT] = "credit",
    [STORY_INCOME] = "income",
    [STORY_JOB] = "job",
    [STORY_FAMILY] = "family",
    [STORY_CAR] = "car",
    [STORY_BUILDING] = "building",
    [STORY_REGION] = "region",
    [STORY_ADDRESSES] = "addresses",
    [STORY_REGISTRATION] = "registration",
    [STORY_IDENTITY_DOCUMENT] = "identity_document",
    [STORY_PHONE] = "phone",
    [STORY_DOCUMENTS] = "documents",
    [STORY_SOCIAL_CIRCLE] = "social_circle",
    [STORY_ENQUIRIES] = "enquiries",
    [STORY_BUREAU_CREDITS] = "bureau_credits",
    [STORY_BUREAU_DEBT] = "bureau_debt",
    [STORY_BUREAU_OVERDUE] = "bureau_overdue",
    [STORY_PREVIOUS_REFUSALS] = "previous_refusals",
    [STORY_PREVIOUS_AMOUNTS] = "previous_amounts",
    [STORY_PREVIOUS_TERMS] = "previous_terms",
    [STORY_SINCE_PREVIOUS] = "since_previous",
    [STORY_CARD_USE] = "card_use",
    [STORY_PUNCTUALITY] = "punctuality",
};

static const char *const unit_codes[UNIT_COUNT_OF_UNITS] = {
    [UNIT_NONE] = "none",   [UNIT_MONEY] = "money", [UNIT_DAYS] = "days",         [UNIT_MONTHS] = "months",
    [UNIT_YEARS] = "years", [UNIT_RATIO] = "ratio", [UNIT_TIMES] = "times",       [UNIT_COUNT] = "count",
    [UNIT_FLAG] = "flag",   [UNIT_SCORE] = "score", [UNIT_CATEGORY] = "category",
};

const struct feature *catalogue_feature(size_t id)
{
    return &entries[id].feature;
}

const char *catalogue_version(void)
{
    return CATALOGUE_VERSION;
}

const struct column *catalogue_column(size_t id)
{
    int column = entries[id].application_column;
    return column < 0 ? NULL : &home_credit_schema(TABLE_APPLICATION)->columns[column];
}

/* Names by a hash of their first and last bytes and their length, found again from the next free place on. */
enum { PLACE_BITS = 10, PLACES = 1 << PLACE_BITS, WORD = sizeof(uint64_t) };
static_assert((int)PLACES > 2 * (int)FEATURE_COUNT, "the table of names stays half empty");
static struct {
    uint16_t id; /* + 1; 0: free */
    uint16_t length;
} places[PLACES];
static pthread_once_t places_once = PTHREAD_ONCE_INIT;

static size_t place_of(const char *name, size_t length)
{
    uint64_t first = 0;
    uint64_t last = 0;
    size_t bytes = length < WORD ? length : WORD;
    memcpy(&first, name, bytes);
    memcpy(&last, name + length - bytes, bytes);
    uint64_t hash = (first * 0x9e3779b97f4a7c15U ^ last ^ length) * 0xbf58476d1ce4e5b9U;
    return hash >> (64 - PLACE_BITS);
}

static void fill_places(void)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        size_t length = strlen(entries[i].feature.name);
        size_t place = place_of(entries[i].feature.name, length);
        while (places[place].id)
            place = (place + 1) % PLACES;
        places[place].id = (uint16_t)(i + 1);
        places[place].length = (uint16_t)length;
    }
}

int catalogue_find_slice(const char *name, size_t length)
{
    pthread_once(&places_once, fill_places);
    for (size_t place = place_of(name, length); places[place].id; place = (place + 1) % PLACES) {
        int id = places[place].id - 1;
        if (places[place].length == length && memcmp(entries[id].feature.name, name, length) == 0)
            return id;
    }
    return -1;
}

int catalogue_find(const char *name)
{
    return catalogue_find_slice(name, strlen(name));
}

const char *catalogue_theme_code(enum feature_theme theme)
{
    return themes[theme].code;
}

const char *catalogue_theme_label(enum feature_theme theme, enum language language)
{
    return themes[theme].label[language];
}

const char *catalogue_story_code(enum feature_story story)
{
    return story_codes[story];
}

const char *catalogue_unit_code(enum feature_unit unit)
{
    return unit_codes[unit];
}

const char *catalogue_category_label(const struct column *column, size_t category, enum language language)
{
    const struct category_label *labels = label_sets[column->category_set];
    if (!labels || category >= column->category_count)
        return NULL;
    return labels[category].text[language];
}
