/* The command line of 02_model: defaults, sections, costs, and the line that is told. */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/model/options.h"

enum { WORDS = 24 };

/* Reads a line of words parted by single spaces. */
static int read_line(struct options *out, struct error *err, const char *line)
{
    static char words[1024];
    static char *arguments[WORDS + 1];
    int count = 0;
    snprintf(words, sizeof words, "02_model %s", line);
    for (char *rest = words, *word = NULL; count < WORDS && (word = strsep(&rest, " "));)
        arguments[count++] = word;
    arguments[count] = NULL;
    optind = 0; /* glibc starts over */
    error_clear(err);
    return options_read(out, count, arguments, err);
}

static void accept(struct options *out, const char *line)
{
    struct error err = {0};
    if (read_line(out, &err, line))
        fail_msg("%s: %s", line, err.message);
}

static void refuse(const char *line, const char *words)
{
    struct error err = {0};
    struct options options;
    assert_int_equal(read_line(&options, &err, line), -1);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, err.message);
}

static void defaults_are_the_whole_study(void **state)
{
    (void)state;
    struct options options;
    accept(&options, "--data /tmp --out models/mine");
    assert_int_equal(options.sections, SECTIONS_ALL);
    assert_int_equal(options.seed, 7);
    assert_int_equal(options.trials, 10);
    assert_int_equal(options.retrainings, 5);
    assert_true(options.hold_out == 0.2 && options.missed_cost == 10 && options.refused_cost == 1);
    assert_int_equal(options.language, LANGUAGE_FR);
    assert_string_equal(options.name, "mine");
    assert_string_equal(options.report, "reports/mine");
    accept(&options, "--data /tmp --report-only");
    assert_string_equal(options.report, "reports/model");
}

static void sections_are_named(void **state)
{
    (void)state;
    struct options options;
    accept(&options, "--data /tmp --out m --sections none");
    assert_int_equal(options.sections, 0);
    accept(&options, "--data /tmp --out m --sections search,hold-out");
    assert_int_equal(options.sections, SECTION_SEARCH | SECTION_HOLD_OUT);
    accept(&options, "--data /tmp --out m --trials 0 --hold-out 0");
    assert_int_equal(options.sections, SECTIONS_ALL & ~SECTION_SEARCH & ~SECTION_HOLD_OUT);
    accept(&options, "--data /tmp --out m --quick --trials 4");
    assert_int_equal(options.trials, 4);
    assert_int_equal(options.retrainings, 2);
    refuse("--data /tmp --out m --sections search,,all", "none of");
    refuse("--data /tmp --out m --sections sear", "none of");
}

static void costs_are_a_ratio_or_shares(void **state)
{
    (void)state;
    struct options options;
    accept(&options, "--data /tmp --out m --missed-cost 5 --refused-cost 0.5");
    assert_true(!options.by_amount && options.missed_cost == 5 && options.refused_cost == 0.5);
    accept(&options, "--data /tmp --out m --loss-given-default 0.6 --margin 0.05");
    assert_true(options.by_amount && options.missed_cost == 0.6 && options.refused_cost == 0.05);
    refuse("--data /tmp --out m --margin 0.05", "go together");
    refuse("--data /tmp --out m --margin 0.05 --loss-given-default 0.6 --refused-cost 1", "not both");
    refuse("--data /tmp --out m --missed-cost 0", "not a number from");
    refuse("--data /tmp --out m --missed-cost ten", "not a number from");
}

/* Whoever reads the report needs the options, not where this machine keeps its files. */
static void the_command_is_told_without_places(void **state)
{
    (void)state;
    struct options options;
    accept(&options, "--data=/tmp --out /secret/models/mine --report /secret --folds /secret/f.csv --quick "
                     "--seed 3 --lang en --journal=/secret/j --test /tmp");
    assert_string_equal(options.command,
                        "02_model --data DIR --out models/mine --folds FILE --quick --seed 3 "
                        "--lang en --journal FILE --test DIR");
    accept(&options, "--da /dev/null --report-only");
    assert_string_equal(options.command, "02_model --data DIR --report-only");
}

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    refuse("--out m", "--data is needed");
    refuse("--data /tmp", "--out DIR is needed");
    refuse("--data /tmp --out m/", "slash");
    refuse("--data /tmp --out m --seed 1x", "whole number");
    refuse("--data /tmp --out m --stability 51", "from 2 to 50");
    refuse("--data /tmp --out m --hold-out 0.6", "0 to 0.5");
    refuse("--data /tmp --out m --goal fame", "none of auc");
    refuse("--data /tmp --out m --lang de", "neither");
    refuse("--data /tmp --out m too", "not expected");
    refuse("--data /tmp --out m --unheard-of", "--help");
}

int main(void)
{
    opterr = 0; /* getopt's own words are not wanted here */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_whole_study), cmocka_unit_test(sections_are_named),
        cmocka_unit_test(costs_are_a_ratio_or_shares),  cmocka_unit_test(the_command_is_told_without_places),
        cmocka_unit_test(what_is_wrong_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
