/* The eight tables of "Home Credit Default Risk": columns in Kaggle's order with type, range, known
 * categories and keys. One value of any column is a double: the number itself, the id (exact to
 * 2^53), the position in `categories`; NaN when missing. */
#ifndef CLAIRSCORE_DATA_HOME_CREDIT_H
#define CLAIRSCORE_DATA_HOME_CREDIT_H

#include <stdbool.h>
#include <stddef.h>

enum home_credit_table {
    TABLE_APPLICATION, /* application_train.csv; application_test.csv is the same without TARGET */
    TABLE_BUREAU,
    TABLE_BUREAU_BALANCE,
    TABLE_PREVIOUS_APPLICATION,
    TABLE_POS_CASH_BALANCE,
    TABLE_INSTALLMENTS_PAYMENTS,
    TABLE_CREDIT_CARD_BALANCE,
    TABLE_COUNT
};

enum column_kind {
    COLUMN_KEY,     /* a whole number that identifies; never missing */
    COLUMN_FLAG,    /* 0 or 1 */
    COLUMN_INTEGER, /* a whole number; "3.0" is one */
    COLUMN_NUMBER,  /* a finite decimal number */
    COLUMN_CATEGORY /* one of `categories`, stored as its position there */
};

struct column {
    const char *name; /* Home Credit's name */
    enum column_kind kind;
    bool required;                 /* an empty field is an error */
    double lowest, highest;        /* accepted range of a number, both inclusive */
    const char *const *categories; /* NULL-terminated, in the order that gives the codes */
    size_t category_count;
    int category_set; /* enum category_set: columns with the same texts share one */
};

struct table_schema {
    const char *name; /* "bureau" */
    const char *file; /* "bureau.csv" */
    const struct column *columns;
    size_t column_count;
    int key;    /* column whose values must be unique, or -1 */
    int client; /* column SK_ID_CURR, or -1 (bureau_balance) */
};

/* The schema of a table; static, never NULL for a valid `table`. */
const struct table_schema *home_credit_schema(enum home_credit_table table);

/* The position of the column called `name`, or -1. */
int home_credit_column(const struct table_schema *schema, const char *name);

/* The position of `length` bytes of text among the column's categories, or -1. */
int home_credit_category(const struct column *column, const char *text, size_t length);

/* Column positions that the code needs by name are generated as enumerators from the same lists:
 * APPLICATION_AMT_CREDIT, BUREAU_DAYS_CREDIT, BUREAU_BALANCE_STATUS, PREVIOUS_APPLICATION_AMT_CREDIT,
 * POS_CASH_BALANCE_SK_DPD, INSTALLMENTS_PAYMENTS_AMT_PAYMENT, CREDIT_CARD_BALANCE_SK_DPD, …, and
 * APPLICATION_COLUMNS, BUREAU_COLUMNS, … for their numbers. Category positions are enumerators too:
 * CREDIT_ACTIVE_CLOSED, NAME_CONTRACT_STATUS_REFUSED, BUREAU_BALANCE_STATUS_C, …, with CREDIT_ACTIVE_COUNT.
 */
#include "shared/data/home_credit_columns.h"

#endif
