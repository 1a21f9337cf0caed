/* The field of a form in which a person changes one piece of an application: which control it takes, in what
 * unit it is typed, what is accepted, and the way between what stands in the control and the value of the
 * API. Made from the catalogue (GET /features), so that no page knows a column by heart. */
#ifndef CLAIRSCORE_FRONTEND_VIEW_FORM_FIELD_H
#define CLAIRSCORE_FRONTEND_VIEW_FORM_FIELD_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/base/error.h"
#include "shared/base/language.h"

enum form_control {
    FORM_NUMBER,   /* a text that is read as a number: people type spaces, commas, units */
    FORM_DURATION, /* whole years and months that have passed */
    FORM_CHOICE,   /* one of several categories */
    FORM_SWITCH    /* one of two, which stand side by side */
};

enum {
    FORM_PARTS = 2, /* texts of one field: a duration has two, years and months; the others one */
    FORM_TEXT = 64  /* bytes of a text; longer ones are cut, and then no value */
};

struct form_field {
    const json_t *feature;    /* its entry of the catalogue, borrowed */
    const char *name, *label; /* the same */
    enum form_control control;
    bool whole;             /* only whole numbers */
    int decimals;           /* that are kept and shown */
    double factor;          /* what is typed is the API's value times this: 100 for percent */
    double lowest, highest; /* accepted, as typed; of a duration in months */
};

/* What stands in the control, UTF-8. All empty: the value is missing. */
struct form_text {
    char parts[FORM_PARTS][FORM_TEXT];
};

enum form_fault {
    FORM_FINE,
    FORM_NO_NUMBER,    /* cannot be read */
    FORM_NOT_WHOLE,    /* a number with decimals where none can be */
    FORM_OUT_OF_RANGE, /* not between lowest and highest */
    FORM_NO_CHOICE     /* none of the categories */
};

/* Reads an entry of the catalogue. ERROR_INVALID when it is no column of the application or lacks what the
 * contract promises. */
int form_field_read(struct form_field *out, const json_t *feature, struct error *err);

/* Copies what was typed into a part, cut between characters. */
void form_text_set(struct form_text *text, size_t part, const char *typed);
bool form_text_is_empty(const struct form_text *text);

/* The API's value as it stands in the control: numbers in the language's form, categories by their value,
 * nothing for a missing value or for a number of days that marks one (Home Credit's 365243). */
void form_field_write(struct form_text *out, const struct form_field *field, const json_t *value,
                      enum language language);

/* The same in the one form for addresses, which form_field_parse reads in every language. */
void form_field_write_plain(struct form_text *out, const struct form_field *field, const json_t *value);

/* Reads the control: a new number, text, or null where it is empty, into `out`; nothing in a fault. */
enum form_fault form_field_parse(json_t **out, const struct form_field *field, const struct form_text *typed,
                                 enum language language);

/* How far one step up or down goes from `value` (as typed, or as it was): a round amount of about two to four
 * percent of an amount of money, the last decimal place that matters elsewhere. */
double form_field_step(const struct form_field *field, double value);

#endif
