/* A simulation: the fields of a client's application that the page shows, what was typed into them, and what
 * of it is a change. All of it stands in the address: a parameter for each changed field (NAME; NAME.years
 * and NAME.months for a duration) in the field's own unit, and `add` for fields that are shown beside the
 * usual ones. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_SIMULATE_H
#define CLAIRSCORE_FRONTEND_PAGES_SIMULATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "frontend/pages/page.h"
#include "frontend/view/form_field.h"
#include "shared/base/error.h"
#include "shared/http/server.h"

enum {
    SIMULATION_FIELDS = 48, /* shown at once; further ones of an address are left out */
    SIMULATION_GROUPS = 4   /* parts of the form with the usual fields; one more has those that are added */
};

struct simulated {
    struct form_field field;
    size_t group;              /* which part of the form it stands in */
    struct form_text typed;    /* what stands in the control */
    struct form_text original; /* what would stand there without a change */
    enum form_fault fault;
    json_t *value;     /* what was typed, for the API; NULL: nothing typed, or a fault */
    json_t *as_filed;  /* the application's own value; borrowed from its answer */
    const char *filed; /* the same as a person reads it; borrowed */
    bool given;        /* by the address */
    bool changed;      /* `value` differs from what would stand there */
};

struct simulation {
    const char *id; /* of the client */
    size_t count;
    size_t parameters; /* of fields, in the address asked for */
    struct simulated fields[SIMULATION_FIELDS];
};

/* Reads the address: the usual fields, then those it adds. `features` (feature_list.h) and `id` are borrowed.
 * ERROR_INVALID when the catalogue lacks what the contract promises. Released by simulation_clean, after a
 * failure too. */
int simulation_read(struct simulation *out, const struct http_exchange *exchange, const char *id,
                    const json_t *features, struct error *err);
void simulation_clean(struct simulation *simulation);

/* {"changes": {…}} for the what-if call, of everything that could be read; NULL when there is nothing. */
json_t *simulation_question(const struct simulation *simulation);

/* Holds what was typed against the client's application (a /clients/{id} answer, borrowed from now on). */
void simulation_compare(struct simulation *simulation, const json_t *client, enum language language);

/* The field of that name among those shown; NULL when it is not. */
const struct simulated *simulation_find(const struct simulation *simulation, const char *name);

/* How many fields are changed, and whether one is faulty. */
size_t simulation_changes(const struct simulation *simulation);
bool simulation_has_fault(const struct simulation *simulation);

/* The address of the simulation: only what is changed, or cannot be read and shall not be lost. `except`
 * (NULL: none) is left as it was. */
void simulation_address(char out[PAGE_ADDRESS], const struct simulation *simulation, const char *except);

/* Appends a field's parameters with that text to an address of `size` bytes; false when they do not fit. */
bool simulation_add_text(char *out, size_t size, const struct form_field *field,
                         const struct form_text *text);

/* Whether the address asked for names fields that change nothing, as a form without scripts sends them. */
bool simulation_is_wordy(const struct simulation *simulation);

/* The parts of the form with their fields. A new array. */
json_t *simulate_form_view(const struct http_exchange *exchange, const struct simulation *simulation);

/* All other fields, by theme, to choose one that the form shall show too. A new array. */
json_t *simulate_picker_view(const struct http_exchange *exchange, const struct simulation *simulation,
                             const json_t *features);

/* The answers of a /clients/{id}/counterfactuals call, each with the address that tries it. A new object;
 * NULL for a client who is granted as it is. */
json_t *simulate_ideas_view(const struct http_exchange *exchange, const struct simulation *simulation,
                            const json_t *counterfactuals, const json_t *features);

/* The result beside the original from a what-if answer; or, without changes, what an /explain answer says of
 * the application as it is. `score_at_threshold` in points. A new object. */
json_t *simulate_result_view(const struct http_exchange *exchange, const struct simulation *simulation,
                             const json_t *answer, const json_t *features, double score_at_threshold);

#endif
