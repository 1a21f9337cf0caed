/* The rows of one client, table by table. */
#ifndef CLAIRSCORE_PORTFOLIO_TABLES_H
#define CLAIRSCORE_PORTFOLIO_TABLES_H

#include <stdbool.h>

#include "notebooks-port/portfolio/client.h"
#include "shared/data/csv_writer.h"

/* The open files and the ids given so far. */
struct tables {
    const struct description *description;
    uint64_t seed;
    struct writer files[TABLE_COUNT]; /* [TABLE_APPLICATION] is application_train.csv */
    struct writer test, truth;
    int64_t next_bureau, next_previous; /* SK_ID_BUREAU, SK_ID_PREV */
};

/* A granted contract, as the tables of its months need it. */
struct contract {
    int64_t id;
    double type; /* previous_application's NAME_CONTRACT_TYPE */
    double days; /* of the decision */
    double credit, annuity, term;
    double first_due;   /* day of the first instalment */
    double paid_months; /* instalments paid before the contract ended, or so far */
    bool ended;
    bool early; /* ended before its term */
};

/* Writes one row in schema order. Texts, whole numbers and decimals as in Kaggle's files. */
void tables_write_row(struct writer *writer, enum home_credit_table table, const double *row,
                      bool with_target);

/* Writes the header line. */
void tables_write_header(struct writer *writer, enum home_credit_table table, bool with_target);

/* bureau and bureau_balance of a client. */
void tables_write_bureau(struct tables *tables, const struct client *client);

/* previous_application, and the months and payments of the contracts that came of it. */
void tables_write_previous(struct tables *tables, const struct client *client);

/* POS_CASH_balance and installments_payments of a consumer or cash loan. */
void tables_write_loan(struct tables *tables, const struct client *client, const struct contract *contract,
                       struct random_stream *stream);

/* credit_card_balance and installments_payments of a card. */
void tables_write_card(struct tables *tables, const struct client *client, const struct contract *contract,
                       struct random_stream *stream);

#endif
