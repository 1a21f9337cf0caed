/* Two features on a grid, and shares of a distribution, against plain counting. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/population/grid.h"
#include "shared/base/log.h"
#include "tests/support/made_population.h"

static int set_up(void **state)
{
    log_set_level(LOG_ERROR);
    *state = made_population_new();
    return 0;
}

static int tear_down(void **state)
{
    made_population_free(*state);
    return 0;
}

static void test_axes_of_every_feature(void **state)
{
    const struct made_population *made = *state;
    for (size_t feature = 0; feature < FEATURE_COUNT; feature++) {
        struct grid_axis axis;
        const struct distribution *distribution = population_distribution(made->population, feature);
        grid_axis_lay(&axis, made->population, feature, GRID_CELLS);
        assert_true(axis.cells <= GRID_CELLS);
        assert_int_equal(grid_axis_cell(&axis, NAN), -1);
        if (axis.scale == AXIS_CATEGORIES) {
            for (size_t i = 0; i < distribution->bins; i++)
                assert_in_range(grid_axis_cell(&axis, (float)i), 0, axis.cells - 1);
            continue;
        }
        assert_int_equal(axis.cells == 0, distribution->known == 0);
        if (axis.cells == 0)
            continue;
        for (size_t i = 0; i < axis.cells; i++) {
            assert_true(axis.edges[i] < axis.edges[i + 1]);
            assert_int_equal(grid_axis_cell(&axis, axis.edges[i]), i);
        }
        assert_int_equal(grid_axis_cell(&axis, -INFINITY), 0);
        assert_int_equal(grid_axis_cell(&axis, INFINITY), axis.cells - 1);
    }
}

/* Fewer cells hold the same clients. */
static void test_fewer_cells(void **state)
{
    const struct made_population *made = *state;
    for (size_t feature = 0; feature < FEATURE_COUNT; feature++)
        for (size_t most = GRID_FEWEST; most < GRID_CELLS; most += 5) {
            struct grid_axis fine, coarse;
            const struct distribution *distribution = population_distribution(made->population, feature);
            grid_axis_lay(&fine, made->population, feature, GRID_CELLS);
            grid_axis_lay(&coarse, made->population, feature, most);
            assert_in_range(coarse.cells, fine.cells > 0, most);
            assert_true(coarse.cells <= fine.cells);
            if (coarse.scale == AXIS_CATEGORIES) {
                assert_int_equal(coarse.cells, distribution->bins < most ? distribution->bins : most);
                for (size_t i = 0; i < distribution->bins; i++)
                    assert_in_range(grid_axis_cell(&coarse, (float)i), 0, coarse.cells - 1);
                continue;
            }
            for (size_t i = 0; i < coarse.cells; i++)
                assert_true(coarse.edges[i] < coarse.edges[i + 1]);
            if (coarse.cells && fine.scale == coarse.scale)
                for (size_t i = 1; i < coarse.cells; i++) { /* what one cell held is not torn apart */
                    bool found = false;
                    for (size_t j = 0; j <= fine.cells; j++)
                        found |= fine.edges[j] == coarse.edges[i];
                    assert_true(found);
                }
        }
    assert_int_equal(grid_cells_for(0, 12), GRID_FEWEST);
    assert_int_equal(grid_cells_for(500, 12), 6);
    assert_int_equal(grid_cells_for(1200, 12), 10);
    assert_int_equal(grid_cells_for(1000000, 12), GRID_CELLS);
}

static void test_scales_suit_the_feature(void **state)
{
    const struct made_population *made = *state;
    struct grid_axis axis;
    grid_axis_lay(&axis, made->population, FEATURE_AMT_INCOME_TOTAL, GRID_CELLS);
    assert_int_equal(axis.scale, AXIS_LOGARITHMIC);
    for (size_t i = 0; i + 1 < axis.cells; i++) {
        double growth = (double)(axis.edges[i + 1] / axis.edges[i]);
        assert_true(growth > 1.08 && growth < 1.3);
    }
    assert_true((double)axis.edges[0] <= population_distribution(made->population, axis.feature)->bulk[0]);
    assert_true((double)axis.edges[axis.cells] >
                population_distribution(made->population, axis.feature)->bulk[1]);
    grid_axis_lay(&axis, made->population, FEATURE_DAYS_BIRTH, GRID_CELLS);
    assert_int_equal(axis.scale, AXIS_LINEAR);
    grid_axis_lay(&axis, made->population, FEATURE_FLAG_EMAIL, GRID_CELLS);
    assert_int_equal(axis.cells, 2);
}

static void test_rare_categories_share_the_last_cell(void **state)
{
    const struct made_population *made = *state;
    const struct distribution *distribution =
        population_distribution(made->population, FEATURE_ORGANIZATION_TYPE);
    struct grid_axis axis;
    size_t own = 0, least_own = SIZE_MAX, most_other = 0;
    grid_axis_lay(&axis, made->population, FEATURE_ORGANIZATION_TYPE, GRID_CELLS);
    assert_true(distribution->bins > GRID_CELLS);
    assert_int_equal(axis.cells, GRID_CELLS);
    assert_int_equal(axis.categories[GRID_CELLS - 1], GRID_OTHERS);
    for (size_t bin = 0; bin < distribution->bins; bin++) {
        size_t clients = 0;
        for (size_t class = 0; class < CLASS_COUNT; class ++)
            clients += distribution->counts[class][bin];
        if (axis.cell_of[bin] == GRID_CELLS - 1) {
            most_other = clients > most_other ? clients : most_other;
            continue;
        }
        assert_int_equal(axis.categories[axis.cell_of[bin]], bin);
        least_own = clients < least_own ? clients : least_own;
        own++;
    }
    assert_int_equal(own, GRID_CELLS - 1);
    assert_true(most_other <= least_own);
}

static void test_cells_count_clients(void **state)
{
    const struct made_population *made = *state;
    static const size_t pairs[][2] = {{FEATURE_AMT_CREDIT, FEATURE_EXT_SOURCE_1},
                                      {FEATURE_ORGANIZATION_TYPE, FEATURE_AMT_INCOME_TOTAL},
                                      {FEATURE_EXT_SOURCE_2, FEATURE_NAME_CONTRACT_TYPE}};
    struct grid *grid = malloc(sizeof *grid);
    uint32_t members[MADE_CLIENTS / 2];
    size_t rated = 0;
    for (uint32_t i = 0; i < MADE_CLIENTS / 2; i++)
        members[i] = 2 * i;
    for (size_t p = 0; p < 2 * (sizeof pairs / sizeof *pairs); p++) {
        const uint32_t *rows = p % 2 ? members : NULL;
        size_t count = rows ? MADE_CLIENTS / 2 : MADE_CLIENTS, total = 0;
        grid_axis_lay(&grid->x, made->population, pairs[p / 2][0], GRID_CELLS);
        grid_axis_lay(&grid->y, made->population, pairs[p / 2][1], GRID_CELLS);
        grid_fill(grid, made->population, rows, count);
        struct grid_cell wanted[GRID_CELLS][GRID_CELLS] = {0};
        for (size_t i = 0; i < count; i++) {
            size_t row = rows ? rows[i] : i;
            float x = population_value(made->population, grid->x.feature, row);
            float y = population_value(made->population, grid->y.feature, row);
            if (isnan(x) || isnan(y))
                continue;
            struct grid_cell *cell = &wanted[grid_axis_cell(&grid->y, y)][grid_axis_cell(&grid->x, x)];
            int outcome = population_outcome(made->population, row);
            cell->count++;
            cell->known += outcome >= 0;
            cell->defaulted += outcome == 1;
            total++;
        }
        assert_memory_equal(wanted, grid->cells, sizeof wanted);
        assert_int_equal(total + grid->missing, count);
        for (size_t i = 0; i < (size_t)GRID_CELLS * GRID_CELLS; i++) {
            const struct grid_cell *cell = &grid->cells[i / GRID_CELLS][i % GRID_CELLS];
            assert_int_equal(isnan(grid_default_rate(cell)), cell->known < GRID_LEAST);
            rated += cell->known >= GRID_LEAST;
        }
    }
    assert_true(rated > 20);
    free(grid);
}

static void test_shares_rise_with_the_value(void **state)
{
    const struct made_population *made = *state;
    static const size_t features[] = {FEATURE_AMT_CREDIT, FEATURE_AMT_INCOME_TOTAL, FEATURE_DAYS_BIRTH};
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        const struct distribution *distribution = population_distribution(made->population, features[i]);
        float values[MADE_CLIENTS];
        population_read_values(made->population, features[i], 0, MADE_CLIENTS, values);
        double low = distribution->bulk[0], high = distribution->bulk[1], before = 0;
        size_t below = 0, above = 0;
        for (size_t row = 0; row < MADE_CLIENTS; row++) {
            below += values[row] < low;
            above += values[row] > high;
        }
        assert_in_range(below, 0, MADE_CLIENTS / 100);
        assert_in_range(above, 0, MADE_CLIENTS / 100);
        for (int step = 0; step <= 997; step++) {
            double value = low + (high - low) * step / 997;
            double share = distribution_share(distribution, value);
            assert_true(share >= before && share <= 1);
            before = share;
        }
        /* Within a bin of the truth. */
        for (int q = 0; q < DISTRIBUTION_QUANTILES; q++) {
            static const double shares[] = {0.05, 0.25, 0.5, 0.75, 0.95};
            assert_true(fabs(distribution_share(distribution, distribution->quantiles[q]) - shares[q]) <
                        0.06);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_axes_of_every_feature),
        cmocka_unit_test(test_fewer_cells),
        cmocka_unit_test(test_scales_suit_the_feature),
        cmocka_unit_test(test_rare_categories_share_the_last_cell),
        cmocka_unit_test(test_cells_count_clients),
        cmocka_unit_test(test_shares_rise_with_the_value),
    };
    return cmocka_run_group_tests_name("grid", tests, set_up, tear_down);
}
