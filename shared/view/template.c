#include "shared/view/template.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/file.h"

enum node_kind { NODE_TEXT, NODE_VALUE, NODE_RAW_VALUE, NODE_SECTION, NODE_INVERTED, NODE_END, NODE_PARTIAL };

/* A template is a flat list of nodes; a section knows where its end is. */
struct node {
    enum node_kind kind;
    bool starts_line;    /* the partial's indentation goes before it */
    struct slice text;   /* text, or the name */
    struct slice indent; /* of a partial that stands alone on its line; NULL data: it does not */
    size_t end;          /* of a section: position of its NODE_END */
};

struct template
{
    char name[TEMPLATE_NAME];
    char *source; /* the nodes' slices point into it */
    struct node *nodes;
    size_t count, capacity;
};

struct template_set {
    struct template *templates;
    size_t count, capacity;
};

/* ---- Parsing ----------------------------------------------------------------------------------------- */

struct parser {
    struct template *template;
    const char *start, *end; /* of the source */
    size_t open[TEMPLATE_DEPTH];
    size_t depth;
    bool line_begins; /* nothing of the present line has become a node */
    struct error *err;
};

struct tag {
    char kind; /* '#', '^', '/', '>', '!', '&', '{' or 0 for a plain name */
    struct slice name;
    const char *after;
};

/* Like error_set(): always -1, and a macro so that analysers see it. */
#define parse_error(parser, at, fault) (note_fault(parser, at, fault), -1)
static void note_fault(const struct parser *parser, const char *at, const char *fault)
{
    size_t line = 1;
    for (const char *c = parser->start; c < at; c++)
        line += *c == '\n';
    error_fill(parser->err, ERROR_PARSE, "template %s, line %zu: %s", parser->template->name, line, fault);
}

static int add_node(struct parser *parser, struct node node)
{
    struct template *template = parser->template;
    if (template->count == template->capacity) {
        size_t capacity = template->capacity ? 2 * template->capacity : 64;
        struct node *nodes = realloc(template->nodes, capacity * sizeof *nodes);
        if (!nodes)
            return error_set(parser->err, ERROR_INTERNAL, "no memory for template %s", template->name);
        template->nodes = nodes;
        template->capacity = capacity;
    }
    node.starts_line = parser->line_begins && node.kind != NODE_END;
    template->nodes[template->count++] = node;
    return 0;
}

/* Text becomes a node a line, so that a partial's indentation finds each line's beginning. */
static int add_text(struct parser *parser, const char *from, const char *to)
{
    while (from < to) {
        const char *newline = memchr(from, '\n', (size_t)(to - from));
        const char *stop = newline ? newline + 1 : to;
        if (add_node(parser, (struct node){.kind = NODE_TEXT, .text = {from, (size_t)(stop - from)}}))
            return -1;
        parser->line_begins = newline != NULL;
        from = stop;
    }
    return 0;
}

static struct slice trim(const char *from, const char *to)
{
    while (from < to && strchr(" \t\r\n", *from))
        from++;
    while (to > from && strchr(" \t\r\n", to[-1]))
        to--;
    return (struct slice){from, (size_t)(to - from)};
}

/* Reads the tag whose braces open at `at`. */
static int read_tag(struct parser *parser, const char *at, struct tag *tag)
{
    const char *inside = at + 2;
    tag->kind = inside < parser->end && *inside && strchr("#^/>!&{=", *inside) ? *inside++ : '\0';
    if (tag->kind == '=')
        return parse_error(parser, at, "set-delimiter tags are not supported");
    const char *closing = tag->kind == '{' ? "}}}" : "}}";
    const char *close = memmem(inside, (size_t)(parser->end - inside), closing, strlen(closing));
    if (!close)
        return parse_error(parser, at, "a tag is not closed");
    tag->name = trim(inside, close);
    tag->after = close + strlen(closing);
    if (tag->kind != '!' && tag->name.length == 0)
        return parse_error(parser, at, "a tag has no name");
    return 0;
}

/* A section, comment or partial tag alone on its line takes the whole line with it: then sets `line_start`
 * and `line_end` (after the newline) and returns true. */
static bool stands_alone(const struct parser *parser, const char *at, const struct tag *tag,
                         const char **line_start, const char **line_end)
{
    if (!tag->kind || !strchr("#^/>!", tag->kind))
        return false;
    const char *left = at;
    while (left > parser->start && (left[-1] == ' ' || left[-1] == '\t'))
        left--;
    if (left > parser->start && left[-1] != '\n')
        return false;
    const char *right = tag->after;
    while (right < parser->end && (*right == ' ' || *right == '\t'))
        right++;
    if (right < parser->end && *right == '\r' && right + 1 < parser->end && right[1] == '\n')
        right++;
    if (right < parser->end && *right != '\n')
        return false;
    *line_start = left;
    *line_end = right < parser->end ? right + 1 : right;
    return true;
}

static int close_section(struct parser *parser, const char *at, struct slice name)
{
    struct template *template = parser->template;
    if (parser->depth == 0)
        return parse_error(parser, at, "a section is closed that was not opened");
    struct node *opening = &template->nodes[parser->open[--parser->depth]];
    if (opening->text.length != name.length || memcmp(opening->text.data, name.data, name.length) != 0)
        return parse_error(parser, at, "another section is closed than the one that is open");
    opening->end = template->count;
    return add_node(parser, (struct node){.kind = NODE_END});
}

static int add_tag(struct parser *parser, const char *at, const struct tag *tag, struct slice indent)
{
    struct node node = {.kind = NODE_VALUE, .text = tag->name, .indent = indent};
    switch (tag->kind) {
    case '!':
        return 0;
    case '/':
        return close_section(parser, at, tag->name);
    case '#':
    case '^':
        if (parser->depth == TEMPLATE_DEPTH)
            return parse_error(parser, at, "sections are nested too deeply");
        parser->open[parser->depth++] = parser->template->count;
        node.kind = tag->kind == '#' ? NODE_SECTION : NODE_INVERTED;
        break;
    case '>':
        node.kind = NODE_PARTIAL;
        break;
    case '&':
    case '{':
        node.kind = NODE_RAW_VALUE;
        break;
    default:
        break;
    }
    return add_node(parser, node);
}

static int parse(struct parser *parser)
{
    const char *at = parser->start;
    while (at < parser->end) {
        const char *brace = memmem(at, (size_t)(parser->end - at), "{{", 2);
        if (!brace)
            break;
        struct tag tag = {0};
        if (read_tag(parser, brace, &tag))
            return -1;
        const char *line_start = brace, *line_end = tag.after;
        bool alone = stands_alone(parser, brace, &tag, &line_start, &line_end);
        if (add_text(parser, at, line_start))
            return -1;
        /* The tag itself is no output: its line is no line that an indentation would go before. */
        bool line_begins = parser->line_begins;
        if (alone)
            parser->line_begins = false;
        struct slice indent = {0};
        if (alone)
            indent = (struct slice){line_start, (size_t)(brace - line_start)};
        if (add_tag(parser, brace, &tag, indent))
            return -1;
        bool silent = tag.kind == '!' || tag.kind == '/';
        parser->line_begins = alone || (silent && line_begins);
        at = line_end;
    }
    if (add_text(parser, at, parser->end))
        return -1;
    if (parser->depth)
        return parse_error(parser, parser->end, "a section is not closed");
    return 0;
}

/* ---- The set ----------------------------------------------------------------------------------------- */

static const struct template *find_template(const struct template_set *set, struct slice name)
{
    for (size_t i = 0; i < set->count; i++)
        if (slice_equals(name, set->templates[i].name))
            return &set->templates[i];
    return NULL;
}

static void free_template(struct template *template)
{
    free(template->source);
    free(template->nodes);
}

int template_set_new(struct template_set **out, struct error *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : error_set(err, ERROR_INTERNAL, "no memory for templates");
}

void template_set_free(struct template_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        free_template(&set->templates[i]);
    free(set->templates);
    free(set);
}

/* Room for one more template, zeroed, which is not counted yet. */
static struct template *next_template(struct template_set *set, struct error *err)
{
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : 16;
        struct template *templates = realloc(set->templates, capacity * sizeof *templates);
        if (!templates) {
            error_set(err, ERROR_INTERNAL, "no memory for templates");
            return NULL;
        }
        set->templates = templates;
        set->capacity = capacity;
    }
    return memset(&set->templates[set->count], 0, sizeof *set->templates);
}

int template_set_add(struct template_set *set, const char *name, const char *text, size_t length,
                     struct error *err)
{
    if (strlen(name) >= TEMPLATE_NAME || length > TEMPLATE_BYTES)
        return error_set(err, ERROR_LIMIT, "template %.80s: name over %d or text over %d bytes", name,
                         TEMPLATE_NAME - 1, TEMPLATE_BYTES);
    if (find_template(set, slice_of(name)))
        return error_set(err, ERROR_CONFLICT, "two templates are called %s", name);
    struct template *template = next_template(set, err);
    if (!template)
        return -1;
    snprintf(template->name, sizeof template->name, "%s", name);
    template->source = malloc(length + 1);
    if (!template->source)
        return error_set(err, ERROR_INTERNAL, "no memory for template %s", name);
    memcpy(template->source, text, length);
    template->source[length] = '\0';

    struct parser parser = {.template = template,
                            .start = template->source,
                            .end = template->source + length,
                            .line_begins = true,
                            .err = err};
    if (parse(&parser)) {
        free_template(template);
        return -1;
    }
    set->count++;
    return 0;
}

static int check_partials(const struct template_set *set, struct error *err)
{
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j < set->templates[i].count; j++) {
            const struct node *node = &set->templates[i].nodes[j];
            if (node->kind == NODE_PARTIAL && !find_template(set, node->text))
                return error_set(err, ERROR_NOT_FOUND, "template %s includes %.*s, which does not exist",
                                 set->templates[i].name, (int)node->text.length, node->text.data);
        }
    return 0;
}

static int load_file(struct template_set *set, const char *folder, const char *file, size_t name_length,
                     struct error *err)
{
    char path[4096], name[TEMPLATE_NAME];
    if (name_length >= sizeof name)
        return error_set(err, ERROR_LIMIT, "template %s: the name is too long", file);
    memcpy(name, file, name_length);
    name[name_length] = '\0';
    struct buffer text = buffer_new(TEMPLATE_BYTES);
    int status = file_path(path, sizeof path, folder, file, err);
    if (status == 0)
        status = file_read(&text, path, err);
    if (status == 0)
        status = template_set_add(set, name, text.length ? text.data : "", text.length, err);
    buffer_free(&text);
    return status;
}

int template_set_load(struct template_set *set, const char *folder, struct error *err)
{
    static const char extension[] = ".html";
    const size_t tail = sizeof extension - 1;
    DIR *directory = opendir(folder);
    if (!directory)
        return error_set(err, ERROR_IO, "%s: %s", folder, strerror(errno));
    int status = 0;
    for (struct dirent *entry; status == 0 && (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        if (length > tail && strcmp(entry->d_name + length - tail, extension) == 0)
            status = load_file(set, folder, entry->d_name, length - tail, err);
    }
    closedir(directory);
    return status ? status : check_partials(set, err);
}

const char *template_set_unescaped(const struct template_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j < set->templates[i].count; j++)
            if (set->templates[i].nodes[j].kind == NODE_RAW_VALUE)
                return set->templates[i].name;
    return NULL;
}

int template_set_each_name(const struct template_set *set,
                           int (*visit)(void *context, const char *template_name, struct slice name),
                           void *context)
{
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j < set->templates[i].count; j++) {
            const struct node *node = &set->templates[i].nodes[j];
            if (node->kind == NODE_TEXT || node->kind == NODE_END || node->kind == NODE_PARTIAL)
                continue;
            int status = visit(context, set->templates[i].name, node->text);
            if (status)
                return status;
        }
    return 0;
}

/* ---- Rendering --------------------------------------------------------------------------------------- */

struct renderer {
    const struct template_set *set;
    struct buffer *out;
    struct error *err;
    const json_t *stack[TEMPLATE_DEPTH]; /* contexts, innermost last */
    size_t depth;
    size_t nested; /* renderings inside each other */
};

/* The indentation of a partial inside an indented partial is that of both. */
struct indentation {
    const struct indentation *outer;
    struct slice text;
};

static int render_nodes(struct renderer *renderer, const struct template *template, size_t from, size_t to,
                        const struct indentation *indentation);

static int write_indentation(struct renderer *renderer, const struct indentation *indentation)
{
    if (!indentation)
        return 0;
    if (write_indentation(renderer, indentation->outer))
        return -1;
    return buffer_append(renderer->out, indentation->text.data, indentation->text.length, renderer->err);
}

static const json_t *member(const json_t *value, const char *name, size_t length)
{
    return json_is_object(value) ? json_object_getn(value, name, length) : NULL;
}

static const json_t *look_up(const struct renderer *renderer, struct slice name)
{
    if (slice_equals(name, "."))
        return renderer->stack[renderer->depth - 1];
    const char *end = name.data + name.length;
    const char *dot = memchr(name.data, '.', name.length);
    size_t length = dot ? (size_t)(dot - name.data) : name.length;
    const json_t *value = NULL;
    for (size_t i = renderer->depth; i > 0 && !value; i--)
        value = member(renderer->stack[i - 1], name.data, length);
    while (value && dot) {
        const char *part = dot + 1;
        dot = memchr(part, '.', (size_t)(end - part));
        value = member(value, part, (size_t)((dot ? dot : end) - part));
    }
    return value;
}

static int write_escaped(struct renderer *renderer, const char *text, size_t length)
{
    size_t plain = 0;
    for (size_t i = 0; i < length; i++) {
        const char *entity = NULL;
        switch (text[i]) {
        case '&':
            entity = "&amp;";
            break;
        case '<':
            entity = "&lt;";
            break;
        case '>':
            entity = "&gt;";
            break;
        case '"':
            entity = "&quot;";
            break;
        case '\'':
            entity = "&#39;";
            break;
        default:
            continue;
        }
        if (buffer_append(renderer->out, text + plain, i - plain, renderer->err) ||
            buffer_append_text(renderer->out, entity, renderer->err))
            return -1;
        plain = i + 1;
    }
    return buffer_append(renderer->out, text + plain, length - plain, renderer->err);
}

static int write_value(struct renderer *renderer, const json_t *value, bool escape)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        if (escape)
            return write_escaped(renderer, json_string_value(value), json_string_length(value));
        return buffer_append(renderer->out, json_string_value(value), json_string_length(value),
                             renderer->err);
    case JSON_INTEGER:
        return buffer_append_format(renderer->out, renderer->err, "%" JSON_INTEGER_FORMAT,
                                    json_integer_value(value));
    case JSON_REAL:
        return buffer_append_format(renderer->out, renderer->err, "%.15g", json_real_value(value));
    case JSON_TRUE:
        return buffer_append_text(renderer->out, "true", renderer->err);
    case JSON_FALSE:
        return buffer_append_text(renderer->out, "false", renderer->err);
    default:
        return 0;
    }
}

static bool is_false(const json_t *value)
{
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static int render_inside(struct renderer *renderer, const struct template *template, size_t section,
                         const json_t *context, const struct indentation *indentation)
{
    if (renderer->depth == TEMPLATE_DEPTH)
        return error_set(renderer->err, ERROR_LIMIT, "template %s: more than %d sections inside each other",
                         template->name, TEMPLATE_DEPTH);
    renderer->stack[renderer->depth++] = context;
    int status = render_nodes(renderer, template, section + 1, template->nodes[section].end, indentation);
    renderer->depth--;
    return status;
}

static int render_section(struct renderer *renderer, const struct template *template, size_t section,
                          const struct indentation *indentation)
{
    const struct node *node = &template->nodes[section];
    const json_t *value = look_up(renderer, node->text);
    if (node->kind == NODE_INVERTED)
        return is_false(value) ? render_nodes(renderer, template, section + 1, node->end, indentation) : 0;
    if (is_false(value))
        return 0;
    if (!json_is_array(value))
        return render_inside(renderer, template, section, value, indentation);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (render_inside(renderer, template, section, json_array_get(value, i), indentation))
            return -1;
    return 0;
}

static int render_partial(struct renderer *renderer, const struct node *node,
                          const struct indentation *indentation)
{
    const struct template *partial = find_template(renderer->set, node->text);
    struct indentation inner = {indentation, node->indent};
    return partial ? render_nodes(renderer, partial, 0, partial->count, node->indent.data ? &inner : NULL)
                   : 0;
}

static int render_node(struct renderer *renderer, const struct template *template, size_t position,
                       const struct indentation *indentation)
{
    const struct node *node = &template->nodes[position];
    if (node->starts_line && write_indentation(renderer, indentation))
        return -1;
    switch (node->kind) {
    case NODE_TEXT:
        return buffer_append(renderer->out, node->text.data, node->text.length, renderer->err);
    case NODE_VALUE:
    case NODE_RAW_VALUE:
        return write_value(renderer, look_up(renderer, node->text), node->kind == NODE_VALUE);
    case NODE_SECTION:
    case NODE_INVERTED:
        return render_section(renderer, template, position, indentation);
    case NODE_PARTIAL:
        return render_partial(renderer, node, indentation);
    case NODE_END:
        break;
    }
    return 0;
}

static int render_nodes(struct renderer *renderer, const struct template *template, size_t from, size_t to,
                        const struct indentation *indentation)
{
    if (renderer->nested == TEMPLATE_DEPTH)
        return error_set(renderer->err, ERROR_LIMIT, "template %s: more than %d levels inside each other",
                         template->name, TEMPLATE_DEPTH);
    renderer->nested++;
    int status = 0;
    for (size_t i = from; i < to && status == 0; i++) {
        status = render_node(renderer, template, i, indentation);
        if (template->nodes[i].kind == NODE_SECTION || template->nodes[i].kind == NODE_INVERTED)
            i = template->nodes[i].end;
    }
    renderer->nested--;
    return status;
}

int template_render(struct buffer *out, const struct template_set *set, const char *name, const json_t *view,
                    struct error *err)
{
    const struct template *template = find_template(set, slice_of(name));
    if (!template)
        return error_set(err, ERROR_NOT_FOUND, "there is no template called %s", name);
    struct renderer renderer = {.set = set, .out = out, .err = err, .stack = {view}, .depth = 1};
    return render_nodes(&renderer, template, 0, template->count, NULL);
}
