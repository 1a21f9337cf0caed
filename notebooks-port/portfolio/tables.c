#include "notebooks-port/portfolio/tables.h"

#include <math.h>

/* Whole numbers that Kaggle's files write with ".0", because the column has missing values or had them
 * where the file was made. */
static bool whole_as_real(enum home_credit_table table, int column)
{
    switch (table) {
    case TABLE_APPLICATION:
        return column == APPLICATION_DAYS_REGISTRATION || column == APPLICATION_OWN_CAR_AGE ||
               column == APPLICATION_CNT_FAM_MEMBERS || column == APPLICATION_DAYS_LAST_PHONE_CHANGE ||
               (column >= APPLICATION_OBS_30_CNT_SOCIAL_CIRCLE &&
                column <= APPLICATION_DEF_60_CNT_SOCIAL_CIRCLE) ||
               (column >= APPLICATION_AMT_REQ_CREDIT_BUREAU_HOUR &&
                column <= APPLICATION_AMT_REQ_CREDIT_BUREAU_YEAR);
    case TABLE_BUREAU:
        return column == BUREAU_DAYS_CREDIT_ENDDATE || column == BUREAU_DAYS_ENDDATE_FACT;
    case TABLE_PREVIOUS_APPLICATION:
        return column == PREVIOUS_APPLICATION_CNT_PAYMENT ||
               column >= PREVIOUS_APPLICATION_DAYS_FIRST_DRAWING;
    case TABLE_POS_CASH_BALANCE:
        return column == POS_CASH_BALANCE_CNT_INSTALMENT || column == POS_CASH_BALANCE_CNT_INSTALMENT_FUTURE;
    case TABLE_INSTALLMENTS_PAYMENTS:
        return column == INSTALLMENTS_PAYMENTS_NUM_INSTALMENT_VERSION ||
               column == INSTALLMENTS_PAYMENTS_DAYS_INSTALMENT ||
               column == INSTALLMENTS_PAYMENTS_DAYS_ENTRY_PAYMENT;
    case TABLE_CREDIT_CARD_BALANCE:
        return column == CREDIT_CARD_BALANCE_CNT_DRAWINGS_ATM_CURRENT ||
               column == CREDIT_CARD_BALANCE_CNT_DRAWINGS_OTHER_CURRENT ||
               column == CREDIT_CARD_BALANCE_CNT_DRAWINGS_POS_CURRENT ||
               column == CREDIT_CARD_BALANCE_CNT_INSTALMENT_MATURE_CUM;
    default:
        return false;
    }
}

/* The one amount that Kaggle writes without decimals. */
static bool real_as_whole(enum home_credit_table table, int column)
{
    return table == TABLE_CREDIT_CARD_BALANCE && column == CREDIT_CARD_BALANCE_AMT_CREDIT_LIMIT_ACTUAL;
}

static bool left_out(enum home_credit_table table, size_t column, bool with_target)
{
    return table == TABLE_APPLICATION && column == APPLICATION_TARGET && !with_target;
}

void tables_write_header(struct writer *writer, enum home_credit_table table, bool with_target)
{
    const struct table_schema *schema = home_credit_schema(table);
    for (size_t c = 0; c < schema->column_count; c++)
        if (!left_out(table, c, with_target))
            writer_text(writer, schema->columns[c].name, c + 1 == schema->column_count ? '\n' : ',');
    writer->rows = 0;
}

void tables_write_row(struct writer *writer, enum home_credit_table table, const double *row,
                      bool with_target)
{
    const struct table_schema *schema = home_credit_schema(table);
    for (size_t c = 0; c < schema->column_count; c++) {
        const struct column *column = &schema->columns[c];
        char then = c + 1 == schema->column_count ? '\n' : ',';
        if (left_out(table, c, with_target))
            continue;
        if (isnan(row[c]))
            writer_missing(writer, then);
        else if (column->kind == COLUMN_CATEGORY)
            writer_text(writer, column->categories[(size_t)row[c]], then);
        else if (column->kind == COLUMN_NUMBER ? real_as_whole(table, (int)c) : !whole_as_real(table, (int)c))
            writer_whole(writer, row[c], then);
        else
            writer_real(writer, row[c], then);
    }
}
