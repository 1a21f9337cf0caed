#include "shared/data/home_credit.h"

#include <string.h>

#define ITEM_TEXT(set, name, text) text,
#define SET_ARRAY(set) static const char *const set##_texts[] = {set##_TEXTS(ITEM_TEXT) NULL};
CATEGORY_SETS(SET_ARRAY)
#undef SET_ARRAY
#undef ITEM_TEXT

enum { OPTIONAL, REQUIRED };

#define COLUMN_ENTRY(table, column, type, need, low, high)                                                   \
    {.name = #column,                                                                                        \
     .kind = COLUMN_##type,                                                                                  \
     .required = (need) == REQUIRED,                                                                         \
     .lowest = (low),                                                                                        \
     .highest = (high)},
#define TEXT_ENTRY(table, column, need, set)                                                                 \
    {.name = #column,                                                                                        \
     .kind = COLUMN_CATEGORY,                                                                                \
     .required = (need) == REQUIRED,                                                                         \
     .highest = set##_COUNT - 1,                                                                             \
     .categories = set##_texts,                                                                              \
     .category_count = set##_COUNT,                                                                          \
     .category_set = CATEGORY_SET_##set},

static const struct column application[] = {APPLICATION_LIST(COLUMN_ENTRY, TEXT_ENTRY)};
static const struct column bureau[] = {BUREAU_LIST(COLUMN_ENTRY, TEXT_ENTRY)};
static const struct column bureau_balance[] = {BUREAU_BALANCE_LIST(COLUMN_ENTRY, TEXT_ENTRY)};
static const struct column previous_application[] = {PREVIOUS_APPLICATION_LIST(COLUMN_ENTRY, TEXT_ENTRY)};
static const struct column pos_cash_balance[] = {POS_CASH_BALANCE_LIST(COLUMN_ENTRY, TEXT_ENTRY)};
static const struct column installments_payments[] = {INSTALLMENTS_PAYMENTS_LIST(COLUMN_ENTRY, TEXT_ENTRY)};
static const struct column credit_card_balance[] = {CREDIT_CARD_BALANCE_LIST(COLUMN_ENTRY, TEXT_ENTRY)};

static const struct table_schema schemas[TABLE_COUNT] = {
    [TABLE_APPLICATION] = {"application", "application_train.csv", application, APPLICATION_COLUMNS,
                           APPLICATION_SK_ID_CURR, APPLICATION_SK_ID_CURR},
    [TABLE_BUREAU] = {"bureau", "bureau.csv", bureau, BUREAU_COLUMNS, BUREAU_SK_ID_BUREAU, BUREAU_SK_ID_CURR},
    [TABLE_BUREAU_BALANCE] = {"bureau_balance", "bureau_balance.csv", bureau_balance, BUREAU_BALANCE_COLUMNS,
                              -1, -1},
    [TABLE_PREVIOUS_APPLICATION] = {"previous_application", "previous_application.csv", previous_application,
                                    PREVIOUS_APPLICATION_COLUMNS, PREVIOUS_APPLICATION_SK_ID_PREV,
                                    PREVIOUS_APPLICATION_SK_ID_CURR},
    [TABLE_POS_CASH_BALANCE] = {"POS_CASH_balance", "POS_CASH_balance.csv", pos_cash_balance,
                                POS_CASH_BALANCE_COLUMNS, -1, POS_CASH_BALANCE_SK_ID_CURR},
    [TABLE_INSTALLMENTS_PAYMENTS] = {"installments_payments", "installments_payments.csv",
                                     installments_payments, INSTALLMENTS_PAYMENTS_COLUMNS, -1,
                                     INSTALLMENTS_PAYMENTS_SK_ID_CURR},
    [TABLE_CREDIT_CARD_BALANCE] = {"credit_card_balance", "credit_card_balance.csv", credit_card_balance,
                                   CREDIT_CARD_BALANCE_COLUMNS, -1, CREDIT_CARD_BALANCE_SK_ID_CURR},
};

const struct table_schema *home_credit_schema(enum home_credit_table table)
{
    return &schemas[table];
}

int home_credit_column(const struct table_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->column_count; i++)
        if (strcmp(schema->columns[i].name, name) == 0)
            return (int)i;
    return -1;
}

int home_credit_category(const struct column *column, const char *text, size_t length)
{
    if (length == 0)
        return -1;
    for (size_t i = 0; i < column->category_count; i++) {
        const char *known = column->categories[i];
        /* The first byte tells most apart without a call; the text may hold zero bytes, so its length counts.
         */
        if (known[0] == text[0] && strlen(known) == length && memcmp(known, text, length) == 0)
            return (int)i;
    }
    return -1;
}
