#include "shared/base/error.h"

#include <stdarg.h>
#include <stdio.h>

void error_fill(struct error *err, enum error_code code, const char *format, ...)
{
    if (err && err->code == ERROR_NONE) {
        va_list arguments;
        va_start(arguments, format);
        err->code = code;
        vsnprintf(err->message, sizeof err->message, format, arguments);
        va_end(arguments);
    }
}

void error_clear(struct error *err)
{
    err->code = ERROR_NONE;
    err->message[0] = '\0';
}
