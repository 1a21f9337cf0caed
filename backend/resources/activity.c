/* What this replica has done over the last day. */
#include <math.h>
#include <stdlib.h>

#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

enum { USUAL_MINUTES = 60 };

static json_t *milliseconds(double seconds)
{
    return render_number(nearbyint(seconds * 1e5) / 100);
}

static json_t *render_slice(const struct activity_slice *slice)
{
    json_t *latency = json_null();
    if (slice->requests > 0)
        latency = json_pack("{s:o, s:o, s:o}", "p50", milliseconds(slice->p50_s), "p95",
                            milliseconds(slice->p95_s), "p99", milliseconds(slice->p99_s));
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "from", render_time(slice->from), "requests",
                     (json_int_t)slice->requests, "client_errors", (json_int_t)slice->client_errors,
                     "server_errors", (json_int_t)slice->server_errors, "granted", (json_int_t)slice->granted,
                     "refused", (json_int_t)slice->refused, "mean_probability",
                     render_number(slice->mean_probability), "latency_ms", latency);
}

void activity_get(struct http_exchange *exchange)
{
    static const char *const known[] = {"minutes", "step", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    size_t minutes = request_number(exchange, "minutes", 1, ACTIVITY_MINUTES, USUAL_MINUTES, problems);
    size_t step = request_number(exchange, "step", 1, ACTIVITY_MINUTES, 1, problems);
    if (json_array_size(problems) == 0 && minutes % step != 0)
        request_problem(problems, "?step", "%zu does not divide the %zu minutes.", step, minutes);
    if (!request_is_fine(exchange, problems))
        return;
    size_t count = minutes / step;
    struct activity_slice total, *slices = malloc(count * sizeof *slices);
    if (!slices) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        return;
    }
    time_t since =
        metrics_activity(service_metrics(exchange->context), slices, count, (unsigned)step, &total);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, render_slice(&slices[i]));
    json_t *answer =
        json_pack("{s:s, s:o, s:o, s:I, s:o, s:o}", "scope", "replica", "since", render_time(since),
                  "model_loaded", render_time(snapshot_loaded(request_snapshot(exchange))), "step_minutes",
                  (json_int_t)step, "total", render_slice(&total), "slices", list);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
    free(slices);
}
