/* The parts of the page that compares a client with a group, each a view of the backend's answers. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_COMPARE_H
#define CLAIRSCORE_FRONTEND_PAGES_COMPARE_H

#include <jansson.h>

#include "frontend/pages/compare_question.h"
#include "frontend/pages/page.h"
#include "shared/base/error.h"

/* Names of the features compared when the address names none, separated by commas. */
extern const char COMPARE_USUAL[];

/* What was asked for, and the answers that the choices are made of. Borrowed. */
struct compare_sources {
    const char *id;
    const struct compare_question *question;
    const json_t *client, *catalogue,
        *group;                             /* /clients/{id}; the list of features; the group compared with */
    const json_t *explanation, *population; /* NULL: not there */
};

/* The address of the page with the question in it, whole; with other features (NULL: the question's). */
void compare_address(char out[PAGE_ADDRESS], const char *id, const struct compare_question *question,
                     const char *features);

/* The groups to choose from, the band of the form, presets of features, those chosen, and all of the
 * catalogue by theme with what is chosen of them. New. */
json_t *compare_choices_view(const struct http_exchange *exchange, const struct compare_sources *sources);

/* Who the group is, how many, how many of them defaulted, beside all clients; what could not be done as
 * asked. New. */
json_t *compare_group_view(const struct http_exchange *exchange, const struct compare_sources *sources);

/* The density of two features from `source`, a /population/pair answer, with its sentences. New. */
int compare_pair_view(json_t **out, const struct http_exchange *exchange, const json_t *source,
                      struct error *err);

/* The table of similar clients from a /clients/{id}/similar answer; with the features' values when `fields`.
 * New.
 */
json_t *compare_similar_view(const struct http_exchange *exchange, const json_t *similar, bool fields);

#endif
