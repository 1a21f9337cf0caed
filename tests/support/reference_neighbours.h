/* The reference results on nearest clients: clients with eight imputed columns, and the nearest of some. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_REFERENCE_NEIGHBOURS_H
#define CLAIRSCORE_TESTS_SUPPORT_REFERENCE_NEIGHBOURS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/base/number.h"
#include "shared/data/csv.h"
#include "tests/support/shared_data.h"

enum {
    REFERENCE_CLIENTS = 2000,
    REFERENCE_COLUMNS = 8,
    REFERENCE_EACH = 40, /* every so many clients' nearest are known */
    REFERENCE_ASKED = REFERENCE_CLIENTS / REFERENCE_EACH,
    REFERENCE_NEAREST = 10
};

struct reference_neighbours {
    float values[REFERENCE_CLIENTS * REFERENCE_COLUMNS]; /* as they are, not standardised */
    double ids[REFERENCE_CLIENTS];
    struct {
        double id, rank, neighbour, distance;
    } found[REFERENCE_ASKED * REFERENCE_NEAREST]; /* Euclidean, on the standardised columns */
};

static inline double reference_number(const struct slice *fields, size_t field)
{
    double value = 0;
    assert_true(number_read(&value, fields[field].data, fields[field].length));
    return value;
}

/* Opens a table of `columns` columns behind its heading. */
static inline struct csv_reader *reference_open(const char *path, size_t columns)
{
    struct error err = {0};
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0;
    assert_int_equal(csv_open(&reader, path, NULL, &err), 0);
    assert_int_equal(csv_next(reader, &fields, &count, &err), 1);
    assert_int_equal(count, columns);
    return reader;
}

/* False when this machine does not have them. */
static inline bool reference_neighbours_read(struct reference_neighbours *out)
{
    char imputed[PATH_MAX], expected[PATH_MAX];
    if (!shared_path(imputed, "oracles/imputed.csv") || !shared_path(expected, "oracles/neighbours.csv"))
        return false;
    struct error err = {0};
    const struct slice *fields = NULL;
    size_t count = 0, row = 0;
    struct csv_reader *reader = reference_open(imputed, REFERENCE_COLUMNS + 1);
    for (; row < REFERENCE_CLIENTS && csv_next(reader, &fields, &count, &err) == 1; row++) {
        out->ids[row] = reference_number(fields, 0);
        for (size_t c = 0; c < REFERENCE_COLUMNS; c++)
            out->values[row * REFERENCE_COLUMNS + c] = (float)reference_number(fields, c + 1);
    }
    assert_int_equal(row, REFERENCE_CLIENTS);
    csv_close(reader);
    reader = reference_open(expected, 4);
    for (row = 0; row < REFERENCE_ASKED * REFERENCE_NEAREST && csv_next(reader, &fields, &count, &err) == 1;
         row++) {
        out->found[row].id = reference_number(fields, 0);
        out->found[row].rank = reference_number(fields, 1);
        out->found[row].neighbour = reference_number(fields, 2);
        out->found[row].distance = reference_number(fields, 3);
        assert_true(out->found[row].id == out->ids[row / REFERENCE_NEAREST * REFERENCE_EACH]);
        assert_true(out->found[row].rank == (double)(row % REFERENCE_NEAREST + 1));
    }
    assert_int_equal(row, REFERENCE_ASKED * REFERENCE_NEAREST);
    assert_int_equal(csv_next(reader, &fields, &count, &err), 0);
    csv_close(reader);
    return true;
}

#endif
