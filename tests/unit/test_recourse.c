/* Counterfactuals: moves stay plausible, answers are granted, least, different and the same every time. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/recourse/search.h"
#include "backend/recourse/words.h"
#include "shared/base/log.h"
#include "tests/support/drawn_vectors.h"
#include "tests/support/made_population.h"

enum { ASKED = 60 /* refused clients, of all */ };

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

static struct verdict score(const struct made_population *made, const double *application)
{
    float vector[FEATURE_COUNT];
    struct score scored;
    struct error err = {0};
    features_build(application, NULL, vector);
    assert_int_equal(model_predict(made->model, vector, 1, &scored, &err), 0);
    return scoring_verdict(made->model, scored.margin);
}

/* ---- The model with few features moving ---- */

static void test_a_slice_scores_as_the_model(void **state)
{
    const struct made_population *made = *state;
    enum { ROWS = 40 };
    float *vectors = drawn_vectors(made->model, ROWS, 5);
    uint64_t random = 3;
    struct error err = {0};
    for (size_t moving_count = 0; moving_count <= FEATURE_COUNT; moving_count += FEATURE_COUNT / 6) {
        size_t moving[FEATURE_COUNT], order[FEATURE_COUNT];
        for (size_t i = 0; i < FEATURE_COUNT; i++) {
            size_t at = (size_t)(made_number(&random) * (double)(i + 1));
            order[i] = i;
            order[i] = order[at];
            order[at] = i;
        }
        memcpy(moving, order, moving_count * sizeof *moving);
        for (size_t row = 0; row + 1 < ROWS; row += 2) {
            float mixed[FEATURE_COUNT];
            struct model_slice *slice = NULL;
            struct score wanted;
            memcpy(mixed, vectors + row * FEATURE_COUNT, sizeof mixed);
            assert_int_equal(model_slice_new(&slice, made->model, mixed, moving, moving_count, &err), 0);
            for (size_t i = 0; i < moving_count; i++)
                mixed[moving[i]] = vectors[(row + 1) * FEATURE_COUNT + moving[i]];
            assert_int_equal(model_predict(made->model, mixed, 1, &wanted, &err), 0);
            assert_true(fabs(model_slice_margin(slice, mixed) - wanted.margin) < 1e-5);
            model_slice_free(slice);
        }
    }
    free(vectors);
}

/* ---- Levers ---- */

static void test_levels_rise_in_effort_and_keep_their_direction(void **state)
{
    const struct made_population *made = *state;
    size_t laid[LEVER_COUNT] = {0};
    for (size_t row = 0; row < MADE_CLIENTS; row++) {
        struct levers levers;
        levers_find(&levers, made->applications[row], made->population);
        for (size_t lever = 0; lever < LEVER_COUNT; lever++) {
            const struct lever_scale *scale = &levers.scales[lever];
            const double *bulk = population_distribution(made->population, scale->feature)->bulk;
            laid[lever] += scale->count;
            for (size_t level = 1; level <= scale->count; level++) {
                double own = scale->values[0], value = scale->values[level];
                assert_true(scale->efforts[level] >= scale->efforts[level - 1]);
                assert_true(scale->efforts[level] <= LEVER_EFFORT);
                assert_true(value >= fmin(bulk[0], own) && value <= fmax(bulk[1], own));
                assert_true(value == floor(value));
                assert_true(lever == LEVER_TERM || (lever == LEVER_INCOME ? value > own : value < own));
            }
        }
        bool revolving =
            made->applications[row][APPLICATION_NAME_CONTRACT_TYPE] == CONTRACT_TYPE_REVOLVING_LOANS;
        if (revolving)
            assert_true(levers.scales[LEVER_TERM].count == 0 && levers.scales[LEVER_DEPOSIT].count == 0);
    }
    for (size_t lever = 0; lever < LEVER_COUNT; lever++)
        assert_true(laid[lever] > MADE_CLIENTS);
}

static void test_unknown_amounts_close_levers(void **state)
{
    const struct made_population *made = *state;
    double application[APPLICATION_COLUMNS];
    struct levers levers;
    memcpy(application, made->applications[0], sizeof application);
    application[APPLICATION_AMT_ANNUITY] = NAN;
    application[APPLICATION_AMT_INCOME_TOTAL] = NAN;
    levers_find(&levers, application, made->population);
    assert_int_equal(levers.scales[LEVER_TERM].count, 0);
    assert_int_equal(levers.scales[LEVER_INCOME].count, 0);
    assert_true(levers.scales[LEVER_PURCHASE].count > 0);
    application[APPLICATION_AMT_GOODS_PRICE] = NAN;
    levers_find(&levers, application, made->population);
    assert_int_equal(levers.scales[LEVER_DEPOSIT].count, 0);
    assert_int_equal(levers.scales[LEVER_PURCHASE].feature, FEATURE_AMT_CREDIT);
    application[APPLICATION_AMT_CREDIT] = NAN;
    levers_find(&levers, application, made->population);
    for (size_t lever = 0; lever < LEVER_COUNT; lever++)
        assert_int_equal(levers.scales[lever].count, 0);
}

static double ratio(const double *application, int dividend, int divisor)
{
    return application[dividend] / application[divisor];
}

static void check_proportions(const double *before, const double *after, const size_t levels[LEVER_COUNT])
{
    const double tolerance = 2e-3; /* amounts that follow have four digits */
    double term = ratio(after, APPLICATION_AMT_CREDIT, APPLICATION_AMT_ANNUITY) /
                  ratio(before, APPLICATION_AMT_CREDIT, APPLICATION_AMT_ANNUITY);
    double share = ratio(after, APPLICATION_AMT_CREDIT, APPLICATION_AMT_GOODS_PRICE) /
                   ratio(before, APPLICATION_AMT_CREDIT, APPLICATION_AMT_GOODS_PRICE);
    if (levels[LEVER_TERM] == 0)
        assert_true(fabs(term - 1) < tolerance);
    if (levels[LEVER_DEPOSIT] == 0)
        assert_true(fabs(share - 1) < tolerance);
    else
        assert_true(share < 1 + tolerance);
    if (levels[LEVER_PURCHASE] == 0)
        assert_true(after[APPLICATION_AMT_GOODS_PRICE] == before[APPLICATION_AMT_GOODS_PRICE]);
}

static void test_moves_change_what_they_say_and_nothing_else(void **state)
{
    const struct made_population *made = *state;
    size_t features[LEVER_FEATURES], applied = 0;
    size_t feature_count = levers_features(features);
    uint64_t random = 17;
    for (size_t i = 0; i < 3000; i++) {
        const double *before = made->applications[i % MADE_CLIENTS];
        double after[APPLICATION_COLUMNS];
        float old[FEATURE_COUNT], new[FEATURE_COUNT];
        struct levers levers;
        size_t levels[LEVER_COUNT];
        levers_find(&levers, before, made->population);
        for (size_t lever = 0; lever < LEVER_COUNT; lever++)
            levels[lever] = made_number(&random) < 0.5
                                ? 0
                                : (size_t)(made_number(&random) * (double)(levers.scales[lever].count + 1));
        if (!levers_apply(&levers, levels, after))
            continue;
        applied++;
        check_proportions(before, after, levels);
        features_build(before, NULL, old);
        features_build(after, NULL, new);
        for (size_t j = 0; j < feature_count; j++)
            old[features[j]] = new[features[j]] = 0;
        assert_memory_equal(old, new, sizeof old);
    }
    assert_true(applied > 1000);
}

/* ---- The search ---- */

static unsigned set_of(const struct recourse_move *move)
{
    unsigned set = 0;
    for (size_t lever = 0; lever < LEVER_COUNT; lever++)
        set |= (unsigned)(move->levels[lever] > 0) << lever;
    return set;
}

static bool is_granted(const struct made_population *made, const struct levers *levers,
                       const size_t levels[LEVER_COUNT])
{
    double after[APPLICATION_COLUMNS];
    return levers_apply(levers, levels, after) && !score(made, after).refused;
}

/* The first level of one lever alone that is granted, 0 when none is. */
static size_t first_granted(const struct made_population *made, const struct levers *levers, size_t lever)
{
    for (size_t level = 1; level <= levers->scales[lever].count; level++) {
        size_t levels[LEVER_COUNT] = {0};
        levels[lever] = level;
        if (is_granted(made, levers, levels))
            return level;
    }
    return 0;
}

static void check_move(const struct made_population *made, const struct levers *levers,
                       const struct recourse_move *move)
{
    assert_true(is_granted(made, levers, move->levels));
    assert_true(fabs(levers_effort(levers, move->levels) - move->effort) < 1e-12);
    if (__builtin_popcount(set_of(move)) < 2)
        return;
    for (size_t lever = 0; lever < LEVER_COUNT; lever++) {
        struct recourse_move less = *move;
        if (move->levels[lever] < 2)
            continue;
        less.levels[lever]--;
        assert_false(is_granted(made, levers, less.levels));
    }
}

/* Each single lever is answered by its first level that is granted, unless another answer makes it needless.
 */
static void check_single_levers(const struct made_population *made, const struct levers *levers,
                                const struct recourse *recourse)
{
    for (size_t lever = 0; lever < LEVER_COUNT; lever++) {
        size_t wanted = first_granted(made, levers, lever), found = 0;
        for (size_t i = 0; i < recourse->count; i++)
            if (set_of(&recourse->moves[i]) == 1U << lever)
                found = recourse->moves[i].levels[lever];
        assert_int_equal(found, wanted);
    }
}

static void test_answers_are_granted_least_and_different(void **state)
{
    const struct made_population *made = *state;
    size_t asked = 0, answered = 0, unanswered = 0;
    for (size_t row = 0; row < MADE_CLIENTS && asked < ASKED; row++) {
        struct levers levers;
        struct recourse recourse, again;
        struct error err = {0};
        struct verdict before = score(made, made->applications[row]);
        if (!before.refused)
            continue;
        asked++;
        levers_find(&levers, made->applications[row], made->population);
        assert_int_equal(recourse_search(&recourse, &levers, NULL, made->model, &err), 0);
        assert_int_equal(recourse_search(&again, &levers, NULL, made->model, &err), 0);
        assert_memory_equal(&recourse, &again, sizeof recourse);
        check_single_levers(made, &levers, &recourse);
        answered += recourse.count > 0;
        unanswered += recourse.count == 0;
        for (size_t i = 0; i < recourse.count; i++) {
            check_move(made, &levers, &recourse.moves[i]);
            assert_true(i == 0 || recourse.moves[i].effort >= recourse.moves[i - 1].effort);
            for (size_t j = 0; j < i; j++)
                assert_int_not_equal(set_of(&recourse.moves[i]), set_of(&recourse.moves[j]));
        }
        if (recourse.count == 0) {
            assert_false(is_granted(made, &levers, recourse.best.levels));
            assert_true(recourse.best.margin <= before.margin + 1e-5);
        }
    }
    assert_true(answered > 10 && unanswered > 0);
}

static void test_words_name_every_move(void **state)
{
    const struct made_population *made = *state;
    struct levers levers;
    size_t row = 0;
    do
        levers_find(&levers, made->applications[row++], made->population);
    while (levers.scales[LEVER_DEPOSIT].count == 0 || levers.scales[LEVER_INCOME].count == 0);
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        char text[RECOURSE_TEXT], longer[RECOURSE_TEXT], amount[64];
        double after[APPLICATION_COLUMNS];
        struct recourse_move move = {.levels = {[LEVER_DEPOSIT] = 1}};
        levers_apply(&levers, move.levels, after);
        recourse_tell(text, &levers, &move, after, (enum language)language);
        catalogue_format(amount, sizeof amount, FEATURE_AMT_CREDIT, after[APPLICATION_AMT_CREDIT],
                         (enum language)language);
        assert_non_null(strstr(text, amount));
        move.levels[LEVER_INCOME] = 1;
        levers_apply(&levers, move.levels, after);
        recourse_tell(longer, &levers, &move, after, (enum language)language);
        assert_non_null(strstr(longer, text));
        assert_true(strlen(longer) > strlen(text));
        move = (struct recourse_move){0};
        recourse_tell(text, &levers, &move, made->applications[0], (enum language)language);
        assert_string_equal(text, "");
    }
    assert_string_not_equal(recourse_conclusion(true, 0, LANGUAGE_FR),
                            recourse_conclusion(false, 0, LANGUAGE_FR));
    assert_string_not_equal(recourse_conclusion(false, 1, LANGUAGE_EN),
                            recourse_conclusion(false, 2, LANGUAGE_EN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slice_scores_as_the_model),
        cmocka_unit_test(test_levels_rise_in_effort_and_keep_their_direction),
        cmocka_unit_test(test_unknown_amounts_close_levers),
        cmocka_unit_test(test_moves_change_what_they_say_and_nothing_else),
        cmocka_unit_test(test_answers_are_granted_least_and_different),
        cmocka_unit_test(test_words_name_every_move),
    };
    return cmocka_run_group_tests_name("recourse", tests, set_up, tear_down);
}
