/* A report's lines on standard output, for the one who runs the notebook. */
#ifndef CLAIRSCORE_REPORT_TERMINAL_H
#define CLAIRSCORE_REPORT_TERMINAL_H

#include <jansson.h>

/* "3. Missing values" after an empty line. */
void terminal_section(int ordinal, const char *heading);

/* "   label: text" */
void terminal_figure(const char *label, const char *text);

/* A paragraph, broken into lines. */
void terminal_paragraph(const char *text);

/* A table's first rows in aligned columns. `grid` is what the template gets: title, headings[text, number],
 * rows[cells[text]]. */
void terminal_table(const json_t *grid);

#endif
