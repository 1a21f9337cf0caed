/* Seconds of building a feature set from the tables of a folder, reading included, writing not. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/explore/data.h"
#include "notebooks-port/explore/features.h"
#include "shared/base/progress.h"

/* One figure that changes when any value does: the mean of ln(1 + |value|) over the known values. */
static double mean_log(const struct matrix *matrix)
{
    double sum = 0;
    size_t known = 0;
    for (size_t i = 0; i < matrix->rows * matrix->columns; i++)
        if (!isnan(matrix->values[i])) {
            sum += log1p(fabs((double)matrix->values[i]));
            known++;
        }
    return sum / (double)known;
}

static double missing_share(const struct matrix *matrix)
{
    size_t missing = 0;
    for (size_t i = 0; i < matrix->rows * matrix->columns; i++)
        missing += isnan(matrix->values[i]) ? 1 : 0;
    return (double)missing / (double)(matrix->rows * matrix->columns);
}

/* The mean of a column over the rows that know it. */
static double mean_of(const struct matrix *matrix, const char *name)
{
    double sum = 0;
    size_t known = 0;
    for (size_t column = 0; column < matrix->columns; column++)
        for (size_t row = 0; strcmp(matrix->names[column], name) == 0 && row < matrix->rows; row++) {
            double value = (double)matrix->values[row * matrix->columns + column];
            sum += isnan(value) ? 0 : value;
            known += isnan(value) ? 0 : 1;
        }
    return sum / (double)known;
}

static int build(struct matrix *out, const char *set, const char *folder, struct error *err)
{
    if (strcmp(set, "full") == 0)
        return matrix_read(out, folder, false, err);
    struct explore_data data = {0};
    struct original_columns *columns = malloc(sizeof *columns);
    int status = columns ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0) {
        original_list(columns);
        status = explore_data_read(&data, folder, HISTORY_ORIGINAL, false, err);
    }
    if (status == 0)
        status = explore_original_build(out, columns, data.train, NULL, data.histories, err);
    explore_data_free(&data);
    free(columns);
    return status;
}

/* {"levels": {"bureau": {"CREDIT_ACTIVE": ["Active", …], …}, …}}: what the peer cannot know otherwise. */
static void print_levels(void)
{
    json_t *tables = json_object();
    for (int table = 0; table < TABLE_COUNT; table++) {
        const struct table_schema *schema = home_credit_schema((enum home_credit_table)table);
        json_t *columns = json_object();
        for (size_t i = 0; i < schema->column_count; i++) {
            json_t *levels = json_array();
            for (size_t j = 0; j < schema->columns[i].category_count; j++)
                json_array_append_new(levels, json_string(schema->columns[i].categories[j]));
            if (schema->columns[i].kind == COLUMN_CATEGORY)
                json_object_set(columns, schema->columns[i].name, levels);
            json_decref(levels);
        }
        json_object_set_new(tables, schema->name, columns);
    }
    json_t *all = json_pack("{s:o}", "levels", tables);
    json_dumpf(all, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(all);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "levels") == 0) {
        print_levels();
        return 0;
    }
    if (argc != 3 || (strcmp(argv[1], "full") != 0 && strcmp(argv[1], "original") != 0)) {
        fputs("usage: bench_features full|original DATA, or bench_features levels\n", stderr);
        return 2;
    }
    struct error err = {0};
    struct matrix matrix = {0};
    double started = progress_clock_s();
    int status = build(&matrix, argv[1], argv[2], &err);
    double seconds = progress_clock_s() - started;
    if (status == 0)
        printf("{\"seconds\": %.6f, \"rows\": %zu, \"columns\": %zu, \"mean_log\": %.9f, \"missing\": %.9f, "
               "\"debt\": %.9f, \"card_balance\": %.9f, \"previous\": %.9f}\n",
               seconds, matrix.rows, matrix.columns, mean_log(&matrix), missing_share(&matrix),
               mean_of(&matrix, "DEBT_CREDIT_RATIO"), mean_of(&matrix, "CREDIT_AMT_BALANCE"),
               mean_of(&matrix, "PREV_APP_COUNT"));
    else
        fprintf(stderr, "bench_features: %s\n", err.message);
    matrix_free(&matrix);
    return status ? 1 : 0;
}
