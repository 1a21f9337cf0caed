#include "frontend/assets.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/file.h"
#include "shared/base/gzip.h"

enum { PATH_BYTES = 4096 };

static const char BROTLI[] = ".br";

struct assets {
    struct asset *files; /* in order of name */
    size_t count, capacity;
    char version[ASSET_VERSION];
};

static const struct media_type {
    const char *extension, *type;
    int compresses;
} media_types[] = {
    {".css", "text/css; charset=utf-8", 1},
    {".js", "text/javascript; charset=utf-8", 1},
    {".csv", "text/csv; charset=utf-8", 1},
    {".svg", "image/svg+xml", 1},
    {".woff2", "font/woff2", 0},
    {".txt", "text/plain; charset=utf-8", 1},
};

static const struct media_type *media_type_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof media_types / sizeof *media_types; i++)
        if (strcmp(dot, media_types[i].extension) == 0)
            return &media_types[i];
    return NULL;
}

static void tag_asset(struct asset *asset)
{
    unsigned char hash[crypto_generichash_BYTES_MIN];
    char text[2 * sizeof hash + 1];
    crypto_generichash(hash, sizeof hash, asset->bytes, asset->length, NULL, 0);
    sodium_bin2hex(text, sizeof text, hash, sizeof hash);
    snprintf(asset->tag, sizeof asset->tag, "\"%.*s\"", ASSET_VERSION - 1, text);
}

static struct asset *new_asset(struct assets *assets, struct error *err)
{
    if (assets->count == assets->capacity) {
        size_t capacity = assets->capacity ? 2 * assets->capacity : 16;
        struct asset *files = realloc(assets->files, capacity * sizeof *files);
        if (!files) {
            error_set(err, ERROR_INTERNAL, "no memory for static files");
            return NULL;
        }
        assets->files = files;
        assets->capacity = capacity;
    }
    struct asset *asset = &assets->files[assets->count++];
    memset(asset, 0, sizeof *asset);
    return asset;
}

static int read_into(void **out, size_t *length, const char *path, struct error *err)
{
    struct buffer content = buffer_new(ASSET_BYTES);
    if (file_read(&content, path, err)) {
        buffer_free(&content);
        return -1;
    }
    *length = content.length;
    *out = buffer_take(&content);
    return 0;
}

/* What the build has compressed better than there is time for here. */
static int load_brotli(struct asset *asset, const char *path, struct error *err)
{
    char compressed[PATH_BYTES + sizeof BROTLI];
    snprintf(compressed, sizeof compressed, "%s%s", path, BROTLI);
    return access(compressed, F_OK) ? 0 : read_into(&asset->brotli, &asset->brotli_length, compressed, err);
}

static int load_asset(struct assets *assets, const char *root, const char *folder, const char *file,
                      struct error *err)
{
    char path[PATH_BYTES];
    const char *dot = strrchr(file, '.');
    if (dot && strcmp(dot, BROTLI) == 0)
        return 0; /* comes with its file */
    const struct media_type *media = media_type_of(file);
    if (!media)
        return error_set(err, ERROR_INVALID, "%s/%s/%s: no media type is known for this extension", root,
                         folder, file);
    struct asset *asset = new_asset(assets, err);
    if (!asset)
        return -1;
    if (snprintf(asset->name, sizeof asset->name, "%s/%s", folder, file) >= (int)sizeof asset->name)
        return error_set(err, ERROR_LIMIT, "%s: the name is too long", file);
    if (file_path(path, sizeof path, root, asset->name, err) ||
        read_into(&asset->bytes, &asset->length, path, err))
        return -1;
    asset->type = media->type;
    tag_asset(asset);
    if (!media->compresses)
        return 0;
    return load_brotli(asset, path, err) || gzip_compress(&asset->gzip, &asset->gzip_length, asset->bytes,
                                                          asset->length, GZIP_BEST, err)
               ? -1
               : 0;
}

/* Calls `each` for every visible entry of the folder. */
static int walk(struct assets *assets, const char *root, const char *folder,
                int (*each)(struct assets *, const char *, const char *, const char *, struct error *),
                struct error *err)
{
    char path[PATH_BYTES];
    if (file_path(path, sizeof path, root, folder, err))
        return -1;
    DIR *directory = opendir(path);
    if (!directory)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    int status = 0;
    for (struct dirent *entry; status == 0 && (entry = readdir(directory));)
        if (entry->d_name[0] != '.')
            status = each(assets, root, folder, entry->d_name, err);
    closedir(directory);
    return status;
}

static int load_folder(struct assets *assets, const char *root, const char *folder, const char *name,
                       struct error *err)
{
    (void)folder;
    return walk(assets, root, name, load_asset, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct asset *)a)->name, ((const struct asset *)b)->name);
}

static void set_version(struct assets *assets)
{
    unsigned char hash[crypto_generichash_BYTES_MIN];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    for (size_t i = 0; i < assets->count; i++) {
        const struct asset *asset = &assets->files[i];
        crypto_generichash_update(&state, (const unsigned char *)asset->name, strlen(asset->name) + 1);
        crypto_generichash_update(&state, (const unsigned char *)asset->tag, strlen(asset->tag) + 1);
    }
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(assets->version, sizeof assets->version, hash, (ASSET_VERSION - 1) / 2);
}

int assets_load(struct assets **out, const char *folder, struct error *err)
{
    struct assets *assets = calloc(1, sizeof *assets);
    if (!assets)
        return error_set(err, ERROR_INTERNAL, "no memory for static files");
    if (walk(assets, folder, ".", load_folder, err)) {
        assets_free(assets);
        return -1;
    }
    if (assets->count)
        qsort(assets->files, assets->count, sizeof *assets->files, by_name);
    set_version(assets);
    *out = assets;
    return 0;
}

void assets_free(struct assets *assets)
{
    if (!assets)
        return;
    for (size_t i = 0; i < assets->count; i++) {
        free(assets->files[i].bytes);
        free(assets->files[i].gzip);
        free(assets->files[i].brotli);
    }
    free(assets->files);
    free(assets);
}

const char *assets_version(const struct assets *assets)
{
    return assets->version;
}

const struct asset *assets_find(const struct assets *assets, const char *folder, const char *name)
{
    struct asset wanted;
    if (!assets->count ||
        snprintf(wanted.name, sizeof wanted.name, "%s/%s", folder, name) >= (int)sizeof wanted.name)
        return NULL;
    return bsearch(&wanted, assets->files, assets->count, sizeof *assets->files, by_name);
}
