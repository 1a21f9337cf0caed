/* What a client's history rows add up to. Accumulators only: rows come one at a time in any order, and a
 * client costs sizeof(struct history) whatever the number of rows. */
#ifndef CLAIRSCORE_FEATURES_HISTORY_H
#define CLAIRSCORE_FEATURES_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/data/home_credit.h"
#include "shared/features/history_accumulators.h" /* struct history: one struct of sums per table */
#include "shared/features/original.h"

/* Starts an empty history in which no table is known. */
void history_init(struct history *history);

/* Says that the rows of `table` were supplied (perhaps none): from then on "no rows" means "no such
 * credit" and not "unknown". history_add implies it. */
void history_know(struct history *history, enum home_credit_table table);

/* Whether the rows of `table` were supplied; false for a NULL history. */
bool history_knows(const struct history *history, enum home_credit_table table);

/* Adds one row (schema order) of a history table. Order does not matter. bureau_balance rows carry no client:
 * the caller finds whose they are. */
void history_add(struct history *history, enum home_credit_table table, const double *row);

/* A history as bytes for the client store: the accumulators as this machine lays them out, behind the
 * catalogue's version. */
enum { HISTORY_VERSION_BYTES = 16, HISTORY_BYTES = HISTORY_VERSION_BYTES + sizeof(struct history) };
void history_pack(const struct history *history, unsigned char out[HISTORY_BYTES]);

/* Takes it back. ERROR_INVALID when the length or the version is another: the store must be imported again.
 */
int history_unpack(struct history *out, const void *bytes, size_t length, struct error *err);

/* The histories of all clients of a folder of Home Credit files. */
struct history_set;

/* What is added up of each client: for the features of the catalogue, for those of `original`, or for both.
 */
enum history_sums { HISTORY_FULL = 1, HISTORY_ORIGINAL = 2, HISTORY_BOTH = 3 };

/* Streams the history files of `folder` once each, on all cores; tables whose file is absent stay unknown for
 * everybody. `folds.csv`, when the folder has it, names the clients (history = 0) whose history is unknown
 * although files exist. Memory is proportional to clients and to bureau credits, not to rows. Every table is
 * added up in the order of its rows, so the sums do not depend on the number of cores. `show_progress` draws
 * a progress bar. The caller frees *out. */
int history_set_read(struct history_set **out, const char *folder, bool show_progress, struct error *err);

/* The same with a choice of sums; files that no chosen set needs are not read. */
int history_set_read_sums(struct history_set **out, const char *folder, enum history_sums sums,
                          bool show_progress, struct error *err);

/* The client's history; an empty known one for a client without rows; NULL when it is unknown. Belongs to the
 * set. */
const struct history *history_set_get(const struct history_set *set, int64_t client_id);

/* The client's sums for `original`, all zero for a client without rows; false when the history is unknown. */
bool history_set_original(struct original_history *out, const struct history_set *set, int64_t client_id);

/* Rows read of a table. */
uint64_t history_set_rows(const struct history_set *set, enum home_credit_table table);

void history_set_free(struct history_set *set);

#endif
