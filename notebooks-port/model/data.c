#include "notebooks-port/model/data.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "notebooks-port/ml/split.h"
#include "notebooks-port/model/validate.h"
#include "shared/base/number.h"

enum { FOLDS = 5, QUICK_FOLDS = 3, LEAST_OF_CLASS = 2 };

int data_read_matrix(struct matrix *out, const char *path, struct error *err)
{
    struct stat found;
    if (stat(path, &found))
        return error_set(err, ERROR_NOT_FOUND, "%s: %s", path, strerror(errno));
    return S_ISDIR(found.st_mode) ? matrix_read(out, path, true, err)
                                  : matrix_read_file(out, path, true, err);
}

static size_t count_defaults(const struct matrix *matrix)
{
    size_t defaults = 0;
    for (size_t i = 0; i < matrix->rows; i++)
        defaults += matrix->labels[i];
    return defaults;
}

/* The credit's amount weighs what an error costs. */
static int read_amounts(struct study *study, struct error *err)
{
    const struct matrix *matrix = &study->matrix;
    size_t column = study_column(study, "AMT_CREDIT");
    if (column == SIZE_MAX)
        return error_set(
            err, ERROR_INVALID,
            "%s: without a column AMT_CREDIT, costs cannot be shares of the credit's amount; give "
            "--missed-cost and --refused-cost",
            study->options.data);
    study->amounts = malloc(matrix->rows * sizeof *study->amounts);
    if (!study->amounts)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < matrix->rows; i++) {
        study->amounts[i] = (double)matrix->values[i * matrix->columns + column];
        if (!(study->amounts[i] > 0) || !isfinite(study->amounts[i]))
            return error_set(err, ERROR_INVALID,
                             "%s: client %lld has no AMT_CREDIT above 0, which costs by amount need",
                             study->options.data, (long long)matrix->client_ids[i]);
    }
    return 0;
}

int data_read(struct study *study, struct error *err)
{
    struct matrix *matrix = &study->matrix;
    if (data_read_matrix(matrix, study->options.data, err))
        return -1;
    study->served = matrix_is_catalogue(matrix);
    const struct report_about about = {
        .name = "model",
        .texts = {[LANGUAGE_FR] = study->texts[LANGUAGE_FR], [LANGUAGE_EN] = study->texts[LANGUAGE_EN]},
        .command = study->options.command,
        .seed = study->options.seed,
        .data_hash = matrix->data_hash,
        .language = study->options.language};
    if (report_new(&study->report, &about, err) || (study->options.by_amount && read_amounts(study, err)))
        return -1;
    study->fold = malloc(matrix->rows);
    study->chosen = malloc(matrix->rows);
    study->probabilities = malloc(matrix->rows * sizeof *study->probabilities);
    study->parameters = boosting_defaults();
    if (!study->fold || !study->chosen || !study->probabilities || !study->parameters)
        return error_set(err, ERROR_INTERNAL, "out of memory");

    size_t missing = 0;
    for (size_t i = 0; i < matrix->rows * matrix->columns; i++)
        missing += isnan(matrix->values[i]) != 0;
    report_section(study->report, "data");
    report_figure(study->report, "rows", (double)matrix->rows, REPORT_COUNT, 0);
    report_figure(study->report, "columns", (double)matrix->columns, REPORT_COUNT, 0);
    report_figure(study->report, "default_rate", (double)count_defaults(matrix) / (double)matrix->rows,
                  REPORT_PERCENT, 2);
    report_figure(study->report, "missing",
                  (double)missing / ((double)matrix->rows * (double)matrix->columns), REPORT_PERCENT, 1);
    report_say(study->report, study->served ? "served" : "not_served", NULL);
    return 0;
}

/* Rows and defaults of a part. */
struct part {
    size_t rows, defaults;
};

static json_t *part_row(const char *name, struct part part)
{
    return json_pack("[s, I, I, o]", name, (json_int_t)part.rows, (json_int_t)part.defaults,
                     study_number((double)part.defaults / (double)part.rows));
}

static int check_part(const char *name, unsigned number, struct part part, size_t least, struct error *err)
{
    size_t repaid = part.rows - part.defaults;
    if (part.defaults >= least && repaid >= least)
        return 0;
    return error_set(
        err, ERROR_INVALID,
        "%s %u has %zu clients who defaulted and %zu who repaid; at least %zu of each are needed: "
        "give more rows, or fewer folds by --folds FILE",
        name, number, part.defaults, repaid, least);
}

/* Every part needs both classes, or a figure of it would mean nothing. */
static int tell_parts(struct study *study, struct error *err)
{
    struct part fold[STUDY_FOLDS] = {{0, 0}};
    struct part held = {0, 0};
    struct part all = {0, 0};
    const struct matrix *matrix = &study->matrix;
    for (size_t i = 0; i < matrix->rows; i++) {
        bool out = study->chosen[i] == UINT8_MAX;
        struct part *part = out ? &held : &fold[study->fold[i]];
        part->rows++;
        part->defaults += matrix->labels[i];
        all.rows += !out;
        all.defaults += out ? 0 : matrix->labels[i];
    }
    json_t *rows = json_array();
    int status = 0;
    for (unsigned i = 0; status == 0 && i < study->folds; i++) {
        char number[NUMBER_TEXT];
        struct part train = {all.rows - fold[i].rows, all.defaults - fold[i].defaults};
        number_format(number, i, 0, study->options.language);
        status = check_part("fold", i, fold[i], LEAST_OF_CLASS, err);
        if (status == 0)
            status = check_part("the training part of fold", i, train, VALIDATE_LEAST_OF_CLASS, err);
        json_array_append_new(rows, part_row(number, fold[i]));
    }
    if (status == 0 && held.rows) {
        status = held.defaults < LEAST_OF_CLASS || held.rows - held.defaults < LEAST_OF_CLASS
                     ? error_set(err, ERROR_INVALID,
                                 "the hold-out part has %zu clients who defaulted; %d are needed: a larger "
                                 "--hold-out, or 0 for none",
                                 held.defaults, LEAST_OF_CLASS)
                     : 0;
        json_array_append_new(rows, part_row(report_text(study->report, "held_out"), held));
    }
    const struct report_column columns[] = {{"part", REPORT_TEXT, 0},
                                            {"rows", REPORT_COUNT, 0},
                                            {"defaults", REPORT_COUNT, 0},
                                            {"rate", REPORT_PERCENT, 2}};
    report_table(study->report, "parts", columns, 4, rows);
    return status;
}

int data_split(struct study *study, struct error *err)
{
    const struct options *options = &study->options;
    const struct matrix *matrix = &study->matrix;
    report_section(study->report, "split");
    study->folds = options->quick ? QUICK_FOLDS : FOLDS;
    int status = options->folds ? matrix_read_folds(matrix, options->folds, study->fold, &study->folds, err)
                                : split_stratified(study->fold, matrix->labels, NULL, matrix->rows,
                                                   study->folds, options->seed, err);
    if (status)
        return -1;
    bool *held = calloc(matrix->rows, sizeof *held);
    if (!held)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    if (options->sections & SECTION_HOLD_OUT)
        status = split_hold_out(held, matrix->labels, matrix->rows, options->hold_out, options->seed, err);
    for (size_t i = 0; i < matrix->rows; i++) {
        study->held_out += held[i];
        study->chosen[i] = held[i] ? UINT8_MAX : study->fold[i];
    }
    free(held);
    report_say(study->report, options->folds ? "by_file" : "by_class", NULL);
    if (study->held_out)
        report_say(study->report, "hold_out", NULL);
    return status ? status : tell_parts(study, err);
}
