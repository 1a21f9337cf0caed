/* The files of a batch on this machine's disk, from their arrival until they are in the store: a folder
 * BATCH_DIR/ID, which is called ID.part until it is whole. */
#ifndef CLAIRSCORE_BACKEND_BATCHES_SPOOL_H
#define CLAIRSCORE_BACKEND_BATCHES_SPOOL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

/* The names of the files: history tables have Home Credit's. */
#define SPOOL_APPLICATION "application.csv"
#define SPOOL_INSTANCES "instances.ndjson"

enum { SPOOL_STALE_S = 600 /* what nothing was written to for so long is nobody's */ };

struct spool;

/* Begins the folder `folder`/`id`.part. ERROR_LIMIT when the disk is full, also of the others; ERROR_IO. The
 * caller ends it with spool_commit or spool_abandon. */
int spool_begin(struct spool **out, const char *folder, const char *id, struct error *err);

/* Bytes go to the file `name` from now on. */
int spool_open(struct spool *spool, const char *name, struct error *err);
int spool_write(struct spool *spool, const char *bytes, size_t size, struct error *err);

/* Closes the last file; the folder keeps its name. */
int spool_close(struct spool *spool, struct error *err);

/* The folder so far: lives as long as the spool. */
const char *spool_folder(const struct spool *spool);

/* Everything is on the disk and the folder has its name. Frees the spool, also after a failure; then nothing
 * is left. */
int spool_commit(struct spool *spool, struct error *err);

/* Removes what is there and frees; NULL is allowed. */
void spool_abandon(struct spool *spool);

/* Bytes that the disk of `folder` has left; UINT64_MAX when nobody knows. */
uint64_t spool_room(const char *folder);

/* Is there a whole folder `id`? */
bool spool_has(const char *folder, const char *id);
void spool_remove(const char *folder, const char *id);

/* `folder`/`id`/`name`; ERROR_LIMIT when it does not fit. */
int spool_path(char out[PATH_MAX], const char *folder, const char *id, const char *name, struct error *err);

/* A message that begins with the path of a file in `folder` (spool_folder, or BATCH_DIR/ID), without that
 * folder. */
const char *spool_message(const char *message, const char *folder);

enum spool_use { SPOOL_NEEDED, SPOOL_USELESS, SPOOL_UNKNOWN /* perhaps about to be needed */ };

/* Removes folders that were left behind: whole ones that are useless, and those that nobody knows of, or that
 * are not whole, when they were not written to for SPOOL_STALE_S. */
void spool_sweep(const char *folder, enum spool_use (*use_of)(void *context, const char *id), void *context);

#endif
