/* For whoever watches over the process: it answers. Whether the backend does is the backend's to say. */
#include "frontend/pages/pages.h"

void health_show(struct http_exchange *exchange)
{
    http_answer(exchange, 200, "text/plain; charset=utf-8", "ok\n", 3);
}
