/* The two feature matrices, and what became of each column of the original's. */
#include <math.h>

#include "notebooks-port/explore/show.h"
#include "notebooks-port/explore/words.h"

static const char *const FATES[] = {
    [SELECTION_KEPT] = "kept", [SELECTION_SPARSE] = "sparse", [SELECTION_CORRELATED] = "correlated"};
enum { FATE_COUNT = sizeof FATES / sizeof *FATES };

/* One row of the table of files: a matrix and its dictionary. */
static json_t *matrix_row(const char *file, const struct matrix *matrix, const char *dictionary)
{
    size_t gaps = 0;
    size_t cells = matrix->rows * matrix->columns;
    for (size_t i = 0; i < cells; i++)
        gaps += isnan(matrix->values[i]) ? 1 : 0;
    return json_pack("[s, I, I, f, s]", file, (json_int_t)matrix->rows, (json_int_t)matrix->columns,
                     cells ? (double)gaps / (double)cells : 0, dictionary);
}

static void show_files_written(const struct show *show, const struct explore_features *features)
{
    static const struct report_column columns[] = {{"file", REPORT_TEXT, 0},
                                                   {"rows", REPORT_COUNT, 0},
                                                   {"columns", REPORT_COUNT, 0},
                                                   {"missing", REPORT_PERCENT, 1},
                                                   {"dictionary", REPORT_TEXT, 0}};
    const char *full = "features_dictionary.csv";
    const char *original = "features_original_dictionary.csv";
    json_t *rows = json_array();
    json_array_append_new(rows, matrix_row("features.csv", &features->full.train, full));
    if (features->full.test.rows > 0)
        json_array_append_new(rows, matrix_row("features_test.csv", &features->full.test, full));
    json_array_append_new(rows, matrix_row("features_original.csv", &features->original.train, original));
    if (features->original.test.rows > 0)
        json_array_append_new(rows,
                              matrix_row("features_original_test.csv", &features->original.test, original));
    report_table(show->report, "files", columns, sizeof columns / sizeof *columns, rows);
}

static void show_selection(const struct show *show, const struct explore_features *features)
{
    static const struct report_column columns[] = {
        {"column", REPORT_TEXT, 0}, {"table", REPORT_TEXT, 0},   {"missing", REPORT_PERCENT, 1},
        {"fate", REPORT_TEXT, 0},   {"partner", REPORT_TEXT, 0}, {"correlation", REPORT_SIGNED, 2}};
    const struct selection *selection = &features->selection;
    json_t *rows = json_array();
    for (size_t i = 0; i < selection->count; i++) {
        const struct selection_column *column = &selection->columns[i];
        const struct original_column *original = &features->columns.columns[i];
        bool told = column->fate == SELECTION_CORRELATED;
        json_array_append_new(rows, json_pack("[s, s, f, s, s?, o]", original->name,
                                              home_credit_schema(original->table)->name, column->missing,
                                              report_text(show->report, FATES[column->fate]),
                                              told ? features->columns.columns[column->partner].name : NULL,
                                              words_number(told ? column->correlation : (double)NAN)));
    }
    report_table(show->report, "selection", columns, sizeof columns / sizeof *columns, rows);
}

void show_features(const struct show *show, const struct explore_features *features)
{
    static const struct report_column columns[] = {{"fate", REPORT_TEXT, 0}, {"columns", REPORT_COUNT, 0}};
    size_t count[FATE_COUNT] = {0};
    for (size_t i = 0; i < features->selection.count; i++)
        count[features->selection.columns[i].fate]++;
    report_figure(show->report, "full", (double)features->full.train.columns, REPORT_COUNT, 0);
    report_figure(show->report, "original", (double)features->original.train.columns, REPORT_COUNT, 0);
    report_figure(show->report, "clients", (double)features->full.train.rows, REPORT_COUNT, 0);
    show_files_written(show, features);
    json_t *rows = json_array();
    for (size_t i = 0; i < FATE_COUNT; i++)
        json_array_append_new(rows,
                              json_pack("[s, I]", report_text(show->report, FATES[i]), (json_int_t)count[i]));
    report_table(show->report, "fates", columns, sizeof columns / sizeof *columns, rows);
    report_fold(show->report, "all");
    show_selection(show, features);
}
