/* Any bytes as a table: the reader returns rows or an error, and nothing else. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shared/data/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char header[] = "SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n";
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    char path[64];
    struct error err = {0};
    struct table_reader *reader = NULL;
    double row[APPLICATION_COLUMNS];
    if (size > 0 && data[0] % 2 && write(fd, header, sizeof header - 1) < 0)
        return 0;
    if (write(fd, data, size) < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (table_open(&reader, path, TABLE_BUREAU_BALANCE, &err) == 0)
        while (table_next(reader, row, &err) == 1)
            ;
    table_close(reader);
    close(fd);
    return 0;
}
