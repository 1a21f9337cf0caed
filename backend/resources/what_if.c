/* POST /clients/{id}/what-if: a stored application with some fields changed, scored and explained beside
 * itself. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/change.h"
#include "backend/resources/client_file.h"
#include "backend/resources/explanation.h"
#include "backend/resources/prediction.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/data/record.h"
#include "shared/features/features.h"
#include "shared/http/problem.h"

enum { VALUE_TEXT = 128 };

/* ---- The request ---- */

struct changes {
    double values[APPLICATION_COLUMNS];
    bool changed[APPLICATION_COLUMNS];
};

/* What identifies the client and how the credit ended are no part of what was applied for. */
static void check_fixed(const json_t *fields, json_t *problems)
{
    static const char *const fixed[] = {"SK_ID_CURR", "TARGET"};
    char at[REQUEST_POINTER];
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (!json_object_get(fields, fixed[i]))
            continue;
        request_pointer(at, "/changes", fixed[i]);
        request_problem(problems, at, "%s cannot be changed: it is no part of what was applied for.",
                        fixed[i]);
    }
}

static void read_fields(struct changes *out, const json_t *fields, json_t *problems)
{
    const struct table_schema *schema = home_credit_schema(TABLE_APPLICATION);
    record_read(out->values, TABLE_APPLICATION, fields, "/changes", problems);
    check_fixed(fields, problems);
    if (json_is_object(fields) && json_object_size(fields) == 0)
        request_problem(problems, "/changes", "Name at least one field of the application.");
    for (size_t i = 0; i < schema->column_count; i++)
        out->changed[i] = json_object_get(fields, schema->columns[i].name) != NULL;
}

/* Reads {"changes": {…}}; false after answering 400 or 422. */
static bool read_changes(struct http_exchange *exchange, struct changes *out)
{
    json_t *document = request_json(exchange);
    if (!document)
        return false;
    json_t *problems = json_array(), *value;
    const char *name;
    const json_t *fields = json_object_get(document, "changes");
    if (!json_is_object(document))
        request_problem(problems, "", "Give an object with changes.");
    else if (!fields)
        request_problem(problems, "/changes", "Give the fields to change with their new values.");
    else
        read_fields(out, fields, problems);
    json_object_foreach(document, name, value)
    {
        char at[REQUEST_POINTER];
        if (strcmp(name, "changes") == 0 || json_array_size(problems) >= REQUEST_PROBLEMS)
            continue;
        request_pointer(at, "", name);
        request_problem(problems, at, "Unknown field beside changes.");
    }
    bool fine = json_array_size(problems) == 0;
    if (!fine)
        request_refuse(exchange, problems);
    json_decref(problems);
    json_decref(document);
    return fine;
}

/* ---- The answer ---- */

/* The application on one side of the change. */
struct side {
    double application[APPLICATION_COLUMNS];
    float vector[FEATURE_COUNT];
    struct explanation explanation;
};

static int explain_side(struct side *side, const struct history *history, const struct model *model,
                        struct error *err)
{
    features_build(side->application, history, side->vector);
    return explanation_compute(&side->explanation, model, side->vector, err);
}

static void write_side(struct json_writer *writer, const struct side *side, int64_t client_id,
                       struct http_exchange *exchange, size_t top)
{
    json_writer_open(writer, '{');
    prediction_write(writer, &side->explanation.verdict, client_id, exchange);
    explanation_write(writer, side->vector, &side->explanation, top, exchange);
    json_writer_close(writer, '}');
}

struct shift {
    size_t feature;
    double contribution; /* after less before */
};

/* Larger ones first; equal ones in catalogue order. */
static int compare_shifts(const void *a, const void *b)
{
    const struct shift *left = a, *right = b;
    if (fabs(left->contribution) != fabs(right->contribution))
        return fabs(left->contribution) > fabs(right->contribution) ? -1 : 1;
    return (left->feature > right->feature) - (left->feature < right->feature);
}

static json_t *render_shift(const struct shift *shift, const struct side *before, const struct side *after,
                            enum language language)
{
    char from[VALUE_TEXT], to[VALUE_TEXT];
    size_t feature = shift->feature;
    const struct feature *meaning = catalogue_feature(feature);
    catalogue_format(from, sizeof from, feature, (double)before->vector[feature], language);
    catalogue_format(to, sizeof to, feature, (double)after->vector[feature], language);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:f, s:f}", "feature", meaning->name, "label",
                     meaning->label[language], "theme", catalogue_theme_code(meaning->theme), "from",
                     render_value(feature, before->vector[feature]), "to",
                     render_value(feature, after->vector[feature]), "from_text", from, "to_text", to,
                     "contribution", shift->contribution, "points", explanation_points(shift->contribution));
}

/* What the change does to each contribution: the features that changed and those they act together with. */
static json_t *render_difference(const struct side *before, const struct side *after, size_t top,
                                 enum language language)
{
    const struct verdict *old = &before->explanation.verdict, *new = &after->explanation.verdict;
    struct shift shifts[FEATURE_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        double shift = scoring_round(after->explanation.contributions[i]) -
                       scoring_round(before->explanation.contributions[i]);
        shifts[count] = (struct shift){i, scoring_round(shift)};
        count += shifts[count].contribution != 0;
    }
    qsort(shifts, count, sizeof *shifts, compare_shifts);
    json_t *contributions = json_array();
    for (size_t i = 0; i < count && i < top; i++)
        json_array_append_new(contributions, render_shift(&shifts[i], before, after, language));
    return json_pack("{s:f, s:f, s:f, s:b, s:o}", "probability", new->probability - old->probability, "score",
                     new->points - old->points, "margin", scoring_round(new->margin - old->margin),
                     "decision_changed", new->refused != old->refused, "contributions", contributions);
}

/* Writes a member whose value is a tree already, which is taken over. */
static void write_tree(struct json_writer *writer, const char *key, json_t *tree)
{
    json_writer_key(writer, key);
    json_writer_tree(writer, tree);
    json_decref(tree);
}

static void answer_change(struct http_exchange *exchange, const struct side *before, const struct side *after,
                          const struct changes *changes, int64_t client_id, size_t top)
{
    struct error err = {0};
    struct buffer text = buffer_new(PREDICTION_BYTES);
    struct json_writer writer = json_writer_start(&text, &err);
    enum language language = exchange->language;
    json_writer_open(&writer, '{');
    json_writer_key(&writer, "client_id");
    json_writer_integer(&writer, client_id);
    write_tree(&writer, "changes",
               change_render(&(struct change_side){before->application, before->vector},
                             &(struct change_side){after->application, after->vector}, changes->changed,
                             language));
    json_writer_key(&writer, "original");
    write_side(&writer, before, client_id, exchange, top);
    json_writer_key(&writer, "changed");
    write_side(&writer, after, client_id, exchange, top);
    write_tree(&writer, "difference", render_difference(before, after, top, language));
    json_writer_close(&writer, '}');
    render_language(exchange);
    prediction_answer(exchange, &writer);
    buffer_free(&text);
}

void what_if_post(struct http_exchange *exchange)
{
    const struct population *population = request_population(exchange);
    struct changes changes;
    struct client_file file;
    struct side before, after;
    struct error err = {0};
    size_t top;
    if (!population)
        return;
    int64_t row = request_client(exchange, population);
    if (row < 0 || !explanation_read_top(exchange, &top) || !read_changes(exchange, &changes) ||
        client_file_read(&file, exchange, population, (size_t)row))
        return;
    memcpy(before.application, file.application, sizeof before.application);
    memcpy(after.application, file.application, sizeof after.application);
    for (size_t i = 0; i < APPLICATION_COLUMNS; i++)
        if (changes.changed[i])
            after.application[i] = changes.values[i];
    if (explain_side(&before, file.history, request_model(exchange), &err) ||
        explain_side(&after, file.history, request_model(exchange), &err)) {
        problem_answer_error(exchange, &err);
        return;
    }
    answer_change(exchange, &before, &after, &changes, population_id(population, (size_t)row), top);
}
