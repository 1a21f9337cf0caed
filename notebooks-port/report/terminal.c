#include "notebooks-port/report/terminal.h"

#include <stdio.h>
#include <string.h>

enum { LINE = 100, ROWS = 10, COLUMNS = 24, WIDEST = 48 };

void terminal_section(int ordinal, const char *heading)
{
    printf("\n%d. %s\n", ordinal, heading);
    fflush(stdout);
}

void terminal_figure(const char *label, const char *text)
{
    printf("   %s: %s\n", label, text);
    fflush(stdout);
}

/* Characters of UTF-8 text, each of which is taken for one column. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

void terminal_paragraph(const char *text)
{
    int at = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        char word[512];
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        int width = width_of(word);
        if (at > 0 && at + 1 + width > LINE) {
            putchar('\n');
            at = 0;
        }
        at += printf("%s%s", at ? " " : "   ", word) ? width + 1 : 0;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
    fflush(stdout);
}

static const char *cell_text(const json_t *cells, size_t i)
{
    return json_string_value(json_object_get(json_array_get(cells, i), "text"));
}

static void print_padded(const char *text, int width, int to_the_right)
{
    int missing = width - width_of(text);
    printf("   ");
    if (to_the_right && missing > 0)
        printf("%*s", missing, "");
    printf("%s", text);
    if (!to_the_right && missing > 0)
        printf("%*s", missing, "");
}

void terminal_table(const json_t *grid)
{
    const json_t *headings = json_object_get(grid, "headings");
    const json_t *rows = json_object_get(grid, "rows");
    size_t columns = json_array_size(headings);
    size_t shown = json_array_size(rows) < ROWS ? json_array_size(rows) : ROWS;
    int widths[COLUMNS] = {0};
    printf("   %s\n", json_string_value(json_object_get(grid, "title")));
    for (size_t i = 0; i < columns && i < COLUMNS; i++) {
        widths[i] = width_of(cell_text(headings, i));
        for (size_t row = 0; row < shown; row++) {
            int width = width_of(cell_text(json_object_get(json_array_get(rows, row), "cells"), i));
            widths[i] = width > widths[i] ? width : widths[i];
        }
        widths[i] = widths[i] > WIDEST ? WIDEST : widths[i];
    }
    for (size_t row = 0; row <= shown; row++) {
        const json_t *cells = row == 0 ? headings : json_object_get(json_array_get(rows, row - 1), "cells");
        for (size_t i = 0; i < columns && i < COLUMNS; i++)
            print_padded(cell_text(cells, i), widths[i],
                         json_is_true(json_object_get(json_array_get(headings, i), "number")));
        putchar('\n');
    }
    if (json_array_size(rows) > shown)
        printf("   … %zu\n", json_array_size(rows));
    fflush(stdout);
}
