#include "backend/importer.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/scoring.h"
#include "shared/base/file.h"
#include "shared/base/id_map.h"
#include "shared/base/progress.h"
#include "shared/data/table.h"
#include "shared/features/features.h"

enum { BATCH = 2000 /* clients of one transaction */ };

static const char *const application_files[] = {"application_train.csv", "application_test.csv"};
enum { APPLICATION_FILES = sizeof application_files / sizeof *application_files };

/* ---- What is to be imported ---- */

/* Adds name, size and time of change of a file to the fingerprint: reading gigabytes again at every start to
 * learn that nothing changed would take longer than the start. */
static void add_file(crypto_generichash_state *state, const char *folder, const char *name)
{
    char path[PATH_MAX], line[PATH_MAX + 128];
    struct stat status;
    if (file_path(path, sizeof path, folder, name, NULL) || stat(path, &status))
        return;
    int length = snprintf(line, sizeof line, "%s %" PRIdMAX " %" PRIdMAX ".%09ld\n", name,
                          (intmax_t)status.st_size, (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    crypto_generichash_update(state, (const unsigned char *)line, (unsigned long long)length);
}

static void fingerprint(char out[STORE_HASH], const char *folder)
{
    crypto_generichash_state state;
    unsigned char digest[crypto_generichash_BYTES];
    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    for (size_t i = 0; i < APPLICATION_FILES; i++)
        add_file(&state, folder, application_files[i]);
    for (int table = TABLE_APPLICATION + 1; table < TABLE_COUNT; table++)
        add_file(&state, folder, home_credit_schema((enum home_credit_table)table)->file);
    add_file(&state, folder, "folds.csv");
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(out, STORE_HASH, digest, sizeof digest);
}

/* ---- A batch of clients ---- */

struct batch {
    struct store_client clients[BATCH];
    double applications[BATCH][APPLICATION_COLUMNS];
    float vectors[BATCH][FEATURE_COUNT];
    unsigned char histories[BATCH][HISTORY_BYTES];
    struct score scores[BATCH];
    size_t count;
};

static void batch_add(struct batch *batch, const double *row, const struct history *history)
{
    size_t i = batch->count++;
    double target = row[APPLICATION_TARGET];
    memcpy(batch->applications[i], row, sizeof batch->applications[i]);
    features_build(row, history, batch->vectors[i]);
    if (history)
        history_pack(history, batch->histories[i]);
    batch->clients[i] = (struct store_client){.id = (int64_t)row[APPLICATION_SK_ID_CURR],
                                              .outcome = isnan(target) ? OUTCOME_UNKNOWN : (int)target,
                                              .features = batch->vectors[i],
                                              .feature_count = FEATURE_COUNT,
                                              .application = batch->applications[i],
                                              .application_count = APPLICATION_COLUMNS,
                                              .history = history ? batch->histories[i] : NULL,
                                              .history_bytes = HISTORY_BYTES};
}

static int batch_store(struct batch *batch, struct store *store, struct store_population *population,
                       const struct model *model, struct error *err)
{
    if (batch->count == 0)
        return 0;
    if (model_predict(model, batch->vectors[0], batch->count, batch->scores, err))
        return -1;
    for (size_t i = 0; i < batch->count; i++)
        batch->clients[i].margin = scoring_round(batch->scores[i].margin);
    int status = store_import_add(store, population, batch->clients, batch->count, err);
    batch->count = 0;
    return status;
}

/* ---- The import ---- */

struct import {
    struct store *store;
    const struct model *model;
    const char *folder;
    const struct history_set *histories;
    struct store_population population;
    struct batch *batch;
    uint64_t seen;         /* rows of the application files so far */
    struct id_map clients; /* the ids of those rows */
    bool show_progress;
};

static int import_file(struct import *import, const char *name, struct error *err)
{
    char path[PATH_MAX];
    double row[APPLICATION_COLUMNS];
    struct table_reader *reader = NULL;
    int status = -1, more;
    const uint64_t stored = import->population.rows; /* what an interrupted import left */
    if (file_path(path, sizeof path, import->folder, name, err))
        return -1;
    if (!file_exists(path))
        return 0;
    if (table_open(&reader, path, TABLE_APPLICATION, err))
        return -1;
    struct progress progress = progress_start(name, table_size(reader));
    uint64_t rows = 0;
    while ((more = table_next(reader, row, err)) == 1) {
        int64_t id = (int64_t)row[APPLICATION_SK_ID_CURR];
        int added = id_map_add(&import->clients, id, 0, err);
        if (added != 0) {
            error_set(err, ERROR_INVALID, "%s:%" PRIu64 ": SK_ID_CURR: %" PRId64 ": is in another file too",
                      path, table_line(reader), id);
            goto done;
        }
        rows++;
        if (import->seen++ < stored)
            continue;
        batch_add(import->batch, row, history_set_get(import->histories, id));
        if (import->batch->count == BATCH &&
            batch_store(import->batch, import->store, &import->population, import->model, err))
            goto done;
        if (import->show_progress)
            progress_update(&progress, table_position(reader));
    }
    if (more < 0 || batch_store(import->batch, import->store, &import->population, import->model, err))
        goto done;
    if (import->show_progress)
        progress_end(&progress, rows);
    status = 0;
done:
    table_close(reader);
    return status;
}

static int check_folder(const char *folder, struct error *err)
{
    char path[PATH_MAX];
    struct stat status;
    if (stat(folder, &status))
        return error_set(err, ERROR_NOT_FOUND, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < APPLICATION_FILES; i++)
        if (file_path(path, sizeof path, folder, application_files[i], NULL) == 0 && file_exists(path))
            return 0;
    return error_set(err, ERROR_NOT_FOUND, "%s: neither %s nor %s is there", folder, application_files[0],
                     application_files[1]);
}

static int import_all(struct import *import, struct error *err)
{
    struct history_set *histories = NULL;
    char source_after[STORE_HASH];
    int status = -1;
    import->batch = malloc(sizeof *import->batch);
    if (!import->batch)
        return error_set(err, ERROR_INTERNAL, "no memory for a batch of clients");
    import->batch->count = 0;
    if (history_set_read(&histories, import->folder, import->show_progress, err))
        goto done;
    import->histories = histories;
    for (size_t i = 0; i < APPLICATION_FILES; i++)
        if (import_file(import, application_files[i], err))
            goto done;
    fingerprint(source_after, import->folder);
    if (strcmp(source_after, import->population.origin.source) != 0) {
        error_set(err, ERROR_CONFLICT, "%s: a file changed while it was being imported", import->folder);
        goto done;
    }
    status = store_import_finish(import->store, &import->population, err);
done:
    history_set_free(histories);
    id_map_free(&import->clients);
    free(import->batch);
    return status;
}

/* ---- Scoring again ---- */

struct rescoring {
    const struct model *model;
    double *margins;
    size_t scored, read, limit;
    float vectors[BATCH][FEATURE_COUNT]; /* of the clients read and not yet scored */
    struct score scores[BATCH];
};

static int rescore_batch(struct rescoring *rescoring, struct error *err)
{
    size_t count = rescoring->read - rescoring->scored;
    if (count == 0)
        return 0;
    if (model_predict(rescoring->model, rescoring->vectors[0], count, rescoring->scores, err))
        return -1;
    for (size_t i = 0; i < count; i++)
        rescoring->margins[rescoring->scored++] = scoring_round(rescoring->scores[i].margin);
    return 0;
}

static int rescore_client(void *context, const struct store_client *client, struct error *err)
{
    struct rescoring *rescoring = context;
    if (rescoring->read == rescoring->limit || client->feature_count != FEATURE_COUNT)
        return error_set(err, ERROR_CONFLICT, "the store's population is not what it says it is");
    memcpy(rescoring->vectors[rescoring->read - rescoring->scored], client->features,
           sizeof rescoring->vectors[0]);
    rescoring->read++;
    return rescoring->read - rescoring->scored == BATCH ? rescore_batch(rescoring, err) : 0;
}

static int rescore(struct store *store, const struct store_population *current, const struct model *model,
                   struct error *err)
{
    int status = -1;
    struct rescoring *rescoring = malloc(sizeof *rescoring);
    double *margins = malloc(((size_t)current->rows + 1) * sizeof *margins);
    if (!rescoring || !margins) {
        error_set(err, ERROR_INTERNAL, "no memory for %zu margins", (size_t)current->rows);
        goto done;
    }
    rescoring->model = model;
    rescoring->margins = margins;
    rescoring->scored = rescoring->read = 0;
    rescoring->limit = (size_t)current->rows;
    const struct store_scan everybody = {.population = current->id, .limit = STORE_ALL};
    if (store_scan(store, &everybody, rescore_client, rescoring, err) || rescore_batch(rescoring, err))
        goto done;
    status = store_rescore(store, current->id, model_hash(model), margins, rescoring->scored, err);
done:
    free(rescoring);
    free(margins);
    return status;
}

int import_folder(struct import_report *out, struct store *store, const struct model *model,
                  const char *folder, bool show_progress, struct error *err)
{
    struct store_origin origin = {0};
    struct store_population current;
    if (check_folder(folder, err))
        return -1;
    fingerprint(origin.source, folder);
    snprintf(origin.catalogue, sizeof origin.catalogue, "%s", catalogue_version());
    snprintf(origin.model, sizeof origin.model, "%s", model_hash(model));

    struct error none = {0};
    bool same = store_current(store, &current, &none) == 0 &&
                strcmp(current.origin.source, origin.source) == 0 &&
                strcmp(current.origin.catalogue, origin.catalogue) == 0;
    if (!same && none.code != ERROR_NONE && none.code != ERROR_NOT_FOUND)
        return error_set(err, none.code, "%s", none.message);
    if (same) {
        bool scored = strcmp(current.origin.model, origin.model) == 0;
        *out = (struct import_report){scored ? IMPORT_UP_TO_DATE : IMPORT_RESCORED, current.rows, 0};
        return scored ? 0 : rescore(store, &current, model, err);
    }

    struct import import = {.store = store, .model = model, .folder = folder, .show_progress = show_progress};
    if (store_import_begin(store, &origin, &import.population, err))
        return -1;
    const uint64_t resumed = import.population.rows;
    if (import_all(&import, err)) {
        /* Nothing of a faulty portfolio stays; what waits for a database that is away does. */
        if (err->code != ERROR_UNAVAILABLE)
            store_import_drop(store, &import.population, NULL);
        return -1;
    }
    *out = (struct import_report){IMPORT_DONE, import.population.rows, resumed};
    return 0;
}
