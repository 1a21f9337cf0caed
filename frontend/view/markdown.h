/* A text in Markdown as what a template can show: plain texts in paragraphs, lists and tables. Read with
 * cmark-gfm (CommonMark, and GitHub's tables); nothing of it ever becomes HTML by itself. */
#ifndef CLAIRSCORE_FRONTEND_VIEW_MARKDOWN_H
#define CLAIRSCORE_FRONTEND_VIEW_MARKDOWN_H

#include <jansson.h>

enum { MARKDOWN_BYTES = 1 << 18, MARKDOWN_DEPTH = 16 /* of lists and quotations in each other */ };

/* A new array of blocks, in order, each an object with one of "paragraph" (text), "heading" (text), "code"
 * (text), "list" ([text], with "list_given" when it is not empty) or "table" ({"headings": [text], "rows":
 * [{"label": text, "cells": [text]}]}), as the template `markdown` wants them. Emphasis, links and the like
 * are their text; what is in a quotation or a nested list comes as blocks of its own; raw HTML, pictures and
 * what lies deeper than MARKDOWN_DEPTH are left out. NULL for more than MARKDOWN_BYTES or without memory. */
json_t *markdown_view(const char *text);

#endif
