/* Seconds of finding the rows nearest to one row, and which they are. `bench_similar make` draws the rows
 * that both sides read: ten hidden factors and noise, each fourth column in steps, as features depend on each
 * other. */
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/population/nearest.h"
#include "shared/base/file.h"
#include "shared/base/progress.h"
#include "tests/support/examples_file.h"

enum { FACTORS = 10, STEPPED = 4, THREADS = 2 };

static double draw(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* Nearly normal (the sum of uniforms), mean 0, variance 1. */
static double draw_normal(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += draw(state);
    return sum;
}

static void plant(float *values, size_t rows, size_t columns, double (*loadings)[FACTORS])
{
    uint64_t state = 1;
    for (size_t column = 0; column < columns; column++)
        for (size_t factor = 0; factor < FACTORS; factor++)
            loadings[column][factor] = draw_normal(&state) / sqrt(2 * FACTORS);
    for (size_t row = 0; row < rows; row++) {
        double factors[FACTORS];
        for (size_t factor = 0; factor < FACTORS; factor++)
            factors[factor] = draw_normal(&state);
        for (size_t column = 0; column < columns; column++) {
            double value = draw_normal(&state) * sqrt(0.5);
            for (size_t factor = 0; factor < FACTORS; factor++)
                value += loadings[column][factor] * factors[factor];
            values[row * columns + column] = (float)(column % STEPPED ? value : nearbyint(value * 4) / 4);
        }
    }
}

static int make(size_t rows, size_t columns, const char *folder, struct error *err)
{
    char path[PATH_MAX];
    float *values = malloc((rows * columns + 1) * sizeof *values);
    double(*loadings)[FACTORS] = malloc((columns + 1) * sizeof *loadings);
    int status = values && loadings ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        plant(values, rows, columns, loadings);
    if (status == 0 &&
        (file_make_folder(folder, err) || file_path(path, sizeof path, folder, "values.f32", err) ||
         file_write(path, (const char *)values, rows * columns * sizeof *values, err)))
        status = -1;
    if (status == 0)
        printf("{\"rows\": %zu, \"columns\": %zu}\n", rows, columns);
    free(values);
    free(loadings);
    return status;
}

struct table {
    size_t rows, columns;
    struct packed packed[NEAREST_PARTS];
    struct nearest *nearest;
};

static int pack_column(struct packed *out, const float *values, size_t rows, size_t columns, float *room,
                       struct error *err)
{
    struct packer *packer = NULL;
    int status = -1;
    for (size_t row = 0; row < rows; row++)
        room[row] = values[row * columns];
    if (packer_new(&packer, rows, err) == 0 && packer_add(packer, 0, room, rows, err) == 0)
        status = packer_finish(packer, out, err);
    packer_free(packer);
    return status;
}

static int read_table(struct table *out, const char *path, size_t rows, size_t columns, struct error *err)
{
    struct nearest_part parts[NEAREST_PARTS];
    if (rows == 0 || columns > NEAREST_PARTS)
        return error_set(err, ERROR_INVALID, "%zu columns; there may be %d", columns, NEAREST_PARTS);
    float *values = examples_file_bytes(path, rows * columns * sizeof *values, err);
    float *room = malloc((rows + 1) * sizeof *room);
    int status = values && room ? 0 : -1;
    if (values && !room)
        error_set(err, ERROR_INTERNAL, "out of memory");
    out->rows = rows;
    for (; status == 0 && out->columns < columns; out->columns++) {
        status = pack_column(&out->packed[out->columns], values + out->columns, rows, columns, room, err);
        parts[out->columns] = (struct nearest_part){.column = &out->packed[out->columns], .weight = 1};
    }
    if (status == 0)
        status = nearest_new(&out->nearest, parts, columns, rows, THREADS, err);
    free(values);
    free(room);
    return status;
}

/* Of rows spread over the table, one after the other. */
static int find(const struct table *table, size_t k, size_t searches, struct error *err)
{
    uint32_t *rows = malloc((k + 1) * sizeof *rows);
    float *distances = malloc((k + 1) * sizeof *distances);
    int status = rows && distances ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    double seconds = 0, distance = 0, places = 0;
    for (size_t i = 0; status == 0 && i < searches; i++) {
        size_t found = 0;
        double started = progress_clock_s();
        status = nearest_find(table->nearest, i * table->rows / searches, k, rows, distances, &found, err);
        seconds += progress_clock_s() - started;
        for (size_t place = 0; place < found; place++) {
            distance += (double)distances[place] / (double)(k * searches);
            places += rows[place];
        }
    }
    if (status == 0)
        printf("{\"seconds\": %.9f, \"distance\": %.9f, \"rows\": %.0f}\n", seconds / (double)searches,
               distance, places);
    free(rows);
    free(distances);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct table table = {0};
    int status;
    if (argc == 5 && strcmp(argv[1], "make") == 0) {
        status = make(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), argv[4], &err);
    } else if (argc == 7 && strcmp(argv[1], "find") == 0) {
        status = read_table(&table, argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10), &err);
        if (status == 0)
            status = find(&table, strtoul(argv[5], NULL, 10), strtoul(argv[6], NULL, 10), &err);
    } else {
        fputs("usage: bench_similar make ROWS COLUMNS FOLDER\n"
              "       bench_similar find VALUES.f32 ROWS COLUMNS K SEARCHES\n",
              stderr);
        return 2;
    }
    if (status)
        fprintf(stderr, "bench_similar: %s\n", err.message);
    nearest_free(table.nearest);
    for (size_t column = 0; column < table.columns; column++)
        packed_release(&table.packed[column]);
    return status ? 1 : 0;
}
