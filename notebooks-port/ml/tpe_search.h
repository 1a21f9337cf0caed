/* A search by TPE from the first trial to the best, which can be interrupted and taken up again.
 *
 * The journal is NDJSON: a head line that says which search it is, then one line a finished trial, on disk
 * before the next trial starts. Taken up again, a search makes the very trials it would have made. */
#ifndef CLAIRSCORE_ML_TPE_SEARCH_H
#define CLAIRSCORE_ML_TPE_SEARCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "notebooks-port/ml/tpe.h"
#include "shared/base/error.h"

enum { TPE_JOURNAL_BYTES = 64 << 20 }; /* most */

/* Measures `parameters` (borrowed) into *value; NaN or an infinity when they cannot be measured, which the
 * search takes as the worst. An error ends the search; the trials before it stay in the journal. */
typedef int tpe_goal(void *context, const json_t *parameters, size_t number, double *value,
                     struct error *err);

struct tpe_task {
    const struct tpe_space *space;
    struct tpe_plan plan;
    tpe_goal *goal;
    void *context;
    const char *goal_name; /* with all that must be the same to take a journal up: goal, data, folds */
    size_t trials;         /* wanted in all, those of the journal included; 1 to TPE_TRIALS */
    const char *journal;   /* NULL: none */
    bool show_progress;
};

struct tpe_outcome {
    struct tpe_trial *trials;
    size_t count;
    size_t best;    /* the first of the best */
    size_t resumed; /* trials that came from the journal */
};

/* Makes the trials that are missing. A journal of another search (space, seed, goal, direction, settings) is
 * refused with ERROR_CONFLICT, as is one that another process is writing; a line that was not finished
 * is dropped. ERROR_INVALID when no trial gave a number. The caller releases *out with tpe_outcome_free, also
 * after a failure. */
int tpe_search(struct tpe_outcome *out, const struct tpe_task *task, struct error *err);
void tpe_outcome_free(struct tpe_outcome *outcome);

#endif
