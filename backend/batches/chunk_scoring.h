/* A chunk of a batch scored: the way of /predict, row by row. */
#ifndef CLAIRSCORE_BACKEND_BATCHES_CHUNK_SCORING_H
#define CLAIRSCORE_BACKEND_BATCHES_CHUNK_SCORING_H

#include "backend/service.h"
#include "backend/store/batches.h"
#include "shared/base/buffer.h"

enum {
    CHUNK_ROW_ERRORS = 50,        /* of a rejected row are told */
    CHUNK_RESULT_BYTES = 64 << 20 /* of a chunk's result; rows with many errors are the longest */
};

struct scored_chunk {
    struct buffer result; /* a JSON object a line for each row, in order (see GET /batches/{id}/results) */
    int64_t rejected;
    char *errors; /* the first BATCHES_ERRORS rejected rows, a JSON array; NULL: none */
};

/* Scores the rows of a chunk; the same row gives what /predict gives for it, to the last digit, and a wrong
 * one is rejected with all that is wrong with it. ERROR_UNAVAILABLE when a row asks for a client of the
 * portfolio while none is loaded. The caller frees `out`, also after a failure. */
int chunk_score(struct scored_chunk *out, struct service *service, const struct batch_chunk *chunk,
                struct error *err);
void scored_chunk_free(struct scored_chunk *chunk);

#endif
