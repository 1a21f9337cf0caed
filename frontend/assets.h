/* Static files, read once: kept with their compressed form, served under one version that is a hash of them
 * all. A page names /static/VERSION/css/app.css, which may be cached for ever; a file refers to its
 * neighbours relatively and so stays within the version. */
#ifndef CLAIRSCORE_FRONTEND_ASSETS_H
#define CLAIRSCORE_FRONTEND_ASSETS_H

#include <stddef.h>

#include "shared/base/error.h"

enum {
    ASSET_BYTES = 4 << 20, /* of one file */
    ASSET_NAME = 128,
    ASSET_VERSION = 17 /* 16 hexadecimal digits and the terminator */
};

struct asset {
    char name[ASSET_NAME]; /* "css/app.css" */
    const char *type;      /* media type */
    void *bytes;
    size_t length;
    void *gzip; /* NULL where compression gains nothing */
    size_t gzip_length;
    void *brotli; /* NULL without one */
    size_t brotli_length;
    char tag[ASSET_VERSION + 2]; /* its ETag, with quotes */
};

struct assets;

/* Reads FOLDER/x/y for each folder x in it; FOLDER/x/y.br is y compressed with Brotli. ERROR_INVALID for a
 * file whose extension has no known media type. */
int assets_load(struct assets **out, const char *folder, struct error *err);
void assets_free(struct assets *assets);

/* The version of them all; the file called `folder`/`name`, or NULL. Borrowed. */
const char *assets_version(const struct assets *assets);
const struct asset *assets_find(const struct assets *assets, const char *folder, const char *name);

#endif
