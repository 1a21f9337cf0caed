/* Static files: found by name, compressed, versioned by content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "frontend/assets.h"
#include "shared/base/file.h"

static void put(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
}

static void drop(const char *folder, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(remove(path), 0);
}

static struct assets *load(const char *folder)
{
    struct error err = {0};
    struct assets *assets = NULL;
    if (assets_load(&assets, folder, &err))
        fail_msg("%s", err.message);
    return assets;
}

static void check_unzips(const struct asset *asset)
{
    char text[4096];
    z_stream stream = {.next_in = asset->gzip,
                       .avail_in = (uInt)asset->gzip_length,
                       .next_out = (Bytef *)text,
                       .avail_out = sizeof text};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    assert_int_equal(stream.total_out, asset->length);
    assert_memory_equal(text, asset->bytes, asset->length);
}

static void test_assets(void **state)
{
    (void)state;
    char folder[] = "/tmp/clairscore-assets-XXXXXX", css[64];
    char style[2048] = "";
    assert_non_null(mkdtemp(folder));
    snprintf(css, sizeof css, "%s/css", folder);
    assert_int_equal(mkdir(css, 0700), 0);
    for (int i = 0; i < 100; i++)
        snprintf(style + strlen(style), sizeof style - strlen(style), "a { color: red }\n");
    put(css, "long.css", style);
    put(css, "b.js", "1");
    put(css, "long.css.br", "brotli");
    struct assets *assets = load(folder);
    const struct asset *asset = assets_find(assets, "css", "long.css");
    assert_non_null(asset);
    assert_string_equal(asset->type, "text/css; charset=utf-8");
    assert_non_null(asset->gzip);
    assert_true(asset->gzip_length < asset->length);
    check_unzips(asset);
    assert_null(assets_find(assets, "css", "b.js")->gzip); /* would only grow */
    assert_int_equal(asset->brotli_length, 6);
    assert_memory_equal(asset->brotli, "brotli", 6);
    assert_null(assets_find(assets, "css", "b.js")->brotli);
    assert_null(assets_find(assets, "css", "long.css.br")); /* is no file of its own */
    assert_null(assets_find(assets, "css", "none.css"));
    assert_null(assets_find(assets, "..", "css"));

    struct assets *same = load(folder);
    assert_string_equal(assets_version(assets), assets_version(same));
    put(css, "b.js", "2");
    struct assets *changed = load(folder);
    assert_string_not_equal(assets_version(assets), assets_version(changed));
    assert_string_equal(assets_find(changed, "css", "long.css")->tag, asset->tag);
    assets_free(assets);
    assets_free(same);
    assets_free(changed);

    put(css, "x.exe", "1");
    struct error err = {0};
    assert_int_equal(assets_load(&assets, folder, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    drop(css, "x.exe");
    drop(css, "b.js");
    drop(css, "long.css");
    drop(css, "long.css.br");
    drop(folder, "css");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_assets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
