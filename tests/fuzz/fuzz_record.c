/* Any JSON as an application: a row or problems, and nothing else. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "shared/data/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double row[APPLICATION_COLUMNS];
    json_t *object = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!object)
        return 0;
    json_t *problems = json_array();
    bool good = record_read(row, TABLE_APPLICATION, object, "/instances/0/application", problems);
    if (good != (json_array_size(problems) == 0))
        abort();
    if (good)
        json_decref(record_write(row, TABLE_APPLICATION));
    json_decref(problems);
    json_decref(object);
    return 0;
}
