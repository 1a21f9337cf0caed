/* Whole files: read with a ceiling, written so that a reader sees the old or the new one. */
#ifndef CLAIRSCORE_BASE_FILE_H
#define CLAIRSCORE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/buffer.h"
#include "shared/base/error.h"

enum { FILE_HASH_HEX = 65 }; /* a SHA-256 in hexadecimal with its terminator */

/* Appends the content of `path` to `out`. Fails with ERROR_NOT_FOUND, ERROR_IO or, above the
 * buffer's limit, ERROR_LIMIT; the message names the path. */
int file_read(struct buffer *out, const char *path, struct error *err);

/* Writes `length` bytes to `path` through a temporary neighbour, fsync and rename. */
int file_write(const char *path, const void *bytes, size_t length, struct error *err);

/* The same for what only the owner may read: a new file is its alone, an old one keeps owner and rights. */
int file_write_private(const char *path, const void *bytes, size_t length, struct error *err);

/* SHA-256 of the content in lower-case hexadecimal. */
int file_hash(char out[FILE_HASH_HEX], const char *path, struct error *err);

/* Joins folder and name with one slash into `out`. ERROR_LIMIT when it does not fit in `size`. */
int file_path(char *out, size_t size, const char *folder, const char *name, struct error *err);

/* True when the path names something that can be read. */
bool file_exists(const char *path);

/* Its size in bytes; 0 when there is no such file. */
uint64_t file_size(const char *path);

/* Creates a folder and those above it, like mkdir -p. */
int file_make_folder(const char *path, struct error *err);

#endif
