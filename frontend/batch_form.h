/* The browser's form with the files of a batch, made into the body that POST /batches takes while it arrives:
 * each file becomes the part that its name or its beginning says it is. What people send by mistake, such as
 * a workbook, is told before anything of it goes on. */
#ifndef CLAIRSCORE_FRONTEND_BATCH_FORM_H
#define CLAIRSCORE_FRONTEND_BATCH_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BATCH_FORM_NAME = 385, /* bytes of a file's name that are kept, with the terminator: 128 characters */
    BATCH_FORM_BOUNDARY = 33
};

enum batch_form_fault {
    BATCH_FORM_FINE,
    BATCH_FORM_NONE,       /* no file was chosen */
    BATCH_FORM_EMPTY,      /* a file has no bytes */
    BATCH_FORM_TWO,        /* two files of applications, or of one table */
    BATCH_FORM_ALONE,      /* history files without applications, or beside NDJSON */
    BATCH_FORM_WORKBOOK,   /* of a spreadsheet program */
    BATCH_FORM_COMPRESSED, /* zip, gzip, … */
    BATCH_FORM_BINARY,     /* no text, or UTF-16 */
    BATCH_FORM_SEMICOLONS, /* CSV with another separator than the comma */
    BATCH_FORM_STOPPED     /* `send` wanted no more */
};

struct batch_form {
    /* Takes the bytes of the body; false: no more are wanted. */
    bool (*send)(void *context, const char *bytes, size_t size);
    void *context;
    char boundary[BATCH_FORM_BOUNDARY];
    char name[BATCH_FORM_NAME]; /* of the first file; empty before it */
    char file[BATCH_FORM_NAME]; /* of the file that arrives, or that is at fault */
    enum batch_form_fault fault;
    /* Its own. */
    bool in_file, begun;
    unsigned given; /* bit set of parts */
};

/* Begins a form. sodium_init() must have been called. */
void batch_form_init(struct batch_form *form, bool (*send)(void *context, const char *bytes, size_t size),
                     void *context);

/* The next piece of a file, as http_multipart_piece gives it; a part without a file's name is passed over.
 * False after a fault: then nothing more is to come. */
bool batch_form_piece(struct batch_form *form, const char *file, uint64_t offset, const char *bytes,
                      size_t size);

/* All files were there; sends the end of the body. False after a fault, which may be found only now. */
bool batch_form_end(struct batch_form *form);

/* A short name of the fault, for texts: "none", "empty", … */
const char *batch_form_fault_name(enum batch_form_fault fault);

#endif
