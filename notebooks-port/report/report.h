/* A notebook's report: one HTML file that opens offline and prints, the same figures as JSON for machines,
 * and plain lines on standard output. A notebook calls section after section; each call writes to all three,
 * so they cannot differ.
 *
 * Texts stand in locales, not in calls. A key is looked up below the open section: in section "missing" the
 * table "columns" has the texts missing.columns.title, missing.columns.note (optional) and
 * missing.columns.COLUMN for each heading. A text that does not exist is an error, which report_write tells.
 *
 * The first error sticks: calls after it do nothing, and report_write returns it. A report is not
 * thread-safe. */
#ifndef CLAIRSCORE_REPORT_REPORT_H
#define CLAIRSCORE_REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/base/language.h"
#include "shared/view/chart.h"
#include "shared/view/i18n.h"

struct report;

/* What reproduces the report. All texts are kept by pointer until report_free. */
struct report_about {
    const char *name;                  /* of the files: "explore" → explore.html, explore.json */
    const char *texts[LANGUAGE_COUNT]; /* the notebook's locales: JSON objects of equal keys, top level =
                                          sections; "report" holds title and lead */
    const char *command;               /* the command line without folders that only this machine has */
    uint64_t seed;
    const char *data_hash; /* of the data */
    enum language language;
};

/* Starts a report. The caller frees *out. */
int report_new(struct report **out, const struct report_about *about, struct error *err);
void report_free(struct report *report);

/* Opens the section `key`: its number, KEY.title, and KEY.why: a sentence or two of why this step is there.
 */
void report_section(struct report *report, const char *key);

/* The text `key` below the open section in the report's language, for a label that C passes on. Borrowed. */
const char *report_text(struct report *report, const char *key);

/* A paragraph: the text `key` with its placeholders filled: REPORT_VALUES("share", share). NULL for none. */
void report_say(struct report *report, const char *key, const char *const *values);
#define REPORT_VALUES(...) I18N_VALUES(__VA_ARGS__)

/* How a number is shown. In JSON it stays the bare number. */
enum report_form {
    REPORT_TEXT,
    REPORT_COUNT,      /* whole, with thousands in groups */
    REPORT_NUMBER,     /* `decimals` places */
    REPORT_SIGNED,     /* the same with its sign */
    REPORT_PERCENT,    /* 0.0807 is 8.1 % */
    REPORT_SIGNIFICANT /* `decimals` significant digits, for columns of mixed sizes */
};

/* One figure that matters, shown large, under the label `key`. NaN shows as "–", null in JSON. */
void report_figure(struct report *report, const char *key, double value, enum report_form form, int decimals);

/* A column of a table: its heading is the text TABLE.key. */
struct report_column {
    const char *key;
    enum report_form form;
    int decimals;
};

/* The table `key`. `rows` is an array of arrays with one string, number or null a column; it is taken over.
 * At most REPORT_ROWS rows are shown (the JSON has all of them); the terminal shows ten. */
enum { REPORT_ROWS = 400, REPORT_COLUMNS = 24 };
void report_table(struct report *report, const char *key, const struct report_column *columns, size_t count,
                  json_t *rows);

/* Charts. Titles, descriptions and axes that are NULL are taken from the texts key.title, key.description,
 * key.x, key.y; a table behind it has the heading key.label. A series' label is itself a text key below the
 * chart's key where such a text exists (in JSON it stays the key); otherwise it is shown as it is. Bars and
 * lines have their figures in a table behind them. */
void report_chart(struct report *report, const char *key, const struct chart *chart);
void report_lines(struct report *report, const char *key, const struct line_chart *chart);
void report_points(struct report *report, const char *key, const struct point_chart *chart);
void report_heatmap(struct report *report, const char *key, const struct heatmap *heatmap);

/* Figures for machines alone, under `key` of the open section. `data` is taken over. */
void report_data(struct report *report, const char *key, json_t *data);

/* Keeps what follows, until the next section, folded under a line that opens it: for long tables. */
void report_fold(struct report *report, const char *key);

/* Writes FOLDER/NAME.html and FOLDER/NAME.json, each whole or not at all; the folder is made. Returns the
 * first error of any call. */
int report_write(struct report *report, const char *folder, struct error *err);

#endif
