/* What the head of a request may be: sizes, and the framing rules whose breach lets one request hide in
 * another behind a proxy (RFC 9112 3.2, 6.1, 6.3, 11.2). Only shared/http includes this. */
#ifndef CLAIRSCORE_HTTP_HEAD_H
#define CLAIRSCORE_HTTP_HEAD_H

#include <microhttpd.h>

#include "shared/http/exchange.h"

enum { HEAD_DETAIL = 128 };

/* 0 when the head is as it should be; else the status to answer (400, 414, 431, 501), with `detail` saying
 * why. The connection is then to be closed: where the next request begins cannot be known. */
unsigned head_check(char detail[HEAD_DETAIL], const struct http_exchange *exchange,
                    struct MHD_Connection *connection);

#endif
