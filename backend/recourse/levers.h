/* What a client can do about an application before asking again, as moves that keep its figures plausible
 * together.
 *
 * A lever is one decision of the client; the fields that follow from it move along:
 *   income    AMT_INCOME_TOTAL rises;
 *   deposit   AMT_CREDIT falls for the same goods, the instalment with it: the term stays;
 *   purchase  AMT_GOODS_PRICE falls, credit and instalment in proportion (a revolving credit, or one without
 *             known goods: AMT_CREDIT itself);
 *   term      AMT_ANNUITY rises or falls while the credit stays: a shorter or longer term.
 * A lever is there when the catalogue says that its field can be moved (feature.action) and in that direction
 * alone. Its levels are round amounts, about one percent apart, within the 1st to 99th percentile of the
 * population. Nothing else is moved: age cannot fall, the past cannot change, and what only pleases the model
 * (another phone number, one more document) is no advice.
 *
 * The effort of a move is the share of the population that lies between the old and the new value, summed
 * over the levers: the total percentile shift of Ustun, Spangher & Liu 2019, "Actionable Recourse in Linear
 * Classification". What follows from a lever costs nothing. */
#ifndef CLAIRSCORE_BACKEND_RECOURSE_LEVERS_H
#define CLAIRSCORE_BACKEND_RECOURSE_LEVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/population/population.h"
#include "shared/data/home_credit.h"

enum lever { LEVER_INCOME, LEVER_DEPOSIT, LEVER_PURCHASE, LEVER_TERM, LEVER_COUNT };
enum { LEVER_LEVELS = 200 /* at most, of one lever */ };

/* No lever passes more than this share of the population: an income that only the richest have, or a fifth of
 * the credit, is no advice either. */
#define LEVER_EFFORT 0.5

/* The levels of one lever in ascending order of effort; number 0 is where the client is. */
struct lever_scale {
    size_t feature; /* the lever's field; a catalogue id */
    size_t count;   /* levels besides number 0; 0: the lever cannot be moved */
    double values[LEVER_LEVELS + 1];
    double efforts[LEVER_LEVELS + 1];
};

struct lever_range {
    double lowest, highest;
};

struct levers {
    double application[APPLICATION_COLUMNS]; /* as it is */
    struct lever_scale scales[LEVER_COUNT];
    bool revolving;
    struct lever_range credit, annuity, credit_to_goods, credit_to_annuity; /* what a move must stay within */
};

/* Finds the levers of an application (a row of TABLE_APPLICATION in schema order). */
void levers_find(struct levers *out, const double *application, const struct population *population);

/* Writes the application with each lever at its level into `application`. False when the figures would no
 * longer be plausible together: credit, instalment, their ratio or that of credit and price outside the 1st
 * to 99th percentile (or farther out than the client is already). */
bool levers_apply(const struct levers *levers, const size_t levels[LEVER_COUNT], double *application);

/* The effort of such a move. */
double levers_effort(const struct levers *levers, const size_t levels[LEVER_COUNT]);

/* The catalogue features that any lever moves, the derived ones too: ids into `out`, returns how many. */
enum { LEVER_FEATURES = 16 };
size_t levers_features(size_t out[LEVER_FEATURES]);

#endif
