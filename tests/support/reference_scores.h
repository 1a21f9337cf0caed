/* The scores and outcomes that the reference metrics were computed from. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_REFERENCE_SCORES_H
#define CLAIRSCORE_TESTS_SUPPORT_REFERENCE_SCORES_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/base/number.h"
#include "shared/data/csv.h"

enum { REFERENCE_SCORES = 5000 };

/* Reads the file `path` of REFERENCE_SCORES rows; the test fails when it cannot. */
static inline void reference_scores_read(double *p, uint8_t *y, const char *path)
{
    struct error err = {0};
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0, rows = 0;
    assert_int_equal(csv_open(&reader, path, NULL, &err), 0);
    assert_int_equal(csv_next(reader, &fields, &count, &err), 1);
    int label_at = slice_equals(fields[0], "y") ? 0 : 1;
    for (; rows < REFERENCE_SCORES && csv_next(reader, &fields, &count, &err) == 1; rows++) {
        double label = 0;
        assert_true(number_read(&label, fields[label_at].data, fields[label_at].length));
        assert_true(number_read(&p[rows], fields[!label_at].data, fields[!label_at].length));
        y[rows] = label == 1;
    }
    csv_close(reader);
    assert_int_equal(rows, REFERENCE_SCORES);
}

#endif
