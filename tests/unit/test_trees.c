/* Reading a booster's trees: what cannot be walked is refused, and the message says what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <xgboost/c_api.h>

#include "shared/model/trees.h"
#include "tests/support/trained_forest.h"

static void expect_refusal(BoosterHandle booster, void (*change)(json_t *learner), const char *part)
{
    struct trees *trees = NULL;
    struct error err = {0};
    assert_int_equal(read_changed(&trees, booster, change, &err), -1);
    assert_null(trees);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" does not speak of \"%s\"", err.message, part);
}

static void split_on_categories(json_t *learner)
{
    json_array_set_new(json_object_get(tree_of(learner, 1), "split_type"), 0, json_integer(1));
}

static void shorten(json_t *learner)
{
    json_array_remove(json_object_get(tree_of(learner, 2), "sum_hessian"), 0);
}

static void lead_astray(json_t *learner)
{
    json_array_set_new(json_object_get(tree_of(learner, 0), "left_children"), 0, json_integer(1000));
}

static void lead_in_circles(json_t *learner)
{
    json_array_set_new(json_object_get(tree_of(learner, 0), "left_children"), 0, json_integer(0));
}

static void name_a_stranger(json_t *learner)
{
    json_array_set_new(json_object_get(tree_of(learner, 0), "split_indices"), 0, json_integer(6));
}

static void empty_cover_is_negative(json_t *learner)
{
    json_array_set_new(json_object_get(tree_of(learner, 0), "sum_hessian"), 1, json_real(-1));
}

static void ask_for_another_objective(json_t *learner)
{
    json_object_set_new(json_object_get(learner, "objective"), "name", json_string("survival:cox"));
}

static void spoil_base(json_t *learner)
{
    json_object_set_new(json_object_get(learner, "learner_model_param"), "base_score", json_string("much"));
}

static void damaged_trees_are_refused(void **state)
{
    struct forest forest;
    struct trees *trees = NULL;
    struct error err = {0};
    (void)state;
    open_forest(&forest, &cases[1]);
    expect_refusal(forest.booster, split_on_categories, "categories");
    expect_refusal(forest.booster, shorten, "tree 2 of the booster is damaged");
    expect_refusal(forest.booster, lead_astray, "damaged at node 0");
    expect_refusal(forest.booster, lead_in_circles, "damaged");
    expect_refusal(forest.booster, name_a_stranger, "damaged");
    expect_refusal(forest.booster, empty_cover_is_negative, "damaged");
    expect_refusal(forest.booster, ask_for_another_objective, "survival:cox");
    expect_refusal(forest.booster, spoil_base, "much");
    assert_int_equal(trees_parse(&trees, "{\"learner\":", 11, &err), -1);
    assert_int_equal(err.code, ERROR_PARSE);
    close_forest(&forest);
}

static void other_boosters_are_refused(void **state)
{
    static const struct {
        const char *name, *value, *part;
    } kinds[] = {{"booster", "dart", "\"dart\""},
                 {"booster", "gblinear", "\"gblinear\""},
                 {"objective", "multi:softprob", "several outputs"}};
    (void)state;
    struct forest forest;
    open_forest(&forest, &cases[1]);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        BoosterHandle booster = NULL;
        struct trees *trees = NULL;
        struct error err = {0};
        check_xgboost(XGBoosterCreate(&forest.training, 1, &booster));
        if (strcmp(kinds[i].name, "objective") == 0)
            check_xgboost(XGBoosterSetParam(booster, "num_class", "3"));
        check_xgboost(XGBoosterSetParam(booster, kinds[i].name, kinds[i].value));
        check_xgboost(XGBoosterUpdateOneIter(booster, 0, forest.training));
        assert_int_equal(trees_read(&trees, booster, &err), -1);
        if (!strstr(err.message, kinds[i].part))
            fail_msg("\"%s\" does not speak of %s", err.message, kinds[i].part);
        XGBoosterFree(booster);
    }
    close_forest(&forest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_trees_are_refused),
        cmocka_unit_test(other_boosters_are_refused),
    };
    return cmocka_run_group_tests_name("trees", tests, NULL, NULL);
}
