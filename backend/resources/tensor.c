#include "backend/resources/tensor.h"

#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "backend/resources/request.h"

static const double LARGEST_SIDE = 1e6; /* far above what a body can hold */

enum { FP32, FP64, INT32, INT64 };
static const struct {
    const char *name;
    size_t size;
} types[] = {[FP32] = {"FP32", 4}, [FP64] = {"FP64", 8}, [INT32] = {"INT32", 4}, [INT64] = {"INT64", 8}};
enum { TYPES = sizeof types / sizeof *types };

static int find_type(const json_t *datatype)
{
    for (int i = 0; json_is_string(datatype) && i < TYPES; i++)
        if (strcmp(json_string_value(datatype), types[i].name) == 0)
            return i;
    return -1;
}

static int read_shape(struct tensor *out, const json_t *shape)
{
    size_t sides[TENSOR_DIMENSIONS] = {1, 1};
    if (!json_is_array(shape) || json_array_size(shape) < 1 || json_array_size(shape) > TENSOR_DIMENSIONS)
        return -1;
    for (size_t i = 0; i < json_array_size(shape); i++) {
        const json_t *side = json_array_get(shape, i);
        if (!json_is_integer(side) || json_integer_value(side) < 1 ||
            (double)json_integer_value(side) > LARGEST_SIDE)
            return -1;
        sides[i] = (size_t)json_integer_value(side);
    }
    out->rows = sides[0];
    out->columns = sides[1];
    return 0;
}

/* Takes the tensor's bytes off those that are left. */
static int take_bytes(struct tensor *out, const json_t *size, struct tensor_bytes *bytes)
{
    size_t wanted = out->rows * out->columns * types[out->type].size;
    if (!json_is_integer(size) || (size_t)json_integer_value(size) != wanted || wanted > bytes->left)
        return -1;
    out->bytes = bytes->next;
    bytes->next += wanted;
    bytes->left -= wanted;
    return 0;
}

int tensor_read(struct tensor *out, const json_t *object, struct tensor_bytes *bytes, const char *pointer,
                json_t *problems)
{
    char at[REQUEST_POINTER];
    memset(out, 0, sizeof *out);
    if (!json_is_object(object)) {
        request_problem(problems, pointer, "Give an object with name, shape, datatype and data.");
        return -1;
    }
    size_t before = json_array_size(problems);
    out->name = json_string_value(json_object_get(object, "name"));
    out->data = json_object_get(object, "data");
    out->type = find_type(json_object_get(object, "datatype"));
    const json_t *size = json_object_get(json_object_get(object, "parameters"), "binary_data_size");
    if (!out->name) {
        request_pointer(at, pointer, "name");
        request_problem(problems, at, "Give the name of the tensor.");
    }
    if (out->type < 0) {
        request_pointer(at, pointer, "datatype");
        request_problem(problems, at, "Give FP32, FP64, INT32 or INT64.");
    }
    if (read_shape(out, json_object_get(object, "shape"))) {
        request_pointer(at, pointer, "shape");
        request_problem(problems, at, "Give one or two whole numbers above 0.");
    }
    if (json_array_size(problems) > before)
        return -1;
    if (out->data || (size && take_bytes(out, size, bytes) == 0))
        return 0;
    snprintf(at, sizeof at, "%.128s/%s", pointer, size ? "parameters/binary_data_size" : "data");
    if (size)
        request_problem(problems, at, "The shape takes %zu bytes after the JSON; %zu are left.",
                        out->rows * out->columns * types[out->type].size, bytes->left);
    else
        request_problem(problems, at, "Give the values.");
    return -1;
}

static double number_in(const char *bytes, int type)
{
    uint32_t word;
    uint64_t long_word;
    float single;
    double number;
    if (type == FP32 || type == INT32) {
        memcpy(&word, bytes, sizeof word);
        word = le32toh(word);
        memcpy(&single, &word, sizeof single);
        return type == FP32 ? (double)single : (double)(int32_t)word;
    }
    memcpy(&long_word, bytes, sizeof long_word);
    long_word = le64toh(long_word);
    memcpy(&number, &long_word, sizeof number);
    return type == FP64 ? number : (double)(int64_t)long_word;
}

/* Flattens nested lists; `depth` levels are left. False when a value is no number, or there are too many. */
static bool flatten(double *out, size_t *count, size_t limit, const json_t *data, int depth)
{
    const json_t *value;
    size_t i;
    json_array_foreach(data, i, value)
    {
        if (json_is_array(value)) {
            if (depth == 0 || !flatten(out, count, limit, value, depth - 1))
                return false;
        } else {
            if (*count == limit || !(json_is_number(value) || json_is_null(value)))
                return false;
            out[(*count)++] = json_is_null(value) ? (double)NAN : json_number_value(value);
        }
    }
    return true;
}

int tensor_values(double *out, const struct tensor *tensor, const char *pointer, json_t *problems)
{
    size_t wanted = tensor->rows * tensor->columns, count = 0;
    if (!tensor->data) {
        for (size_t i = 0; i < wanted; i++)
            out[i] = number_in(tensor->bytes + i * types[tensor->type].size, tensor->type);
        return 0;
    }
    if (json_is_array(tensor->data) && flatten(out, &count, wanted, tensor->data, TENSOR_DIMENSIONS - 1) &&
        count == wanted)
        return 0;
    char at[REQUEST_POINTER];
    request_pointer(at, pointer, "data");
    request_problem(problems, at, "Give %zu numbers or null (missing), as the shape says.", wanted);
    return -1;
}
