/* Fills the client store from a folder of Home Credit files. */
#ifndef CLAIRSCORE_BACKEND_IMPORTER_H
#define CLAIRSCORE_BACKEND_IMPORTER_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/store/store.h"
#include "shared/model/model.h"

enum import_outcome {
    IMPORT_UP_TO_DATE, /* these very files, features and model are in the store already */
    IMPORT_RESCORED,   /* the files and features are; the clients were scored by the new model */
    IMPORT_DONE
};

struct import_report {
    enum import_outcome outcome;
    uint64_t clients; /* in the store now */
    uint64_t resumed; /* of them, how many an interrupted import had left there */
};

/* Imports application_train.csv and application_test.csv (one of them may be absent) of `folder` with the
 * history files beside them: features, scores, raw rows. An import that was interrupted, even killed, goes on
 * where it was; one of other files replaces the population when it is complete. A file that cannot be read as
 * it should, or that changes meanwhile, is an error that names file, line, column and value, and leaves the
 * store as it was. */
int import_folder(struct import_report *out, struct store *store, const struct model *model,
                  const char *folder, bool show_progress, struct error *err);

#endif
