#include "notebooks-port/ml/tpe_space.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double STEPS_MOST = 1e9;
static const double ROUNDING = 1e-9; /* of a step: how far apart two computations of one value may be */

struct type {
    const char *name;
    enum tpe_kind kind;
    bool logarithmic, integer;
    const char *keys[4]; /* beside "type" */
};

static const struct type TYPES[] = {
    {"uniform", TPE_NUMBER, false, false, {"low", "high", "step"}},
    {"log_uniform", TPE_NUMBER, true, false, {"low", "high", "step"}},
    {"integer", TPE_NUMBER, false, true, {"low", "high", "step"}},
    {"log_integer", TPE_NUMBER, true, true, {"low", "high"}},
    {"choice", TPE_CHOICE, false, false, {"options"}},
    {"constant", TPE_CONSTANT, false, false, {"value"}},
};
enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

/* Where a fault is: file and parameter. */
struct place {
    const char *source, *name;
};

#define fault(err, place, format, ...)                                                                       \
    error_set(err, ERROR_INVALID, "%s: parameter \"%s\": " format, (place).source, (place).name, __VA_ARGS__)

static const struct type *find_type(const json_t *entry)
{
    const char *name = json_string_value(json_object_get(entry, "type"));
    for (size_t i = 0; name && i < TYPE_COUNT; i++)
        if (strcmp(TYPES[i].name, name) == 0)
            return &TYPES[i];
    return NULL;
}

static int check_keys(const json_t *entry, const struct type *type, struct place place, struct error *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)entry, key, value)
    {
        bool known = strcmp(key, "type") == 0;
        for (size_t i = 0; i < sizeof type->keys / sizeof *type->keys && type->keys[i]; i++)
            known = known || strcmp(key, type->keys[i]) == 0;
        if (!known)
            return fault(err, place, "\"%.64s\" means nothing for the type %s", key, type->name);
    }
    return 0;
}

static bool is_value(const json_t *value)
{
    return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
}

static int read_options(struct tpe_parameter *out, const json_t *options, struct place place,
                        struct error *err)
{
    size_t count = json_array_size(options);
    if (count == 0 || count > TPE_OPTIONS)
        return fault(err, place, "options must be an array of 1 to %d values", TPE_OPTIONS);
    for (size_t i = 0; i < count; i++) {
        if (!is_value(json_array_get(options, i)))
            return fault(err, place, "option %zu is neither a text, a number nor a boolean", i + 1);
        for (size_t j = 0; j < i; j++)
            if (json_equal(json_array_get(options, i), json_array_get(options, j)))
                return fault(err, place, "options %zu and %zu are the same", j + 1, i + 1);
    }
    out->options = options;
    return 0;
}

static int check_whole(double value, const char *key, struct place place, struct error *err)
{
    if (value == floor(value) && fabs(value) < 0x1p53)
        return 0;
    return fault(err, place, "%s is %g; an integer parameter needs a whole number", key, value);
}

static int read_number(struct tpe_parameter *out, const json_t *entry, struct place place, struct error *err)
{
    const json_t *low = json_object_get(entry, "low"), *high = json_object_get(entry, "high");
    const json_t *step = json_object_get(entry, "step");
    if (!json_is_number(low) || !json_is_number(high))
        return fault(err, place, "%s must be a number", json_is_number(low) ? "high" : "low");
    out->low = json_number_value(low);
    out->high = json_number_value(high);
    if (!(out->low < out->high))
        return fault(err, place, "low (%g) must be less than high (%g)", out->low, out->high);
    if (!isfinite(out->high - out->low))
        return fault(err, place, "from %g to %g is too far", out->low, out->high);
    if (out->logarithmic && !(out->low > 0))
        return fault(err, place, "low is %g; on a logarithmic scale it must be above 0", out->low);
    if (step && !(json_is_number(step) && json_number_value(step) > 0))
        return fault(err, place, "%s", "step must be a number above 0");
    out->step = step ? json_number_value(step) : (double)out->integer;
    if (out->integer &&
        (check_whole(out->low, "low", place, err) || check_whole(out->high, "high", place, err) ||
         check_whole(out->step, "step", place, err)))
        return -1;
    if (out->step == 0)
        return 0;
    double steps = floor((out->high - out->low) / out->step + ROUNDING);
    if (steps < 1 || steps > STEPS_MOST)
        return fault(err, place, "a step of %g makes %g steps; 1 to %g are possible", out->step, steps,
                     STEPS_MOST);
    out->high = fmin(out->high, out->low + steps * out->step);
    return 0;
}

static int read_parameter(struct tpe_parameter *out, json_t *entry, struct place place, struct error *err)
{
    if (place.name[0] == '\0' || strlen(place.name) >= TPE_NAME)
        return fault(err, place, "names have 1 to %d bytes", TPE_NAME - 1);
    const struct type *type = find_type(entry);
    if (!type)
        return fault(err, place, "%s",
                     "type must be uniform, log_uniform, integer, log_integer, choice or constant");
    *out = (struct tpe_parameter){
        .name = place.name, .kind = type->kind, .logarithmic = type->logarithmic, .integer = type->integer};
    if (check_keys(entry, type, place, err))
        return -1;
    if (type->kind == TPE_NUMBER)
        return read_number(out, entry, place, err);
    if (type->kind == TPE_CHOICE)
        return read_options(out, json_object_get(entry, "options"), place, err);
    const json_t *value = json_object_get(entry, "value");
    if (!is_value(value))
        return fault(err, place, "%s", "value must be a text, a number or a boolean");
    json_t *one = json_pack("[O]", value); /* the entry owns the array from here on */
    if (!one || json_object_set_new(entry, "value", one))
        return error_set(err, ERROR_INTERNAL, "out of memory");
    out->options = one;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct tpe_parameter *)a)->name, ((const struct tpe_parameter *)b)->name);
}

static int hash_document(struct tpe_space *space, struct error *err)
{
    char *text = json_dumps(space->document, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (!text)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)text, strlen(text));
    sodium_bin2hex(space->hash, sizeof space->hash, digest, sizeof digest);
    free(text);
    return 0;
}

int tpe_space_read(struct tpe_space *out, const json_t *document, const char *source, struct error *err)
{
    *out = (struct tpe_space){.count = 0};
    size_t count = json_object_size(document);
    if (count == 0 || count > TPE_PARAMETERS)
        return error_set(err, ERROR_INVALID, "%s: a search space is an object of 1 to %d parameters", source,
                         TPE_PARAMETERS);
    out->document = json_deep_copy(document);
    if (!out->document)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    if (hash_document(out, err))
        return -1;
    const char *name = NULL;
    json_t *entry = NULL;
    json_object_foreach(out->document, name, entry)
    {
        if (read_parameter(&out->parameters[out->count], entry, (struct place){source, name}, err))
            return -1;
        out->count++;
    }
    qsort(out->parameters, out->count, sizeof *out->parameters, by_name);
    return 0;
}

int tpe_space_load(struct tpe_space *out, const char *path, struct error *err)
{
    *out = (struct tpe_space){.count = 0};
    struct buffer text = buffer_new(TPE_SPACE_BYTES);
    json_error_t problem;
    int status = file_read(&text, path, err);
    json_t *document =
        status == 0 ? json_loadb(text.data ? text.data : "", text.length, JSON_REJECT_DUPLICATES, &problem)
                    : NULL;
    if (status == 0)
        status = document ? tpe_space_read(out, document, path, err)
                          : error_set(err, ERROR_PARSE, "%s:%d: %s", path, problem.line, problem.text);
    json_decref(document);
    buffer_free(&text);
    return status;
}

void tpe_space_free(struct tpe_space *space)
{
    json_decref(space->document);
    *space = (struct tpe_space){.count = 0};
}

static bool is_possible(const struct tpe_parameter *parameter, const json_t *value)
{
    if (parameter->kind != TPE_NUMBER) {
        for (size_t i = 0; i < json_array_size(parameter->options); i++)
            if (json_equal(json_array_get(parameter->options, i), value))
                return true;
        return false;
    }
    if (parameter->integer ? !json_is_integer(value) : !json_is_number(value))
        return false;
    double number = json_number_value(value);
    if (!(number >= parameter->low && number <= parameter->high))
        return false;
    double steps = parameter->step > 0 ? (number - parameter->low) / parameter->step : 0;
    return fabs(steps - round(steps)) <= 1e-6;
}

int tpe_space_check(const struct tpe_space *space, const json_t *values, struct error *err)
{
    for (size_t i = 0; i < space->count; i++)
        if (!is_possible(&space->parameters[i], json_object_get(values, space->parameters[i].name)))
            return error_set(err, ERROR_INVALID, "\"%s\" is missing or not a possible value",
                             space->parameters[i].name);
    if (json_object_size(values) != space->count)
        return error_set(err, ERROR_INVALID, "there are %zu parameters where the space has %zu",
                         json_object_size(values), space->count);
    return 0;
}

double tpe_parameter_scale(const struct tpe_parameter *parameter, double value)
{
    return parameter->logarithmic ? log(value) : value;
}

/* Half a step to the side of a value; a logarithmic scale has no room below 0. */
static double edge(const struct tpe_parameter *parameter, double value, double direction)
{
    double beside = value + direction * parameter->step / 2;
    if (parameter->logarithmic && beside <= 0)
        beside = value / 2;
    return tpe_parameter_scale(parameter, beside);
}

void tpe_parameter_range(const struct tpe_parameter *parameter, double *low, double *high)
{
    *low = edge(parameter, parameter->low, -1);
    *high = edge(parameter, parameter->high, 1);
}

/* 0.1 + 2 × 0.05 is 0.2, not 0.20000000000000001. */
static double without_rounding(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.12g", value);
    return strtod(text, NULL);
}

double tpe_parameter_value(const struct tpe_parameter *parameter, double place, double *from, double *to)
{
    double value = parameter->logarithmic ? exp(place) : place;
    value = fmin(fmax(value, parameter->low), parameter->high);
    *from = *to = place;
    if (parameter->step == 0)
        return value;
    value = parameter->low + round((value - parameter->low) / parameter->step) * parameter->step;
    *from = edge(parameter, value, -1);
    *to = edge(parameter, value, 1);
    return parameter->integer ? value : fmin(fmax(without_rounding(value), parameter->low), parameter->high);
}
