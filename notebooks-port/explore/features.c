#include "notebooks-port/explore/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/pages.h"
#include "shared/base/progress.h"
#include "shared/data/csv_writer.h"
#include "shared/features/features.h"
#include "shared/features/history.h"

static const double LEAST_FILLED = 0.7, LARGEST_CORRELATION = 0.7; /* the notebook's */

/* ---- Building ---- */

static int name_columns(struct matrix *matrix, size_t count, const char *(*name_of)(const void *, size_t),
                        const void *context, struct error *err)
{
    matrix->columns = count;
    matrix->names = calloc(count + 1, sizeof *matrix->names);
    bool named = matrix->names != NULL;
    for (size_t i = 0; named && i < count; i++)
        named = (matrix->names[i] = strdup(name_of(context, i))) != NULL;
    return named ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
}

static const char *full_name(const void *context, size_t i)
{
    (void)context;
    return catalogue_feature(i)->name;
}

static const char *original_name(const void *columns, size_t i)
{
    return ((const struct original_columns *)columns)->columns[i].name;
}

/* Which rows of a table a matrix takes. */
struct rows {
    const struct table *table;
    size_t *places;
    size_t count;
    bool labelled;
};

static int choose_rows(struct rows *out, const struct table *table, const bool *dropped, struct error *err)
{
    size_t rows = table ? table_rows(table) : 0;
    *out = (struct rows){.table = table, .places = malloc((rows + 1) * sizeof *out->places)};
    if (!out->places)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    for (size_t i = 0; i < rows; i++)
        if (!dropped || !dropped[i])
            out->places[out->count++] = i;
    out->labelled = out->count > 0 && table_loaded_target(table);
    for (size_t i = 0; out->labelled && i < out->count; i++)
        out->labelled = !isnan(table_value(table, out->places[i], APPLICATION_TARGET));
    return 0;
}

static int allocate_rows(struct matrix *matrix, const struct rows *rows, struct error *err)
{
    matrix->rows = rows->count;
    matrix->client_ids = malloc((rows->count + 1) * sizeof *matrix->client_ids);
    matrix->values = pages_allocate((rows->count * matrix->columns + 1) * sizeof *matrix->values);
    matrix->labels = rows->labelled ? malloc(rows->count) : NULL;
    if (!matrix->client_ids || !matrix->values || (rows->labelled && !matrix->labels))
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        matrix->client_ids[i] = (int64_t)table_value(rows->table, rows->places[i], APPLICATION_SK_ID_CURR);
        if (rows->labelled)
            matrix->labels[i] = table_value(rows->table, rows->places[i], APPLICATION_TARGET) == 1;
    }
    return 0;
}

/* Names the columns, takes the rows and gives them room. */
static int start_matrix(struct matrix *out, struct rows *rows, size_t columns,
                        const char *(*name_of)(const void *, size_t), const void *context,
                        const struct table *table, const bool *dropped, struct error *err)
{
    memset(out, 0, sizeof *out);
    return choose_rows(rows, table, dropped, err) || name_columns(out, columns, name_of, context, err) ||
                   allocate_rows(out, rows, err)
               ? -1
               : 0;
}

static int build_full(struct matrix *out, const struct table *table, const bool *dropped,
                      const struct history_set *histories, struct error *err)
{
    struct rows rows = {0};
    int status = start_matrix(out, &rows, FEATURE_COUNT, full_name, NULL, table, dropped, err);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < rows.count * (status == 0); i++) {
        double row[APPLICATION_COLUMNS];
        table_row(table, rows.places[i], row);
        features_build(row, history_set_get(histories, out->client_ids[i]), out->values + i * out->columns);
    }
    free(rows.places);
    return status;
}

int explore_original_build(struct matrix *out, const struct original_columns *columns,
                           const struct table *table, const bool *dropped,
                           const struct history_set *histories, struct error *err)
{
    struct rows rows = {0};
    int status = start_matrix(out, &rows, columns->count, original_name, columns, table, dropped, err);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < rows.count * (status == 0); i++) {
        double row[APPLICATION_COLUMNS];
        struct original_history history;
        const bool known = history_set_original(&history, histories, out->client_ids[i]);
        table_row(table, rows.places[i], row);
        original_build(out->values + i * out->columns, columns, row, known ? &history : NULL);
    }
    free(rows.places);
    return status;
}

/* ---- Selecting the original's columns ---- */

static double *missing_shares(const struct matrix *matrix)
{
    double *shares = calloc(matrix->columns + 1, sizeof *shares);
    for (size_t i = 0; shares && i < matrix->rows * matrix->columns; i++)
        shares[i % matrix->columns] += isnan(matrix->values[i]);
    for (size_t i = 0; shares && matrix->rows && i < matrix->columns; i++)
        shares[i] /= (double)matrix->rows;
    return shares;
}

/* Leaves the kept columns of a matrix, filled. */
static void reduce(struct matrix *matrix, const struct selection *selection)
{
    selection_apply(selection, matrix->values, matrix->values, matrix->rows);
    size_t kept = 0;
    for (size_t i = 0; i < matrix->columns; i++)
        if (selection->columns[i].fate == SELECTION_KEPT)
            matrix->names[kept++] = matrix->names[i];
        else
            free(matrix->names[i]);
    matrix->columns = kept;
    float *smaller = realloc(matrix->values, (matrix->rows * kept + 1) * sizeof *smaller);
    matrix->values = smaller ? smaller : matrix->values;
}

static int select_columns(struct explore_features *out, struct error *err)
{
    bool zero[ORIGINAL_COLUMNS_MOST];
    for (size_t i = 0; i < out->columns.count; i++)
        zero[i] = out->columns.columns[i].table != TABLE_APPLICATION;
    const struct selection_options options = {LEAST_FILLED, LARGEST_CORRELATION, zero};
    const struct examples train = matrix_examples(&out->original.train);
    if (selection_fit(&out->selection, &train, &options, err))
        return -1;
    out->full.missing = missing_shares(&out->full.train);
    out->original.missing = calloc(out->selection.kept_count + 1, sizeof *out->original.missing);
    if (!out->full.missing || !out->original.missing)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < out->selection.kept_count; i++)
        out->original.missing[i] = out->selection.columns[out->selection.kept[i]].missing;
    reduce(&out->original.train, &out->selection);
    reduce(&out->original.test, &out->selection);
    return 0;
}

int explore_features_build(struct explore_features *out, const struct explore_features_source *source,
                           struct error *err)
{
    memset(out, 0, sizeof *out);
    struct history_set *read = NULL;
    const struct history_set *histories = source->histories;
    int status = 0;
    original_list(&out->columns);
    if (!histories) {
        status = history_set_read_sums(&read, source->folder, HISTORY_BOTH, source->show_progress, err);
        histories = read;
    }
    if (status == 0)
        status = build_full(&out->full.train, source->train, source->dropped, histories, err);
    if (status == 0)
        status = build_full(&out->full.test, source->test, NULL, histories, err);
    if (status == 0)
        status = explore_original_build(&out->original.train, &out->columns, source->train, source->dropped,
                                        histories, err);
    if (status == 0)
        status =
            explore_original_build(&out->original.test, &out->columns, source->test, NULL, histories, err);
    for (int table = 0; status == 0 && table < TABLE_COUNT; table++)
        out->history_rows[table] = history_set_rows(histories, (enum home_credit_table)table);
    history_set_free(read);
    return status ? -1 : select_columns(out, err);
}

void explore_features_free(struct explore_features *features)
{
    enum { SETS = 2 };
    struct explore_matrices *const sets[SETS] = {&features->full, &features->original};
    for (size_t i = 0; i < SETS; i++) {
        matrix_free(&sets[i]->train);
        matrix_free(&sets[i]->test);
        free(sets[i]->missing);
    }
    selection_free(&features->selection);
    memset(features, 0, sizeof *features);
}

/* ---- Writing ---- */

/* One line of a data dictionary. */
struct entry {
    const char *name, *table, *unit;
    double missing;
    double fill; /* what a gap became; NaN where gaps stay */
    const char *label[LANGUAGE_COUNT], *description[LANGUAGE_COUNT];
};

static void write_headings(struct writer *writer, bool filled)
{
    static const char *const first[] = {"name", "table", "unit", "missing"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        writer_text(writer, first[i], ',');
    if (filled)
        writer_text(writer, "fill", ',');
    writer_text(writer, "label_fr", ',');
    writer_text(writer, "label_en", ',');
    writer_text(writer, "description_fr", ',');
    writer_text(writer, "description_en", '\n');
}

static void write_entry(struct writer *writer, const struct entry *entry, bool filled)
{
    writer_text(writer, entry->name, ',');
    writer_text(writer, entry->table, ',');
    writer_text(writer, entry->unit, ',');
    writer_real(writer, entry->missing, ',');
    if (filled)
        writer_real(writer, entry->fill, ',');
    writer_text(writer, entry->label[LANGUAGE_FR], ',');
    writer_text(writer, entry->label[LANGUAGE_EN], ',');
    writer_text(writer, entry->description[LANGUAGE_FR], ',');
    writer_text(writer, entry->description[LANGUAGE_EN], '\n');
}

/* The table that a catalogue feature is told by: each range of history features is one table's. */
static enum home_credit_table full_table(size_t id)
{
    static const struct {
        size_t first;
        enum home_credit_table table;
    } ranges[] = {{0, TABLE_APPLICATION},
                  {FEATURE_BUREAU_COUNT, TABLE_BUREAU},
                  {FEATURE_BUREAU_DPD_MONTH_SHARE, TABLE_BUREAU_BALANCE},
                  {FEATURE_BUREAU_ACTIVE_DEBT_TO_CREDIT, TABLE_BUREAU},
                  {FEATURE_PREV_COUNT, TABLE_PREVIOUS_APPLICATION},
                  {FEATURE_POS_DPD_SHARE, TABLE_POS_CASH_BALANCE},
                  {FEATURE_CARD_LIMIT_USE_MEAN, TABLE_CREDIT_CARD_BALANCE},
                  {FEATURE_INSTAL_DPD_MEAN, TABLE_INSTALLMENTS_PAYMENTS}};
    enum home_credit_table table = TABLE_APPLICATION;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && ranges[i].first <= id; i++)
        table = ranges[i].table;
    return table;
}

static void write_full_dictionary(struct writer *writer, const struct explore_features *features)
{
    write_headings(writer, false);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *feature = catalogue_feature(i);
        struct entry entry = {.name = feature->name,
                              .table = home_credit_schema(full_table(i))->name,
                              .unit = catalogue_unit_code(feature->unit),
                              .missing = features->full.missing[i]};
        for (int language = 0; language < LANGUAGE_COUNT; language++) {
            entry.label[language] = feature->label[language];
            entry.description[language] = feature->description[language];
        }
        write_entry(writer, &entry, false);
    }
}

static void write_original_dictionary(struct writer *writer, const struct explore_features *features)
{
    write_headings(writer, true);
    for (size_t i = 0; i < features->selection.kept_count; i++) {
        const size_t place = features->selection.kept[i];
        const struct original_column *column = &features->columns.columns[place];
        char labels[LANGUAGE_COUNT][ORIGINAL_TEXT];
        char descriptions[LANGUAGE_COUNT][ORIGINAL_TEXT];
        struct entry entry = {.name = column->name,
                              .table = home_credit_schema(column->table)->name,
                              .unit = catalogue_unit_code(original_unit(column)),
                              .missing = features->original.missing[i],
                              .fill = (double)features->selection.columns[place].fill};
        for (int language = 0; language < LANGUAGE_COUNT; language++) {
            original_label(labels[language], column, (enum language)language);
            original_description(descriptions[language], column, (enum language)language);
            entry.label[language] = labels[language];
            entry.description[language] = descriptions[language];
        }
        write_entry(writer, &entry, true);
    }
}

static int write_dictionary(const struct explore_features *features, const char *folder, const char *name,
                            void (*write_lines)(struct writer *, const struct explore_features *),
                            struct error *err)
{
    struct writer writer = {.descriptor = -1};
    if (writer_open(&writer, folder, name, err))
        return -1;
    write_lines(&writer, features);
    int status = writer_close(&writer, err);
    if (status == 0)
        status = writer_publish(&writer, err);
    if (status)
        writer_abandon(&writer);
    return status;
}

int explore_features_write(const struct explore_features *features, const char *folder, bool show_progress,
                           struct error *err)
{
    const struct {
        const struct matrix *matrix;
        const char *name;
    } files[] = {{&features->full.train, "features.csv"},
                 {&features->original.train, "features_original.csv"},
                 {&features->full.test, "features_test.csv"},
                 {&features->original.test, "features_original_test.csv"}};
    size_t total = 0;
    size_t done = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        total += files[i].matrix->rows * files[i].matrix->columns;
    struct progress progress = {0};
    if (show_progress)
        progress = progress_start("feature matrices", total);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (files[i].matrix->rows == 0)
            continue;
        if (matrix_write(files[i].matrix, folder, files[i].name, err))
            return -1;
        done += files[i].matrix->rows * files[i].matrix->columns;
        if (show_progress)
            progress_update(&progress, done);
    }
    if (write_dictionary(features, folder, "features_dictionary.csv", write_full_dictionary, err) ||
        write_dictionary(features, folder, "features_original_dictionary.csv", write_original_dictionary,
                         err))
        return -1;
    if (show_progress)
        progress_end(&progress, done);
    return 0;
}
