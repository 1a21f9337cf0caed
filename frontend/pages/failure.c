/* Failures found before a page's handler runs. */
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"

void failure_show(struct http_exchange *exchange, unsigned status, const char *detail)
{
    (void)detail; /* in the words of the API; the pages have their own */
    switch (status) {
    case 404:
        page_fail(exchange, 404, "failure.unknown");
        break;
    case 405:
        page_fail(exchange, 405, "failure.method");
        break;
    case 413:
        page_fail(exchange, 413, "failure.large");
        break;
    case 414:
        page_fail(exchange, 414, "failure.long_address");
        break;
    case 431:
        page_fail(exchange, 431, "failure.large_head");
        break;
    case 400:
    case 406:
    case 415:
        page_fail(exchange, status, "failure.request");
        break;
    default:
        page_fail(exchange, status, "failure.internal");
        break;
    }
}
