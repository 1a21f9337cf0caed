/* Writes a model artifact models/<version>/: model.ubj, model.json, reference.json, card.md. */
#ifndef CLAIRSCORE_ML_ARTIFACT_H
#define CLAIRSCORE_ML_ARTIFACT_H

#include <jansson.h>

#include "notebooks-port/ml/boosting.h"
#include "shared/base/error.h"

/* Writes the folder whole or not at all: into FOLDER.part first, checked by loading it as the backend will,
 * then renamed. A folder that was there is replaced. Documents are borrowed. */
int artifact_write(const char *folder, const struct boosting *boosting, const json_t *document,
                   const json_t *reference, struct error *err);

#endif
