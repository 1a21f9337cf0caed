#include "backend/resources/client_file.h"

#include "backend/service.h"
#include "shared/http/problem.h"

int client_file_read(struct client_file *out, struct http_exchange *exchange,
                     const struct population *population, size_t row)
{
    unsigned char bytes[HISTORY_BYTES];
    bool history_known = false;
    struct error err = {0};
    if (store_read(service_store(exchange->context), population_stored(population)->id,
                   population_id(population, row), out->application, APPLICATION_COLUMNS, bytes, sizeof bytes,
                   &history_known, &err) ||
        (history_known && history_unpack(&out->sums, bytes, sizeof bytes, &err))) {
        if (err.code != ERROR_NOT_FOUND)
            err.code = ERROR_UNAVAILABLE; /* whatever is wrong with the store, the request was right */
        problem_answer_error(exchange, &err);
        return -1;
    }
    out->history = history_known ? &out->sums : NULL;
    return 0;
}
