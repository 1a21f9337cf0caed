/* Tensors as the Open Inference Protocol V2 sends them: JSON numbers, nested or flat, or raw bytes after the
 * JSON (its binary tensor data extension). */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_TENSOR_H
#define CLAIRSCORE_BACKEND_RESOURCES_TENSOR_H

#include <jansson.h>
#include <stddef.h>

enum { TENSOR_DIMENSIONS = 2 };

struct tensor {
    const char *name;
    size_t rows, columns; /* a tensor of one dimension has one column */
    const json_t *data;   /* borrowed; NULL: `bytes` */
    const char *bytes;    /* little-endian, row after row */
    int type;
};

/* Raw bytes that tensors take one after the other. */
struct tensor_bytes {
    const char *next;
    size_t left;
};

/* Reads name, shape and datatype (FP32, FP64, INT32, INT64) of an input and finds its data. Lists what is
 * wrong in `problems` under `pointer` and returns -1. `object` must outlive the tensor. */
int tensor_read(struct tensor *out, const json_t *object, struct tensor_bytes *bytes, const char *pointer,
                json_t *problems);

/* The rows x columns values, row after row, NaN for null, into `out`. -1 when they are of another number or
 * not numbers, listed as above. */
int tensor_values(double *out, const struct tensor *tensor, const char *pointer, json_t *problems);

#endif
