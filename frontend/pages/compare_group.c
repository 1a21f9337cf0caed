/* Who a client is compared with, in figures; and what could not be done as asked. */
#include <math.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/compare.h"
#include "shared/base/number.h"

static json_t *notes_view(const struct http_exchange *exchange, const struct compare_question *question)
{
    static const char *const keys[COMPARE_FAULTS] = {[COMPARE_NO_FEATURE] = "compare.notes.no_feature",
                                                     [COMPARE_MANY_FEATURES] = "compare.notes.many_features",
                                                     [COMPARE_UNKNOWN_FEATURE] =
                                                         "compare.notes.unknown_feature",
                                                     [COMPARE_UNKNOWN_GROUP] = "compare.notes.unknown_group",
                                                     [COMPARE_UNKNOWN_AXIS] = "compare.notes.unknown_axis",
                                                     [COMPARE_SAME_AXES] = "compare.notes.same_axes",
                                                     [COMPARE_BAND_FEATURE] = "compare.notes.band_feature",
                                                     [COMPARE_BAND_LIMITS] = "compare.notes.band_limits",
                                                     [COMPARE_BAND_ORDER] = "compare.notes.band_order"};
    json_t *notes = json_array();
    char most[NUMBER_TEXT];
    number_format(most, COMPARE_FEATURES, 0, exchange->language);
    for (size_t i = 0; i < question->note_count; i++)
        json_array_append_new(notes, i18n_say(page_site(exchange)->i18n, exchange->language,
                                              keys[question->notes[i].fault],
                                              I18N_VALUES("name", question->notes[i].text, "most", most)));
    return notes;
}

/* "5.9 % of all clients", "all clients: 7.9 %"; NULL when that is not known, or the group is everybody. */
static json_t *beside_all(const struct http_exchange *exchange, const char *key, double share, bool whole)
{
    char text[NUMBER_TEXT];
    if (whole || isnan(share))
        return NULL;
    number_format_percent(text, share, 1, exchange->language);
    return i18n_say(page_site(exchange)->i18n, exchange->language, key, I18N_VALUES("share", text));
}

json_t *compare_group_view(const struct http_exchange *exchange, const struct compare_sources *sources)
{
    const json_t *group = sources->group;
    double count = answer_number(group, "count"), size = answer_number(sources->population, "size");
    bool whole = strcmp(answer_text(group, "name"), "all") == 0;
    char clients[NUMBER_TEXT], rate[NUMBER_TEXT];
    number_format(clients, count, 0, exchange->language);
    number_format_percent(rate, answer_number(group, "default_rate"), 1, exchange->language);
    json_t *notes = notes_view(exchange, sources->question);
    bool any_notes = json_array_size(notes) > 0;
    /* The most similar ones are others by their nature. */
    bool apart = whole || strcmp(answer_text(group, "name"), "similar") == 0;
    const char *member = apart                                            ? NULL
                         : json_is_true(json_object_get(group, "member")) ? "compare.member"
                                                                          : "compare.no_member";
    json_t *said =
        i18n_say(page_site(exchange)->i18n, exchange->language, "compare.said",
                 I18N_VALUES("group", answer_text(group, "label"), "count", clients, "rate", rate));
    return json_pack("{s:s, s:s, s:s, s:b, s:o*, s:o*, s:s*, s:o, s:b, s:o}", "label",
                     answer_text(group, "label"), "count", clients, "rate", rate, "empty", !(count > 0),
                     "share", beside_all(exchange, "compare.share", count / size, whole), "rate_of_all",
                     beside_all(exchange, "compare.rate_of_all",
                                answer_number(sources->population, "default_rate"), whole),
                     "member", member ? page_text(exchange, member) : NULL, "notes", notes, "any_notes",
                     any_notes, "said", said);
}
