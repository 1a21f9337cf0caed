/* The catalogue: what every feature is, in both languages. The one place for a feature's name, label,
 * description, unit and theme; nothing of it is repeated in a page or a test.
 *
 * A feature vector is `float[FEATURE_COUNT]` in catalogue order, NaN where the value is missing. First
 * come the application table's columns under their Home Credit names (a category as its position in the
 * schema's list), then what is derived from them, then the aggregates of each history table. */
#ifndef CLAIRSCORE_FEATURES_CATALOGUE_H
#define CLAIRSCORE_FEATURES_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/base/language.h"
#include "shared/data/home_credit.h"
#include "shared/features/feature_ids.h" /* enum feature_id { FEATURE_AMT_CREDIT, …, FEATURE_COUNT } */

enum feature_theme {
    THEME_EXTERNAL_SCORE, /* scores of external bureaus */
    THEME_CREDIT,         /* the credit asked for */
    THEME_INCOME,         /* income, work */
    THEME_PERSON,         /* identity, family */
    THEME_HOUSING,        /* home, building */
    THEME_REGION,         /* region and addresses */
    THEME_FILE,           /* documents, contact details, the application itself */
    THEME_BUREAU,         /* credits at other lenders */
    THEME_PREVIOUS,       /* earlier applications here */
    THEME_PAYMENTS,       /* how earlier credits were paid: instalments, POS, card */
    THEME_COUNT
};

/* Features that tell the same story about a client: one is computed from the others, or they measure one
 * thing in several ways, so that the model spreads its effect over them as it happens to split. What is told
 * to a client weighs a story as a whole (shared/model/reasons.h). */
enum feature_story {
    STORY_ALONE,             /* shares its story with no other feature */
    STORY_EXTERNAL_SCORES,   /* the three scores and what is derived from them */
    STORY_CREDIT,            /* amount, price of the goods, instalment, term, insurance */
    STORY_INCOME,            /* the income, and what the credit weighs against it */
    STORY_JOB,               /* time in the present job, or none */
    STORY_FAMILY,            /* children and who they live with */
    STORY_CAR,               /* a car and its age */
    STORY_BUILDING,          /* the building's figures, each as average, mode and median */
    STORY_REGION,            /* rating and population of the region */
    STORY_ADDRESSES,         /* registered, lived and worked in different places */
    STORY_REGISTRATION,      /* time since it */
    STORY_IDENTITY_DOCUMENT, /* age of the document */
    STORY_PHONE,             /* time with the number */
    STORY_DOCUMENTS,         /* documents supplied and their number */
    STORY_SOCIAL_CIRCLE,     /* people around the client who defaulted */
    STORY_ENQUIRIES,         /* at the credit bureau, over six periods */
    STORY_BUREAU_CREDITS,    /* how many credits elsewhere, and how old */
    STORY_BUREAU_DEBT,       /* what is left of them to pay */
    STORY_BUREAU_OVERDUE,    /* how late they are paid */
    STORY_PREVIOUS_REFUSALS, /* earlier applications refused */
    STORY_PREVIOUS_AMOUNTS,  /* asked for and granted before */
    STORY_PREVIOUS_TERMS,    /* length and cost of earlier credits */
    STORY_SINCE_PREVIOUS,    /* this credit against earlier ones */
    STORY_CARD_USE,          /* how far the card's limit is used */
    STORY_PUNCTUALITY,       /* instalments paid early, on time, late */
    STORY_COUNT
};

enum feature_unit {
    UNIT_NONE,  /* a plain number */
    UNIT_MONEY, /* currency units of the application */
    UNIT_DAYS,  /* days; negative = before the application, as in Home Credit's tables */
    UNIT_MONTHS,
    UNIT_YEARS,
    UNIT_RATIO,    /* shown as a percentage: 0.35 is 35 % */
    UNIT_TIMES,    /* a ratio shown as a multiple: 16.4 */
    UNIT_COUNT,    /* a whole number of things */
    UNIT_FLAG,     /* 0 no, 1 yes */
    UNIT_CATEGORY, /* position in catalogue_column(id)->categories */
    UNIT_SCORE,    /* 0..1, higher is better */
    UNIT_COUNT_OF_UNITS
};

/* What a client could do about a feature before asking again, and in which direction it can move. A feature
 * that nobody can move has ACTION_NONE, and so has one that could only be moved to please the model: which
 * documents are asked for is the bank's choice, and what is in the past (the highest use of a card) stays. */
enum feature_action { ACTION_NONE, ACTION_RAISE, ACTION_LOWER, ACTION_EITHER };

struct feature {
    const char *name;
    enum feature_theme theme;
    enum feature_story story;
    enum feature_unit unit;
    enum feature_action action;
    bool sensitive; /* gender, age, family status and what stands for them: never a reason told to a client */
    bool obscure;   /* a figure or code that means nothing to a client: no reason either */
    const char *label[LANGUAGE_COUNT];       /* a few words; starts with a capital */
    const char *description[LANGUAGE_COUNT]; /* one sentence a client understands */
};

/* The feature; `id` in 0..FEATURE_COUNT-1. Static. */
const struct feature *catalogue_feature(size_t id);

/* The application column that the feature is, with its type, range and categories; NULL for a derived one. */
const struct column *catalogue_column(size_t id);

/* The id of the feature called `name`, or -1. */
int catalogue_find(const char *name);

/* The same of a name that is not terminated. */
int catalogue_find_slice(const char *name, size_t length);

/* "external_score", "credit", …: stable codes for JSON; and the theme's readable label. */
const char *catalogue_theme_code(enum feature_theme theme);
const char *catalogue_theme_label(enum feature_theme theme, enum language language);

/* "external_scores", "credit", …: stable codes for JSON; NULL for STORY_ALONE. */
const char *catalogue_story_code(enum feature_story story);

/* "money", "days", …: stable codes for JSON. */
const char *catalogue_unit_code(enum feature_unit unit);

/* The readable text of a category, such as "Études supérieures" for position 3 of NAME_EDUCATION_TYPE;
 * NULL out of range, and for columns of the history tables whose categories are no features. */
const char *catalogue_category_label(const struct column *column, size_t category, enum language language);

/* A value as a person reads it: "450 000", "35 %", "12 ans", "Marié·e", "inconnu"; French or English form
 * (thin spaces, decimal comma). Writes at most `size` bytes with the terminator. Days before the application
 * are told as years or months where that reads better. */
void catalogue_format(char *out, size_t size, size_t id, double value, enum language language);

/* The version of the whole set, which changes with the list of features or any formula: vectors stored under
 * another version must be built again. */
const char *catalogue_version(void);

#endif
