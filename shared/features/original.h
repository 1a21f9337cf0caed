/* The feature set `original`: what the project's first notebook built of an application and its history, so
 * that its results can be compared with those of `full` (catalogue.h). Two defects of the notebook are
 * corrected: every table is encoded from its own rows, and the ratios of the bureau divide sums of the same
 * client. Bookkeeping numbers (SK_ID_PREV, SK_ID_BUREAU) are not averaged.
 *
 * Columns, in this order: those of the application table in its order (numbers; FLAG_OWN_CAR,
 * FLAG_OWN_REALTY and EMERGENCYSTATE_MODE as 0 or 1; every other text column as one 0/1 column for each level
 * of the schema but the first; Age in years in the place of DAYS_BIRTH); three percentages; then of each of
 * four history tables the client's means of numbers and of levels, which are shares of rows. Numbers are
 * absolute values, 365243 days are missing. The other two history tables were never used. */
#ifndef CLAIRSCORE_FEATURES_ORIGINAL_H
#define CLAIRSCORE_FEATURES_ORIGINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/language.h"
#include "shared/data/home_credit.h"
#include "shared/features/catalogue.h"

/* How many numbers a table has to average, and how many levels its text columns have together. */
#define ORIGINAL_NUMBER_KEY 0
#define ORIGINAL_NUMBER_FLAG 1
#define ORIGINAL_NUMBER_INTEGER 1
#define ORIGINAL_NUMBER_NUMBER 1
/* NOLINTBEGIN(bugprone-macro-parentheses): terms of one sum */
#define ORIGINAL_NUMBER(table, name, kind, required, lowest, highest) +ORIGINAL_NUMBER_##kind
#define ORIGINAL_LEVELS(table, name, required, set) +set##_COUNT
/* NOLINTEND(bugprone-macro-parentheses) */
#define ORIGINAL_NOTHING(...)
enum {
    ORIGINAL_BUREAU_NUMBERS = BUREAU_LIST(ORIGINAL_NUMBER, ORIGINAL_NOTHING),
    ORIGINAL_BUREAU_LEVELS = BUREAU_LIST(ORIGINAL_NOTHING, ORIGINAL_LEVELS),
    ORIGINAL_PREVIOUS_NUMBERS = PREVIOUS_APPLICATION_LIST(ORIGINAL_NUMBER, ORIGINAL_NOTHING),
    ORIGINAL_INSTALMENT_NUMBERS = INSTALLMENTS_PAYMENTS_LIST(ORIGINAL_NUMBER, ORIGINAL_NOTHING),
    ORIGINAL_CARD_NUMBERS = CREDIT_CARD_BALANCE_LIST(ORIGINAL_NUMBER, ORIGINAL_NOTHING),
    ORIGINAL_CARD_LEVELS = CREDIT_CARD_BALANCE_LIST(ORIGINAL_NOTHING, ORIGINAL_LEVELS)
};

/* Sums over a client's rows of one table: of the known values of each number, how many they are, how often
 * each level occurs, and the rows. */
struct original_bureau {
    double sum[ORIGINAL_BUREAU_NUMBERS];
    uint32_t known[ORIGINAL_BUREAU_NUMBERS];
    uint32_t level[ORIGINAL_BUREAU_LEVELS];
    uint32_t rows;
};

struct original_previous {
    double sum[ORIGINAL_PREVIOUS_NUMBERS];
    uint32_t known[ORIGINAL_PREVIOUS_NUMBERS];
    uint32_t rows;
};

struct original_instalments {
    double sum[ORIGINAL_INSTALMENT_NUMBERS];
    uint32_t known[ORIGINAL_INSTALMENT_NUMBERS];
    uint32_t rows;
};

struct original_card {
    double sum[ORIGINAL_CARD_NUMBERS];
    uint32_t known[ORIGINAL_CARD_NUMBERS];
    uint32_t level[ORIGINAL_CARD_LEVELS];
    uint32_t rows;
};

/* All of a client; zeroed, it is one without rows. */
struct original_history {
    struct original_bureau bureau;
    struct original_previous previous;
    struct original_instalments instalments;
    struct original_card card;
};

/* Where the sums of a table lie in struct original_history, for those who keep tables apart; bytes 0 for a
 * table that the set does not use. */
struct original_part {
    size_t offset, bytes;
};
struct original_part original_part(enum home_credit_table table);

/* Adds one row (schema order) to a client's sums of its table, a struct original_bureau, …. */
void original_add(void *sums, enum home_credit_table table, const double *row);

enum { ORIGINAL_COLUMNS_MOST = 400, ORIGINAL_NAME = 96, ORIGINAL_TEXT = 240 };

/* How a column comes about. */
enum original_kind {
    ORIGINAL_VALUE,            /* the application's number, or its text as 0 or 1 */
    ORIGINAL_LEVEL,            /* 1 when the application's text is this level */
    ORIGINAL_AGE,              /* |DAYS_BIRTH| / 365 */
    ORIGINAL_EMPLOYED_PERCENT, /* 100 · DAYS_EMPLOYED / DAYS_BIRTH */
    ORIGINAL_ANNUITY_PERCENT,  /* 100 · AMT_ANNUITY / AMT_INCOME_TOTAL */
    ORIGINAL_CREDIT_PERCENT,   /* 100 · AMT_CREDIT / AMT_INCOME_TOTAL */
    ORIGINAL_MEAN,             /* of a number over the client's rows that know it */
    ORIGINAL_SHARE,            /* of the client's rows with this level */
    ORIGINAL_ROWS,             /* how many rows the client has */
    ORIGINAL_TYPES,            /* distinct CREDIT_TYPE */
    ORIGINAL_DEBT_RATIO,       /* total debt / total credit; 0 when infinite or unknown */
    ORIGINAL_OVERDUE_RATIO     /* total overdue / total debt; the same */
};

struct original_column {
    char name[ORIGINAL_NAME]; /* "AMT_CREDIT", "NAME_INCOME_TYPE_Working", "BUREAU_CREDIT_ACTIVE_Closed" */
    enum home_credit_table table;
    enum original_kind kind;
    int column; /* of the table, -1 when there is no single one */
    int level;  /* of that column, -1 for a number */
    size_t at;  /* place of the mean or share among the table's sums */
};

struct original_columns {
    size_t count;
    struct original_column columns[ORIGINAL_COLUMNS_MOST];
};

/* Fills in the set's columns. The same on every call. */
void original_list(struct original_columns *out);

/* Builds one client's vector of `columns->count` floats, NaN where missing. `application` is a row of
 * TABLE_APPLICATION in schema order; `history` may be NULL = unknown. A client without rows in a table misses
 * everything of that table, its counts too: the notebook's join left it so. */
void original_build(float *out, const struct original_columns *columns, const double *application,
                    const struct original_history *history);

/* What a column is, for the data dictionary. */
enum feature_unit original_unit(const struct original_column *column);
void original_label(char out[ORIGINAL_TEXT], const struct original_column *column, enum language language);
void original_description(char out[ORIGINAL_TEXT], const struct original_column *column,
                          enum language language);

#endif
