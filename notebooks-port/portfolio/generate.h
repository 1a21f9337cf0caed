/* Writing a portfolio: the eight tables and the truth. */
#ifndef CLAIRSCORE_PORTFOLIO_GENERATE_H
#define CLAIRSCORE_PORTFOLIO_GENERATE_H

#include <stdint.h>

#include "notebooks-port/portfolio/description.h"
#include "shared/base/error.h"

struct generate_options {
    uint64_t clients;      /* rows of application_train.csv */
    uint64_t test_clients; /* further rows, in application_test.csv */
    uint64_t seed;
};

struct generate_report {
    uint64_t rows; /* of all files, truth.csv aside */
    double seconds;
    double rate;        /* of default among the train clients */
    double perfect_auc; /* of the true probabilities against the drawn TARGET; NaN when all have the same */
};

/* Writes the tables into `folder`, which is made where needed: application_train.csv and _test.csv, the
 * six history tables and truth.csv (SK_ID_CURR, PROBABILITY of default, train and test). The files take
 * their names together, when all are whole. Memory does not grow with the number of clients but for the
 * sixteen bytes a client that the AUC needs. */
int portfolio_generate(struct generate_report *report, const struct description *description,
                       const struct generate_options *options, const char *folder, struct error *err);

#endif
