#include "notebooks-port/portfolio/description.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/portfolio/copula.h"
#include "shared/base/file.h"

enum { FILE_LIMIT = 16 << 20 };

int description_new(struct description **out, struct error *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : error_set(err, ERROR_INTERNAL, "no memory for a portfolio description");
}

void description_free(struct description *description)
{
    if (description == NULL)
        return;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        marginal_set_free(&description->fields[i].set);
    history_free(&description->history);
    free(description);
}

static double rank_of(const struct field_model *model, double code)
{
    for (size_t rank = 0; rank < model->level_count; rank++)
        if (model->levels[rank] == code)
            return (double)rank;
    return NAN;
}

double description_score(const struct description *description, size_t field, const double *values)
{
    if (FIELDS[field].kind == FIELD_EFFECT)
        return values[field];
    if (isnan(values[field]))
        return NAN;
    const struct field_model *model = &description->fields[field];
    const struct marginal *marginal = marginal_of(&model->set, field_stratum(FIELDS[field].stratum, values));
    double value = FIELDS[field].kind == FIELD_LEVELS ? rank_of(model, values[field]) : values[field];
    return marginal_score(marginal, value);
}

double description_quantile(const struct description *description, size_t field, const double *values,
                            double u)
{
    const struct field_model *model = &description->fields[field];
    const struct marginal *marginal = marginal_of(&model->set, field_stratum(FIELDS[field].stratum, values));
    if (FIELDS[field].kind != FIELD_LEVELS)
        return marginal_quantile(marginal, u, FIELDS[field].step);
    double rank = marginal_quantile(marginal, u, 0);
    return isnan(rank) || rank >= (double)model->level_count ? NAN : model->levels[(size_t)rank];
}

/* A level as text for the file: the category's name or the number. */
static int write_level(struct buffer *out, const struct column *categories, double level, struct error *err)
{
    if (categories == NULL)
        return buffer_append_format(out, err, "%.0f", level);
    return buffer_append_format(out, err, "\"%s\"", categories->categories[(size_t)level]);
}

static int write_fields(const struct description *description, struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_model *model = &description->fields[i];
        if (FIELDS[i].kind == FIELD_EFFECT)
            continue;
        if (buffer_append_format(out, err, "%s\n\"%s\":{\"levels\":[", i ? "," : "", FIELDS[i].name) < 0)
            return -1;
        for (size_t level = 0; level < model->level_count; level++)
            if ((level > 0 && buffer_append_text(out, ",", err) < 0) ||
                write_level(out, field_categories(i), model->levels[level], err) < 0)
                return -1;
        if (buffer_append_text(out, "],\"strata\":", err) < 0 ||
            marginal_set_write(&model->set, out, err) < 0 || buffer_append_text(out, "}", err) < 0)
            return -1;
    }
    return 0;
}

/* The schema's categories: strata and history codes count on their order. */
static json_t *schema_categories(void)
{
    json_t *all = json_object();
    for (int table = 0; table < TABLE_COUNT; table++) {
        const struct table_schema *schema = home_credit_schema((enum home_credit_table)table);
        for (size_t c = 0; c < schema->column_count; c++) {
            const struct column *column = &schema->columns[c];
            if (column->kind != COLUMN_CATEGORY)
                continue;
            char key[128];
            snprintf(key, sizeof key, "%s.%s", schema->name, column->name);
            json_t *names = json_array();
            for (size_t i = 0; i < column->category_count; i++)
                json_array_append_new(names, json_string(column->categories[i]));
            json_object_set_new(all, key, names);
        }
    }
    return all;
}

static int write_correlation(const struct description *description, struct buffer *out, struct error *err)
{
    for (size_t i = 1; i < FIELD_COUNT; i++) {
        if (buffer_append_text(out, i > 1 ? ",\n[" : "\n[", err) < 0)
            return -1;
        for (size_t j = 0; j < i; j++) {
            /* Thousandths times ten: ten thousand numbers stay readable and small. */
            double value = nearbyint(1e4 * description->correlation[i * FIELD_COUNT + j]);
            if (buffer_append_format(out, err, "%s%.0f", j ? "," : "", value == 0 ? 0 : value) < 0)
                return -1;
        }
        if (buffer_append_text(out, "]", err) < 0)
            return -1;
    }
    return 0;
}

int description_save(const struct description *description, const char *path, struct error *err)
{
    struct buffer out = buffer_new(FILE_LIMIT);
    json_t *categories = schema_categories();
    char *names = json_dumps(categories, JSON_COMPACT);
    int failed = -1;
    if (names == NULL) {
        error_set(err, ERROR_INTERNAL, "no memory for the schema's categories");
        goto done;
    }
    if (buffer_append_format(&out, err,
                             "{\"format\":%d,\"clients\":%zu,\"history_clients\":%zu,\n\"categories\":",
                             DESCRIPTION_FORMAT, description->clients, description->history_clients) < 0 ||
        buffer_append_text(&out, names, err) < 0 || buffer_append_text(&out, ",\n\"risk\":", err) < 0 ||
        risk_write(&description->risk, &out, err) < 0 ||
        buffer_append_text(&out, ",\n\"extra_documents\":[", err) < 0)
        goto done;
    for (size_t i = 0; i < DESCRIPTION_DOCUMENTS; i++)
        if (buffer_append_format(&out, err, "%s%.6g", i ? "," : "", description->extra_documents[i]) < 0)
            goto done;
    if (buffer_append_text(&out, "],\n\"fields\":{", err) < 0 || write_fields(description, &out, err) < 0 ||
        buffer_append_text(&out, "},\n\"correlation_by_10000\":[", err) < 0 ||
        write_correlation(description, &out, err) < 0 ||
        buffer_append_text(&out, "],\n\"history\":", err) < 0 ||
        history_write(&description->history, &out, err) < 0 || buffer_append_text(&out, "}\n", err) < 0)
        goto done;
    failed = file_write(path, out.data, out.length, err);
done:
    free(names);
    json_decref(categories);
    buffer_free(&out);
    return failed;
}

static int read_field(struct field_model *out, size_t field, const json_t *json, struct error *err)
{
    const char *name = FIELDS[field].name;
    const json_t *levels = json_object_get(json, "levels");
    const struct column *categories = field_categories(field);
    if (json_array_size(levels) > DESCRIPTION_LEVELS)
        return error_set(err, ERROR_PARSE, "field %s: more than %d levels", name, DESCRIPTION_LEVELS);
    for (size_t i = 0; i < json_array_size(levels); i++) {
        const json_t *level = json_array_get(levels, i);
        double code = json_number_value(level);
        if (categories != NULL) {
            const char *text = json_string_value(level);
            int known = text ? home_credit_category(categories, text, strlen(text)) : -1;
            if (known < 0)
                return error_set(err, ERROR_PARSE, "field %s: level %zu is no category of %s", name, i,
                                 categories->name);
            code = known;
        }
        out->levels[out->level_count++] = code;
    }
    return marginal_set_read(&out->set, json_object_get(json, "strata"), field_strata(FIELDS[field].stratum),
                             name, err);
}

static int read_correlation(struct description *out, const json_t *rows, struct error *err)
{
    if (json_array_size(rows) != FIELD_COUNT - 1)
        return error_set(err, ERROR_PARSE, "correlations: %zu rows instead of %d", json_array_size(rows),
                         FIELD_COUNT - 1);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        out->correlation[i * FIELD_COUNT + i] = 1;
        for (size_t j = 0; j < i; j++) {
            const json_t *value = json_array_get(json_array_get(rows, i - 1), j);
            double r = json_number_value(value) / 1e4;
            if (!json_is_number(value) || fabs(r) > 1)
                return error_set(err, ERROR_PARSE, "correlation of %s and %s is not within -10000..10000",
                                 FIELDS[i].name, FIELDS[j].name);
            out->correlation[i * FIELD_COUNT + j] = out->correlation[j * FIELD_COUNT + i] = r;
        }
    }
    /* Rounding may have bent the matrix a little. */
    if (copula_factor(out->factor, out->correlation, FIELD_COUNT, NULL) == 0)
        return 0;
    if (copula_make_positive(out->correlation, FIELD_COUNT, 1e-4, err) < 0)
        return -1;
    return copula_factor(out->factor, out->correlation, FIELD_COUNT, err);
}

static int read_all(struct description *out, const json_t *json, const char *path, struct error *err)
{
    if (json_integer_value(json_object_get(json, "format")) != DESCRIPTION_FORMAT)
        return error_set(err, ERROR_PARSE, "%s is not a portfolio description of format %d; run fit again",
                         path, DESCRIPTION_FORMAT);
    json_t *categories = schema_categories();
    bool same = json_equal(categories, json_object_get(json, "categories"));
    json_decref(categories);
    if (!same)
        return error_set(err, ERROR_PARSE,
                         "%s was learned with other categories than this program knows; run fit again", path);
    out->clients = (size_t)json_integer_value(json_object_get(json, "clients"));
    out->history_clients = (size_t)json_integer_value(json_object_get(json, "history_clients"));
    const json_t *fields = json_object_get(json, "fields"), *extra = json_object_get(json, "extra_documents");
    for (size_t i = 0; i < DESCRIPTION_DOCUMENTS; i++)
        out->extra_documents[i] = json_number_value(json_array_get(extra, i));
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (FIELDS[i].kind != FIELD_EFFECT &&
            read_field(&out->fields[i], i, json_object_get(fields, FIELDS[i].name), err) < 0)
            return -1;
    if (risk_read(&out->risk, json_object_get(json, "risk"), err) < 0 ||
        history_read(&out->history, json_object_get(json, "history"), err) < 0)
        return -1;
    return read_correlation(out, json_object_get(json, "correlation_by_10000"), err);
}

int description_load(struct description **out, const char *path, struct error *err)
{
    struct buffer text = buffer_new(FILE_LIMIT);
    struct description *made = NULL;
    json_t *json = NULL;
    json_error_t problem;
    int failed = -1;
    if (file_read(&text, path, err) < 0 || description_new(&made, err) < 0)
        goto done;
    json = json_loadb(text.data ? text.data : "", text.length, JSON_REJECT_DUPLICATES, &problem);
    if (json == NULL) {
        error_set(err, ERROR_PARSE, "%s:%d: %s", path, problem.line, problem.text);
        goto done;
    }
    failed = read_all(made, json, path, err);
done:
    json_decref(json);
    buffer_free(&text);
    if (failed) {
        description_free(made);
        made = NULL;
    }
    *out = made;
    return failed;
}
