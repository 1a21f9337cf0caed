#include "frontend/view/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "shared/base/buffer.h"

/* The text of everything inside a node, on one line. NULL without memory. */
static json_t *text_of(cmark_node *node)
{
    struct buffer text = buffer_new(MARKDOWN_BYTES + 1);
    cmark_iter *iterator = cmark_iter_new(node);
    cmark_event_type event;
    int status = 0;
    while (status == 0 && (event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE) {
        cmark_node *inner = cmark_iter_get_node(iterator);
        cmark_node_type type = cmark_node_get_type(inner);
        if (event != CMARK_EVENT_ENTER)
            continue;
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
            status = buffer_append_text(&text, cmark_node_get_literal(inner), NULL);
        else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
            status = buffer_append_text(&text, " ", NULL);
    }
    cmark_iter_free(iterator);
    json_t *string = status ? NULL : json_string(text.data ? text.data : "");
    buffer_free(&text);
    return string;
}

static json_t *cells_of(cmark_node *row)
{
    json_t *cells = json_array();
    for (cmark_node *cell = cmark_node_first_child(row); cell; cell = cmark_node_next(cell))
        json_array_append_new(cells, text_of(cell));
    return cells;
}

/* The first row has the headings, the first column names the rows. */
static json_t *table_of(cmark_node *table)
{
    cmark_node *row = cmark_node_first_child(table);
    json_t *headings = cells_of(row), *rows = json_array();
    for (row = cmark_node_next(row); row; row = cmark_node_next(row)) {
        json_t *cells = cells_of(row);
        json_t *label = json_incref(json_array_get(cells, 0));
        json_array_remove(cells, 0);
        json_array_append_new(rows, json_pack("{s:o, s:o}", "label", label, "cells", cells));
    }
    return json_pack("{s:o, s:o}", "headings", headings, "rows", rows);
}

static void add_blocks(json_t *blocks, cmark_node *parent, int depth);

/* Items are their first paragraph; what else they hold follows the list. */
static void add_list(json_t *blocks, cmark_node *list, int depth)
{
    json_t *items = json_array(), *view = json_pack("{s:o}", "list", items);
    json_array_append_new(blocks, view);
    for (cmark_node *item = cmark_node_first_child(list); item; item = cmark_node_next(item)) {
        cmark_node *first = cmark_node_first_child(item);
        if (first && cmark_node_get_type(first) == CMARK_NODE_PARAGRAPH) {
            json_array_append_new(items, text_of(first));
            cmark_node_unlink(first);
            cmark_node_free(first);
        }
        add_blocks(blocks, item, depth);
    }
    json_object_set_new(view, "list_given", json_boolean(json_array_size(items) > 0));
}

static void add_block(json_t *blocks, cmark_node *block, int depth)
{
    cmark_node_type type = cmark_node_get_type(block);
    if (type == CMARK_NODE_PARAGRAPH)
        json_array_append_new(blocks, json_pack("{s:o}", "paragraph", text_of(block)));
    else if (type == CMARK_NODE_HEADING)
        json_array_append_new(blocks, json_pack("{s:o}", "heading", text_of(block)));
    else if (type == CMARK_NODE_CODE_BLOCK)
        json_array_append_new(blocks, json_pack("{s:s}", "code", cmark_node_get_literal(block)));
    else if (type == CMARK_NODE_LIST)
        add_list(blocks, block, depth + 1);
    else if (type == CMARK_NODE_BLOCK_QUOTE)
        add_blocks(blocks, block, depth + 1);
    else if (strcmp(cmark_node_get_type_string(block), "table") == 0)
        json_array_append_new(blocks, json_pack("{s:o}", "table", table_of(block)));
}

static void add_blocks(json_t *blocks, cmark_node *parent, int depth)
{
    if (depth > MARKDOWN_DEPTH)
        return;
    for (cmark_node *block = cmark_node_first_child(parent); block; block = cmark_node_next(block))
        add_block(blocks, block, depth);
}

json_t *markdown_view(const char *text)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* the library's list of extensions has no lock */
    size_t length = strlen(text);
    if (length > MARKDOWN_BYTES)
        return NULL;
    pthread_once(&once, cmark_gfm_core_extensions_ensure_registered);
    cmark_parser *parser = cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8);
    cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension("table"));
    cmark_parser_feed(parser, text, length);
    cmark_node *document = cmark_parser_finish(parser);
    json_t *blocks = json_array();
    add_blocks(blocks, document, 0);
    cmark_node_free(document);
    cmark_parser_free(parser);
    return blocks;
}
