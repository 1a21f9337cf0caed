/* The exploration as a JSON document and as a page to read and print. */
#ifndef CLAIRSCORE_EXPLORE_REPORT_H
#define CLAIRSCORE_EXPLORE_REPORT_H

#include "notebooks-port/explore/summary.h"
#include "shared/base/error.h"

/* What is explored, and against what (NULL: nothing); for the titles. */
struct report_names {
    const char *data, *against;
};

/* Writes FOLDER/explore.json: rows, default_rate, columns with their figures, PSI and correlations. */
int report_write_json(const struct summary *summary, const struct report_names *names, const char *folder,
                      struct error *err);

/* Writes FOLDER/explore.html: one static page without scripts. */
int report_write_html(const struct summary *summary, const struct report_names *names, const char *folder,
                      struct error *err);

/* Column positions by falling PSI into order[APPLICATION_COLUMNS]; returns how many have one. */
size_t report_worst(size_t *order, const struct summary *summary);

#endif
