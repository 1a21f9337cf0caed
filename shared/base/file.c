#include "shared/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/temporary.h"

enum { CHUNK_BYTES = 1 << 16 };

static int open_to_read(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "%s: %s", path, strerror(errno));
    return fd;
}

int file_read(struct buffer *out, const char *path, struct error *err)
{
    int fd = open_to_read(path, err);
    if (fd < 0)
        return -1;
    int status = 0;
    char chunk[CHUNK_BYTES];
    ssize_t got;
    while (status == 0 && (got = read(fd, chunk, sizeof chunk)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
        else if (buffer_append(out, chunk, (size_t)got, NULL))
            status = error_set(err, ERROR_LIMIT, "%s: larger than %zu bytes, which is the limit here", path,
                               out->limit);
    }
    close(fd);
    return status;
}

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes += written;
        length -= (size_t)written;
    }
    return 0;
}

/* `like` (may be NULL): a file whose owner and rights the new one gets; without it those of any new file with
 * `mode`. */
static int write_whole(const char *path, const void *bytes, size_t length, mode_t mode,
                       const struct stat *like, struct error *err)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.%ld.part", path, (long)getpid()) >= (int)sizeof temporary)
        return error_set(err, ERROR_LIMIT, "%s: path too long", path);
    temporary_add(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) {
        temporary_forget(temporary);
        return error_set(err, ERROR_IO, "%s: %s", temporary, strerror(errno));
    }
    int failed = (like && (fchmod(fd, like->st_mode & 0777) ||
                           (fchown(fd, like->st_uid, like->st_gid) && errno != EPERM))) ||
                 write_all(fd, bytes, length) || fsync(fd);
    int reason = errno;
    if (close(fd) && !failed) {
        failed = 1;
        reason = errno;
    }
    if (!failed && rename(temporary, path)) {
        failed = 1;
        reason = errno;
    }
    if (failed)
        unlink(temporary);
    temporary_forget(temporary);
    return failed ? error_set(err, ERROR_IO, "%s: %s", path, strerror(reason)) : 0;
}

int file_write(const char *path, const void *bytes, size_t length, struct error *err)
{
    return write_whole(path, bytes, length, 0644, NULL, err);
}

int file_write_private(const char *path, const void *bytes, size_t length, struct error *err)
{
    struct stat old;
    return write_whole(path, bytes, length, 0600, stat(path, &old) ? NULL : &old, err);
}

int file_hash(char out[FILE_HASH_HEX], const char *path, struct error *err)
{
    int fd = open_to_read(path, err);
    if (fd < 0)
        return -1;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    unsigned char chunk[CHUNK_BYTES];
    int status = 0;
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            status = error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
            break;
        }
        crypto_hash_sha256_update(&state, chunk, (unsigned long long)got);
    }
    close(fd);
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(out, FILE_HASH_HEX, digest, sizeof digest);
    return status;
}

int file_path(char *out, size_t size, const char *folder, const char *name, struct error *err)
{
    size_t length = strlen(folder);
    const char *slash = length && folder[length - 1] == '/' ? "" : "/";
    if ((size_t)snprintf(out, size, "%s%s%s", folder, slash, name) >= size)
        return error_set(err, ERROR_LIMIT, "%s/%s: path too long", folder, name);
    return 0;
}

bool file_exists(const char *path)
{
    return access(path, R_OK) == 0;
}

uint64_t file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

int file_make_folder(const char *path, struct error *err)
{
    char part[PATH_MAX];
    if ((size_t)snprintf(part, sizeof part, "%s", path) >= sizeof part)
        return error_set(err, ERROR_LIMIT, "%s: path too long", path);
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(part, 0755) && errno != EEXIST)
            return error_set(err, ERROR_IO, "%s: %s", part, strerror(errno));
        *at = kept;
        if (kept == '\0')
            return 0;
    }
}
