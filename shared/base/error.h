/* What went wrong, said once, where it was first noticed.
 *
 * Every function that can fail returns 0 on success and a negative value on
 * failure with a filled `struct error`. The first error is kept: a caller on
 * the way up neither repeats nor replaces it. */
#ifndef CLAIRSCORE_BASE_ERROR_H
#define CLAIRSCORE_BASE_ERROR_H

enum error_code {
    ERROR_NONE = 0,
    ERROR_IO,          /* a file, socket or system call failed */
    ERROR_PARSE,       /* bytes that are not in the format they should be in */
    ERROR_INVALID,     /* well-formed, but the content is not acceptable */
    ERROR_LIMIT,       /* a documented limit was reached */
    ERROR_NOT_FOUND,   /* the named thing does not exist */
    ERROR_CONFLICT,    /* it exists already, or changed meanwhile */
    ERROR_UNAVAILABLE, /* something we depend on is away; try again later */
    ERROR_INTERNAL     /* a library failed or an invariant broke */
};

struct error {
    enum error_code code;
    char message[1024]; /* one sentence for the person who has to act; UTF-8, never empty after a failure */
};

/* error_set(err, code, format, …) fills `err` unless it already holds an error; a NULL `err` is allowed. It
 * is always -1, so that a caller can write `return error_set(...)`. A macro, so that compilers and analysers
 * see that value in every caller. */
#define error_set(...) (error_fill(__VA_ARGS__), error_status())
static inline int error_status(void)
{
    return -1;
}
void error_fill(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Forgets what `err` holds, so that it can be filled again. */
void error_clear(struct error *err);

#endif
