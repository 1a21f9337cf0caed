/* The entrance leads to the clients. */
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"

void home_show(struct http_exchange *exchange)
{
    page_redirect(exchange, "/clients");
}
