/* What 02_model is asked for. */
#ifndef CLAIRSCORE_MODEL_OPTIONS_H
#define CLAIRSCORE_MODEL_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/base/language.h"

/* Sections that take long or that only some need; the others are always there. */
enum section {
    SECTION_COMPARISON = 1 << 0,
    SECTION_ELIMINATION = 1 << 1,
    SECTION_SEARCH = 1 << 2,
    SECTION_HOLD_OUT = 1 << 3,
    SECTION_LEARNING = 1 << 4,
    SECTION_STABILITY = 1 << 5,
    SECTIONS_ALL = (1 << 6) - 1
};

/* What the search is for. */
enum search_goal { GOAL_AUC, GOAL_MONEY, GOAL_F_BETA };

enum { OPTIONS_COMMAND = 4096, OPTIONS_RETRAININGS = 50 };

struct options {
    const char *data;              /* a folder, or a matrix in a CSV file */
    const char *out, *name;        /* the artifact's folder, or NULL; its last part */
    const char *folds, *test;      /* or NULL */
    const char *space, *journal;   /* of the search; or NULL */
    char report[PATH_MAX];         /* folder */
    char command[OPTIONS_COMMAND]; /* the command line without folders that only this machine has */
    uint64_t seed;
    enum language language;
    unsigned sections; /* of enum section */
    bool quick, report_only;
    unsigned trials, retrainings;
    enum search_goal goal;
    double beta;     /* of GOAL_F_BETA */
    double hold_out; /* share of the rows that no choice sees */
    /* What errors cost: as a ratio, or as shares of the credit's amount where by_amount is set. */
    bool by_amount;
    double missed_cost, refused_cost;
};

/* Reads the command line, whose texts are borrowed. 0 to go on, 1 when help was asked for and given, -1 with
 * an error that says what is expected. */
int options_read(struct options *out, int count, char **arguments, struct error *err);

/* "auc", "money" or "f_beta". */
const char *options_goal_name(enum search_goal goal);

#endif
