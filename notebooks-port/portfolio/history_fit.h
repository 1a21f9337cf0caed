/* Learning from the history tables: samples of every quantity, and how each client leans. */
#ifndef CLAIRSCORE_PORTFOLIO_HISTORY_FIT_H
#define CLAIRSCORE_PORTFOLIO_HISTORY_FIT_H

#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/portfolio/history.h"
#include "shared/base/error.h"
#include "shared/base/id_map.h"

enum { HISTORY_EFFECTS = FIELD_COUNT - FIELD_FIRST_EFFECT };

/* Rows that show an effect: a value of the effect's quantity in its stratum. */
struct lean_rows {
    struct lean_row {
        double value;
        unsigned stratum, client;
    } * rows;
    size_t count, capacity;
};

struct loan {
    int64_t id;
    double days, credit, term, first_due;
    unsigned client;
    unsigned char type, state; /* NAME_CONTRACT_TYPE code; rank of the status */
    unsigned char client_type; /* NAME_CLIENT_TYPE code */
};

struct history_fit {
    const struct id_map *clients; /* SK_ID_CURR → position */
    size_t client_count;
    double *values; /* [client_count × FIELD_COUNT]; the history fields are filled here */
    double reliability[HISTORY_EFFECTS]; /* of a client's mean score as a measure of its effect */
    struct sample samples[HISTORY_COUNT];
    struct lean_rows leans[HISTORY_EFFECTS];
    struct loan *loans;
    size_t loan_count, loan_capacity;
    struct id_map loan_ids;
    uint8_t *seen; /* client appears in a history table: its history is known */
};

/* Reads the tables of `folder` and fills `out` and the history fields of fit->values: NaN for clients
 * that no table names. `fit` starts with clients, client_count and values set. */
int history_fit(struct portfolio_history *out, struct history_fit *fit, const char *folder,
                struct error *err);

void history_fit_free(struct history_fit *fit);

/* ---- Between the files of this module ------------------------------------------------------------- */

typedef int (*history_row)(struct history_fit *fit, void *context, const double *row, struct error *err);

/* Calls `action` for every row of a table. */
int history_each(struct history_fit *fit, const char *folder, enum home_credit_table table,
                 history_row action, void *context, struct error *err);

/* The array, moved where it must grow to hold one more than `count`; NULL without memory (the old array
 * is then still the caller's). */
void *history_room(void *array, size_t count, size_t *capacity, size_t size, struct error *err);

int history_sample(struct history_fit *fit, enum history_quantity quantity, size_t stratum, double value,
                   struct error *err);
int history_lean_row(struct history_fit *fit, enum field_index effect, size_t client, size_t stratum,
                     double value, struct error *err);
int64_t history_client(const struct history_fit *fit, double id);

/* One file each: bureau with bureau_balance, previous_application, POS with instalments, cards. */
int history_fit_bureau(struct history_fit *fit, const char *folder, struct error *err);
int history_fit_previous(struct history_fit *fit, const char *folder, struct error *err);
int history_fit_loans(struct history_fit *fit, const char *folder, struct error *err);
int history_fit_cards(struct history_fit *fit, const char *folder, struct error *err);

#endif
