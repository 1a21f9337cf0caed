/* What the API prints of a score adds up digit for digit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/scoring.h"

enum { ROUNDS = 500 };

/* A sequence that is the same everywhere. */
static double next_value(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* The number of 1e-9 units that a printed number says. */
static int64_t printed_units(double value)
{
    char text[64], *point;
    snprintf(text, sizeof text, "%.9f", value);
    assert_true(strtod(text, NULL) == value); /* it has no more digits */
    point = strchr(text, '.');
    memmove(point, point + 1, strlen(point));
    return strtoll(text, NULL, 10);
}

static void test_settled_values_add_up(void **state)
{
    uint64_t random = 1;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        double contributions[FEATURE_COUNT], before[FEATURE_COUNT], base = -3 + next_value(&random),
                                                                    sum = base;
        const double base_before = base;
        /* Exact but for rounding; or off by what single precision leaves; or nothing but the base. */
        double drift = round % 3 == 1 ? 1e-6 * (next_value(&random) - 0.5) : 0;
        for (size_t i = 0; i < FEATURE_COUNT; i++) {
            bool used = round % 3 != 2 && next_value(&random) < 0.8;
            contributions[i] = used ? pow(10, -8 * next_value(&random)) * (next_value(&random) - 0.5) : 0;
            before[i] = contributions[i];
            sum += contributions[i];
        }
        double margin = scoring_round(sum + drift);
        scoring_settle(margin, &base, contributions);
        int64_t total = printed_units(base);
        for (size_t i = 0; i < FEATURE_COUNT; i++) {
            total += printed_units(contributions[i]);
            assert_true(fabs(contributions[i] - before[i]) <= 2.1e-9 + fabs(drift));
            assert_true(before[i] != 0 || contributions[i] == 0);
        }
        assert_true(fabs(base - base_before) <= 2.1e-9 + fabs(drift));
        assert_int_equal(total, printed_units(margin));
    }
}

static void test_rounding(void **state)
{
    (void)state;
    assert_true(scoring_round(0.1234567894) == 0.123456789);
    assert_true(scoring_round(-0.1234567896) == -0.12345679);
    assert_true(scoring_round(0) == 0);
}

static void test_verdict_follows_from_the_margin(void **state)
{
    struct model *model = NULL;
    struct error err = {0};
    (void)state;
    assert_int_equal(model_load(&model, "models/demo", &err), 0);
    double threshold = model_threshold(model), at = log(threshold / (1 - threshold));
    struct verdict safe = scoring_verdict(model, at - 1e-6), risky = scoring_verdict(model, at + 1e-6);
    assert_string_equal(scoring_decision(&safe), "granted");
    assert_string_equal(scoring_decision(&risky), "refused");
    assert_true(safe.points > risky.points && safe.probability < risky.probability);
    struct verdict even = scoring_verdict(model, -log(19));
    assert_true(fabs(even.points - 600) < 1e-6 && fabs(even.probability - 0.05) < 1e-9);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settled_values_add_up),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_verdict_follows_from_the_margin),
    };
    return cmocka_run_group_tests_name("scoring", tests, NULL, NULL);
}
