/* What the pages about the model, /model and those below it, have in common. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_MODEL_PAGE_H
#define CLAIRSCORE_FRONTEND_PAGES_MODEL_PAGE_H

#include <jansson.h>
#include <stddef.h>

#include "shared/base/error.h"
#include "shared/http/server.h"

enum { MODEL_FEATURE_NAME = 64 /* bytes of a feature's name in an address, its end included */ };

/* page_view() with what the template `model_head` needs: the tab ("card", "importance", "dependence",
 * "performance", "costs"), the title model_tabs.titles.TAB, and which model it is, from an answer's "model"
 * object
 * ({"name","version"}; NULL: not said). */
json_t *model_page_view(struct http_exchange *exchange, const char *tab, const json_t *model);

/* Answers with the template and `view` (released), with charts and the page's own script (NULL: none). When
 * `status` is not 0 the answer is the page of a broken backend, and `err` is logged. */
void model_page_answer(struct http_exchange *exchange, int status, const char *template, const char *script,
                       json_t *view, const struct error *err);

/* Reads a feature's name from the query: 1 to MODEL_FEATURE_NAME - 1 capitals, digits and underscores. ""
 * when it is absent, empty or anything else. */
const char *model_page_feature(const struct http_exchange *exchange, const char *parameter);

/* The API tells contributions in hundredths of log-odds. Spreads `count` of them, in score points and with
 * equal ones next to each other, over what rounding took from them, so that their dots do not stand in line.
 */
void model_page_unround(double *points, size_t count);

#endif
