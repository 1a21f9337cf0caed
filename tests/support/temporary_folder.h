/* A folder for the files of one test. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_TEMPORARY_FOLDER_H
#define CLAIRSCORE_TESTS_SUPPORT_TEMPORARY_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPORARY_FOLDER = 64 };

/* Makes an empty folder and writes its path to `out`; ends the program when it cannot. */
static inline void temporary_folder_make(char out[TEMPORARY_FOLDER])
{
    snprintf(out, TEMPORARY_FOLDER, "/tmp/clairscore_test_XXXXXX");
    if (mkdtemp(out) == NULL) {
        perror(out);
        exit(2);
    }
}

static inline int temporary_folder_drop(const char *path, const struct stat *status, int type,
                                        struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

/* Removes the folder with all that is in it. */
static inline void temporary_folder_remove(const char *folder)
{
    nftw(folder, temporary_folder_drop, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
