/* Reasons: true to the contributions, one voice a story, words a client understands. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shared/model/reasons.h"
#include "tests/support/drawn_scores.h"
#include "tests/support/drawn_vectors.h"

enum { EXPLAINED = 300, DRAWN = 4000, FOR = 0, AGAINST = 1 };

static int load_demo(void **state)
{
    struct error err = {0};
    if (model_load((struct model **)state, "models/demo", &err)) {
        printf("%s\n", err.message);
        return -1;
    }
    return 0;
}

static int free_demo(void **state)
{
    model_free(*state);
    return 0;
}

static bool is_same_story(size_t a, size_t b)
{
    enum feature_story story = catalogue_feature(a)->story;
    return a == b || (story != STORY_ALONE && story == catalogue_feature(b)->story);
}

static bool can_speak(size_t feature)
{
    return !catalogue_feature(feature)->sensitive && !catalogue_feature(feature)->obscure;
}

static double net_of(size_t feature, const double *contributions)
{
    double net = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (is_same_story(feature, i))
            net += contributions[i];
    return net;
}

/* How many stories lie on the side of `sign` and have a feature of that sign that can speak. */
static size_t count_voices(const double *contributions, double sign)
{
    size_t voices = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        bool first = sign * net_of(i, contributions) > 0 && can_speak(i) && sign * contributions[i] > 0;
        for (size_t j = 0; j < i && first; j++)
            first = !is_same_story(i, j) || !can_speak(j) || sign * contributions[j] <= 0;
        voices += first;
    }
    return voices;
}

static void check_reason(const struct reason *reason, const double *contributions, int against)
{
    const struct feature *feature = catalogue_feature(reason->feature);
    double sign = against ? 1 : -1;
    assert_true(can_speak(reason->feature));
    assert_true(sign * reason->contribution > 0);
    assert_true(sign * contributions[reason->feature] > 0);
    assert_true(fabs(reason->contribution - net_of(reason->feature, contributions)) < 1e-12);
    assert_ptr_equal(strstr(reason->fact, feature->label[LANGUAGE_FR]), reason->fact);
    assert_ptr_equal(strstr(reason->text, reason->fact), reason->text);
    assert_non_null(strstr(reason->text, against ? "augmente le risque." : "diminue le risque."));
    assert_null(strstr(reason->fact, "le risque"));
    /* The strongest of its story; of the external scores one that means what it says goes before. */
    for (size_t i = 0; i < FEATURE_COUNT && feature->story != STORY_EXTERNAL_SCORES; i++)
        if (is_same_story(reason->feature, i) && can_speak(i))
            assert_true(sign * contributions[i] <= sign * contributions[reason->feature]);
}

static void check_client(const struct model *model, const float *vector, const double *contributions)
{
    static struct reason sides[2][FEATURE_COUNT];
    size_t counts[2];
    for (int against = FOR; against <= AGAINST; against++) {
        struct reason *reasons = sides[against];
        counts[against] =
            reasons_find(reasons, FEATURE_COUNT, model, vector, contributions, against, LANGUAGE_FR);
        assert_int_equal(counts[against], count_voices(contributions, against ? 1 : -1));
        for (size_t i = 0; i < counts[against]; i++) {
            check_reason(&reasons[i], contributions, against);
            if (i > 0)
                assert_true(fabs(reasons[i].contribution) <= fabs(reasons[i - 1].contribution));
            for (size_t j = 0; j < i; j++)
                assert_false(is_same_story(reasons[i].feature, reasons[j].feature));
        }
        struct reason few[3];
        size_t least = counts[against] < 3 ? counts[against] : 3;
        assert_int_equal(reasons_find(few, 3, model, vector, contributions, against, LANGUAGE_FR), least);
        for (size_t i = 0; i < least; i++)
            assert_string_equal(few[i].text, reasons[i].text);
    }
    for (size_t i = 0; i < counts[FOR]; i++)
        for (size_t j = 0; j < counts[AGAINST]; j++)
            assert_false(is_same_story(sides[FOR][i].feature, sides[AGAINST][j].feature));
}

static void no_story_speaks_on_both_sides(void **state)
{
    const struct model *model = *state;
    float *vectors = drawn_vectors(model, EXPLAINED, 23);
    size_t contradictions = 0; /* that a story by story account leaves out: there must be some to be tested */
    for (size_t i = 0; i < EXPLAINED; i++) {
        const float *vector = vectors + i * FEATURE_COUNT;
        struct score score;
        double contributions[FEATURE_COUNT];
        double base = 0;
        assert_int_equal(model_explain(model, vector, &score, contributions, &base, NULL), 0);
        check_client(model, vector, contributions);
        contradictions += contributions[FEATURE_EXT_MIN] * contributions[FEATURE_EXT_SOURCE_1] < 0;
    }
    assert_true(contradictions > 0);
    free(vectors);
}

/* Contributions as no model gives them, so that every story meets every case; some are 0. */
static void any_contributions_are_netted(void **state)
{
    const struct model *model = *state;
    unsigned seed = 5;
    float *vectors = drawn_vectors(model, EXPLAINED, 29);
    for (size_t i = 0; i < DRAWN; i++) {
        double contributions[FEATURE_COUNT];
        for (size_t j = 0; j < FEATURE_COUNT; j++) {
            double u = drawn_uniform(&seed) - 0.5;
            contributions[j] = rand_r(&seed) % 3 ? u * u * u : 0;
        }
        check_client(model, vectors + i % EXPLAINED * FEATURE_COUNT, contributions);
    }
    free(vectors);
}

/* A client with two low external scores and a high one, who is explained as the test says. */
static size_t find_of_scores(struct reason *out, const struct model *model, const double *contributions,
                             int against)
{
    float vector[FEATURE_COUNT];
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        vector[i] = NAN;
    vector[FEATURE_EXT_SOURCE_1] = vector[FEATURE_EXT_MIN] = 0.06F;
    vector[FEATURE_EXT_SOURCE_2] = vector[FEATURE_EXT_MAX] = 0.9F;
    return reasons_find(out, 2, model, vector, contributions, against, LANGUAGE_EN);
}

static void the_sum_of_a_story_decides(void **state)
{
    struct reason reasons[2];
    const double contributions[FEATURE_COUNT] = {
        [FEATURE_EXT_SOURCE_1] = -0.5, [FEATURE_EXT_MIN] = 0.25, [FEATURE_EXT_PRODUCT] = 0.75};
    assert_int_equal(find_of_scores(reasons, *state, contributions, FOR), 0);
    assert_int_equal(find_of_scores(reasons, *state, contributions, AGAINST), 1);
    assert_int_equal(reasons[0].feature, FEATURE_EXT_MIN);
    assert_true(reasons[0].contribution == 0.5);
    assert_non_null(strstr(reasons[0].fact, "Lowest external score: 0.06, where "));
    assert_non_null(strstr(reasons[0].text, "This raises the risk."));
}

static void a_story_without_a_voice_is_silent(void **state)
{
    struct reason reasons[2];
    const double contributions[FEATURE_COUNT] = {[FEATURE_EXT_SOURCE_1] = -0.5,
                                                 [FEATURE_EXT_PRODUCT] = 0.75,
                                                 [FEATURE_DAYS_BIRTH] = -2,
                                                 [FEATURE_AMT_CREDIT] = 0.5,
                                                 [FEATURE_AMT_GOODS_PRICE] = -0.5};
    assert_int_equal(find_of_scores(reasons, *state, contributions, FOR), 0);
    assert_int_equal(find_of_scores(reasons, *state, contributions, AGAINST), 0);
}

static void a_low_score_praises_only_when_alone(void **state)
{
    struct reason reasons[2];
    double contributions[FEATURE_COUNT] = {[FEATURE_EXT_SOURCE_1] = -0.5, [FEATURE_EXT_MAX] = -0.125};
    assert_int_equal(find_of_scores(reasons, *state, contributions, FOR), 1);
    assert_int_equal(reasons[0].feature, FEATURE_EXT_MAX);
    assert_true(reasons[0].contribution == -0.625);
    contributions[FEATURE_EXT_MAX] = 0;
    assert_int_equal(find_of_scores(reasons, *state, contributions, FOR), 1);
    assert_int_equal(reasons[0].feature, FEATURE_EXT_SOURCE_1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_story_speaks_on_both_sides),
        cmocka_unit_test(any_contributions_are_netted),
        cmocka_unit_test(the_sum_of_a_story_decides),
        cmocka_unit_test(a_story_without_a_voice_is_silent),
        cmocka_unit_test(a_low_score_praises_only_when_alone),
    };
    return cmocka_run_group_tests_name("reasons", tests, load_demo, free_demo);
}
