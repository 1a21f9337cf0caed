/* How many decisions advisors recorded, day by day, and how many against the model. */
#include <inttypes.h>

#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "backend/store/decisions.h"
#include "shared/base/instant.h"
#include "shared/http/problem.h"

enum { DAYS_USUAL = 30, DAYS_LIMIT = 366, DATE_CHARACTERS = 10 };

static json_t *render_day(const struct decision_day *day)
{
    char text[INSTANT_TEXT];
    instant_format(text, day->day * 86400000000);
    return json_pack("{s:s%, s:I, s:I, s:I, s:I}", "day", text, (size_t)DATE_CHARACTERS, "granted",
                     (json_int_t)day->granted, "refused", (json_int_t)day->refused, "granted_against",
                     (json_int_t)day->granted_against, "refused_against", (json_int_t)day->refused_against);
}

void decision_days_get(struct http_exchange *exchange)
{
    static const char *const known[] = {"days", NULL};
    struct decision_day days[DAYS_LIMIT];
    struct error err = {0};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    size_t count = request_number(exchange, "days", 1, DAYS_LIMIT, DAYS_USUAL, problems);
    if (!request_is_fine(exchange, problems))
        return;
    days[0].day = database_now_us() / 86400000000 - (int64_t)count + 1;
    if (decisions_count_days(days, count, store_database(service_store(exchange->context)), &err)) {
        problem_answer_error(exchange, &err);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, render_day(&days[i]));
    json_t *answer = json_pack("{s:o}", "days", list);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}
