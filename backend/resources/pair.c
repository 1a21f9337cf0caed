/* GET /population/pair: two features against each other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/population/grid.h"
#include "backend/resources/group.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

enum { VALUE_TEXT = 128, EACH_LIMIT = 10000 };

struct question {
    int x, y;
    struct group_choice group;
    int64_t client_id; /* -1: none */
    size_t each;       /* clients of a cell on average, at least; 0: any number */
};

/* ---- The request ---- */

static int read_axis(const struct http_exchange *exchange, const char *name, const char *pointer,
                     json_t *problems)
{
    const char *feature = http_query(exchange, name);
    if (feature)
        return request_feature(feature, pointer, "", problems);
    request_problem(problems, pointer, "Name a feature.");
    return -1;
}

static bool read_question(struct http_exchange *exchange, struct question *out)
{
    static const char *const known[] = {"x", "y", "group", "client_id", "each", NULL};
    const char *client = http_query(exchange, "client_id");
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    out->x = read_axis(exchange, "x", "?x", problems);
    out->y = read_axis(exchange, "y", "?y", problems);
    if (out->x >= 0 && out->x == out->y)
        request_problem(problems, "?y", "Name another feature than x.");
    out->client_id = -1;
    if (client && !request_client_id(&out->client_id, client))
        request_problem(problems, "?client_id", "A client id is a whole number, such as 100001.");
    out->each = request_number(exchange, "each", 1, EACH_LIMIT, 0, problems);
    group_read(&out->group, http_query(exchange, "group"), problems);
    if (!client && group_needs_client(&out->group))
        request_problem(problems, "?client_id", "This group is a client's own: say whose.");
    return request_is_fine(exchange, problems);
}

/* The row of the client asked for, -1 when none is; false after answering 404. */
static bool find_client(int64_t *row, struct http_exchange *exchange, const struct population *population,
                        int64_t client_id)
{
    char detail[64];
    *row = client_id < 0 ? -1 : population_find(population, client_id);
    if (client_id < 0 || *row >= 0)
        return true;
    snprintf(detail, sizeof detail, "There is no client %lld.", (long long)client_id);
    problem_answer(exchange, 404, detail, NULL);
    return false;
}

/* ---- The answer ---- */

static json_t *render_axis(const struct grid_axis *axis, enum language language)
{
    static const char *const scales[] = {"linear", "logarithmic", "categories"};
    static const char *const others[LANGUAGE_COUNT] = {"Autres", "Others"};
    json_t *edges = json_null(), *categories = json_null();
    if (axis->scale == AXIS_CATEGORIES) {
        json_t *all = render_categories(axis->feature, language);
        categories = json_array();
        for (size_t i = 0; i < axis->cells; i++)
            json_array_append_new(categories,
                                  axis->categories[i] == GRID_OTHERS
                                      ? json_pack("{s:n, s:s}", "value", "label", others[language])
                                      : json_incref(json_array_get(all, (size_t)axis->categories[i])));
        json_decref(all);
    } else if (axis->cells > 0) {
        edges = json_array();
        for (size_t i = 0; i <= axis->cells; i++)
            json_array_append_new(edges, render_float(axis->edges[i]));
    }
    json_t *result = render_feature(axis->feature, language);
    json_object_set_new(result, "scale", json_string(scales[axis->scale]));
    json_object_set_new(result, "edges", edges);
    json_object_set_new(result, "categories", categories);
    return result;
}

static void add_cells(json_t *answer, const struct grid *grid)
{
    json_t *counts = json_array(), *rates = json_array();
    for (size_t y = 0; y < grid->y.cells; y++) {
        json_t *count_row = json_array(), *rate_row = json_array();
        for (size_t x = 0; x < grid->x.cells; x++) {
            json_array_append_new(count_row, json_integer(grid->cells[y][x].count));
            json_array_append_new(rate_row, render_number(grid_default_rate(&grid->cells[y][x])));
        }
        json_array_append_new(counts, count_row);
        json_array_append_new(rates, rate_row);
    }
    json_object_set_new(answer, "counts", counts);
    json_object_set_new(answer, "default_rates", rates);
}

static json_t *render_place(const struct grid_axis *axis, float value, enum language language)
{
    char text[VALUE_TEXT];
    int cell = grid_axis_cell(axis, value);
    catalogue_format(text, sizeof text, axis->feature, (double)value, language);
    return json_pack("{s:o, s:s, s:o}", "value", render_value(axis->feature, value), "text", text, "cell",
                     cell < 0 ? json_null() : json_integer(cell));
}

static json_t *render_client(const struct grid *grid, const struct population *population, int64_t row,
                             enum language language)
{
    if (row < 0)
        return json_null();
    float x = population_value(population, grid->x.feature, (size_t)row);
    float y = population_value(population, grid->y.feature, (size_t)row);
    return json_pack("{s:I, s:o, s:o}", "client_id", (json_int_t)population_id(population, (size_t)row), "x",
                     render_place(&grid->x, x, language), "y", render_place(&grid->y, y, language));
}

static json_t *render_grid(const struct grid *grid, const struct group *group,
                           const struct population *population, int64_t row, enum language language)
{
    json_t *answer = json_pack("{s:o, s:o, s:o, s:I, s:i, s:o}", "x", render_axis(&grid->x, language), "y",
                               render_axis(&grid->y, language), "group", group_render(group, language),
                               "missing", (json_int_t)grid->missing, "least", GRID_LEAST, "client",
                               render_client(grid, population, row, language));
    add_cells(answer, grid);
    return answer;
}

void population_pair_get(struct http_exchange *exchange)
{
    const struct population *population = request_population(exchange);
    struct question question;
    struct error err = {0};
    struct group *group = NULL;
    int64_t row;
    if (!population || !read_question(exchange, &question) ||
        !find_client(&row, exchange, population, question.client_id))
        return;
    struct grid *grid = malloc(sizeof *grid);
    if (!grid) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        goto done;
    }
    if (group_form(&group, population, &question.group, row, &err)) {
        problem_answer_error(exchange, &err);
        goto done;
    }
    size_t most = question.each ? grid_cells_for(group_count(group), question.each) : GRID_CELLS;
    grid_axis_lay(&grid->x, population, (size_t)question.x, most);
    grid_axis_lay(&grid->y, population, (size_t)question.y, most);
    grid_fill(grid, population, group_members(group), group_count(group));
    json_t *answer = render_grid(grid, group, population, row, exchange->language);
    render_language(exchange);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
done:
    group_free(group);
    free(grid);
}
