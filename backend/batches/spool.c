#include "backend/batches/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "backend/store/batches.h"
#include "shared/base/file.h"

enum { FLUSH_BYTES = 32 << 20 };

static const char part[] = ".part";

struct spool {
    char folder[PATH_MAX], whole[PATH_MAX];
    int fd; /* of the file that is written; -1 */
    size_t unflushed;
};

/* ERROR_LIMIT when there is no room, else ERROR_IO. */
static int failed(const char *doing, struct error *err)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    return error_set(err, full ? ERROR_LIMIT : ERROR_IO, "cannot %s in BATCH_DIR: %s", doing,
                     strerror(errno)); /* NOLINT(concurrency-mt-unsafe) */
}

int spool_path(char out[PATH_MAX], const char *folder, const char *id, const char *name, struct error *err)
{
    char inside[PATH_MAX];
    return file_path(inside, sizeof inside, folder, id, err) || file_path(out, PATH_MAX, inside, name, err)
               ? -1
               : 0;
}

int spool_begin(struct spool **out, const char *folder, const char *id, struct error *err)
{
    char name[BATCHES_ID + sizeof part];
    struct spool *spool = calloc(1, sizeof *spool);
    if (!spool)
        return error_set(err, ERROR_INTERNAL, "no memory for a batch");
    spool->fd = -1;
    snprintf(name, sizeof name, "%s%s", id, part);
    if (file_path(spool->whole, sizeof spool->whole, folder, id, err) ||
        file_path(spool->folder, sizeof spool->folder, folder, name, err) ||
        file_make_folder(spool->folder, err)) {
        free(spool);
        return -1;
    }
    *out = spool;
    return 0;
}

int spool_close(struct spool *spool, struct error *err)
{
    if (spool->fd < 0)
        return 0;
    int synced = fsync(spool->fd);
    if (synced != 0)
        failed("write", err);
    close(spool->fd);
    spool->fd = -1;
    return synced == 0 ? 0 : -1;
}

int spool_open(struct spool *spool, const char *name, struct error *err)
{
    char path[PATH_MAX];
    if (spool_close(spool, err) || file_path(path, sizeof path, spool->folder, name, err))
        return -1;
    /* Applications are nobody else's business. */
    spool->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return spool->fd >= 0 ? 0 : failed("create a file", err);
}

int spool_write(struct spool *spool, const char *bytes, size_t size, struct error *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t wrote = write(spool->fd, bytes + done, size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return failed("write", err);
        done += (size_t)wrote;
    }
    /* The disk writes while more arrives, so that the end need not wait for all of it. */
    spool->unflushed += size;
    if (spool->unflushed >= FLUSH_BYTES) {
        sync_file_range(spool->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        spool->unflushed = 0;
    }
    return 0;
}

const char *spool_folder(const struct spool *spool)
{
    return spool->folder;
}

/* Removes the files of a folder, which has no folders in it, and the folder. */
static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) /* NOLINT(concurrency-mt-unsafe) */
        unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    rmdir(path);
}

void spool_abandon(struct spool *spool)
{
    if (!spool)
        return;
    if (spool->fd >= 0)
        close(spool->fd);
    remove_folder(spool->folder);
    free(spool);
}

int spool_commit(struct spool *spool, struct error *err)
{
    if (spool_close(spool, err) || (rename(spool->folder, spool->whole) && failed("rename a folder", err))) {
        spool_abandon(spool);
        return -1;
    }
    free(spool);
    return 0;
}

uint64_t spool_room(const char *folder)
{
    struct statvfs status;
    if (file_make_folder(folder, NULL) || statvfs(folder, &status))
        return UINT64_MAX;
    return (uint64_t)status.f_bavail * status.f_frsize;
}

bool spool_has(const char *folder, const char *id)
{
    char path[PATH_MAX];
    struct stat status;
    return file_path(path, sizeof path, folder, id, NULL) == 0 && stat(path, &status) == 0 &&
           S_ISDIR(status.st_mode);
}

void spool_remove(const char *folder, const char *id)
{
    char path[PATH_MAX];
    if (file_path(path, sizeof path, folder, id, NULL) == 0)
        remove_folder(path);
}

const char *spool_message(const char *message, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(message, folder, length) == 0 && message[length] == '/' ? message + length + 1 : message;
}

/* When something in the folder was last written. */
static time_t last_written(const char *path)
{
    struct stat status;
    time_t last = stat(path, &status) == 0 ? status.st_mtime : 0;
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) /* NOLINT(concurrency-mt-unsafe) */
        if (fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 && S_ISREG(status.st_mode) &&
            status.st_mtime > last)
            last = status.st_mtime;
    if (folder)
        closedir(folder);
    return last;
}

void spool_sweep(const char *folder, enum spool_use (*use_of)(void *context, const char *id), void *context)
{
    static const char hexadecimal[] = "0123456789abcdef";
    DIR *all = opendir(folder);
    for (const struct dirent *entry; all && (entry = readdir(all));) { /* NOLINT(concurrency-mt-unsafe) */
        char path[PATH_MAX];
        const char *name = entry->d_name, *ending = name + strspn(name, hexadecimal);
        bool whole = *ending == '\0';
        if (ending - name != BATCHES_ID - 1 || (!whole && strcmp(ending, part) != 0) ||
            file_path(path, sizeof path, folder, name, NULL))
            continue; /* not ours */
        enum spool_use use = whole ? use_of(context, name) : SPOOL_UNKNOWN;
        if (use == SPOOL_USELESS || (use == SPOOL_UNKNOWN && last_written(path) + SPOOL_STALE_S < time(NULL)))
            remove_folder(path);
    }
    if (all)
        closedir(all);
}
