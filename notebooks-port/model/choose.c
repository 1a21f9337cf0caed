#include "notebooks-port/model/choose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/elimination.h"
#include "notebooks-port/ml/seed.h"
#include "notebooks-port/ml/tpe_search.h"
#include "notebooks-port/model/validate.h"
#include "shared/base/number.h"

enum {
    ELIMINATION_STEPS = 14,
    ELIMINATION_ROUNDS = 120,
    QUICK_ELIMINATION_STEPS = 3,
    QUICK_ROUNDS = 30,
    LEAST_FEATURES = 5,
    LABELS = 64,
    SEARCH_STARTUP = 5 /* half of the original's ten trials, or none of them would learn from the others */
};

/* ---- Features ------------------------------------------------------------------------------------------ */

/* Fewer and larger steps than the model's: the same order of features in a twentieth of the time. */
static json_t *fast_parameters(void)
{
    json_t *parameters = boosting_defaults();
    json_object_set_new(parameters, "eta", json_real(0.1));
    json_object_set_new(parameters, "colsample_bytree", json_real(0.3));
    json_object_set_new(parameters, "min_child_weight", json_real(10));
    return parameters;
}

static void tell_curve(struct study *study, const struct elimination *elimination)
{
    size_t count = elimination->count;
    double *lines = malloc(4 * count * sizeof *lines);
    if (!lines)
        return;
    double *x = lines, *y = lines + count, *low = y + count, *high = low + count;
    for (size_t i = 0; i < count; i++) {
        x[i] = (double)elimination->numbers[i];
        y[i] = elimination->mean[i];
        low[i] = y[i] - elimination->sd[i];
        high[i] = y[i] + elimination->sd[i];
    }
    const struct line_series series = {"auc", y, low, high, PAINT_PLAIN, false, false};
    report_lines(study->report, "curve",
                 &(struct line_chart){.x = x,
                                      .count = count,
                                      .series = &series,
                                      .series_count = 1,
                                      .decimals = 4,
                                      .mark = (double)elimination->frugal,
                                      .mark_label = "frugal"});
    free(lines);
}

static void tell_features(struct study *study, const struct elimination *elimination)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < elimination->columns; i++) {
        size_t column = elimination->order[i];
        const char *verdict = i < elimination->frugal ? "kept_frugal"
                              : i < elimination->best ? "kept"
                                                      : "dropped";
        json_array_append_new(rows,
                              json_pack("[i, s, s, s]", (int)i + 1, study_label(study, column),
                                        study->matrix.names[column], report_text(study->report, verdict)));
    }
    const struct report_column columns[] = {{"rank", REPORT_COUNT, 0},
                                            {"feature", REPORT_TEXT, 0},
                                            {"variable", REPORT_TEXT, 0},
                                            {"verdict", REPORT_TEXT, 0}};
    report_fold(study->report, "order");
    report_table(study->report, "features", columns, 4, rows);
}

int choose_features(struct study *study, struct error *err)
{
    if (!(study->options.sections & SECTION_ELIMINATION))
        return 0;
    const bool quick = study->options.quick;
    const size_t steps = quick ? QUICK_ELIMINATION_STEPS : ELIMINATION_STEPS;
    const struct examples data = matrix_examples(&study->matrix);
    struct elimination elimination = {0};
    json_t *parameters = fast_parameters();
    struct boosting_plan plan = {parameters, study->options.seed, quick ? QUICK_ROUNDS : ELIMINATION_ROUNDS};
    const struct elimination_task task = {.data = &data,
                                          .fold = study->chosen,
                                          .folds = study->folds,
                                          .step = (data.columns + steps - 1) / steps,
                                          .least = data.columns < LEAST_FEATURES ? 1 : LEAST_FEATURES,
                                          .fit = elimination_fit_boosting,
                                          .context = &plan,
                                          .show_progress = true};
    report_section(study->report, "elimination");
    int status = elimination_run(&elimination, &task, err);
    if (status == 0) {
        size_t best = 0;
        size_t frugal = 0;
        for (size_t i = 0; i < elimination.count; i++) {
            best = elimination.numbers[i] == elimination.best ? i : best;
            frugal = elimination.numbers[i] == elimination.frugal ? i : frugal;
        }
        report_figure(study->report, "best", (double)elimination.best, REPORT_COUNT, 0);
        report_figure(study->report, "best_auc", elimination.mean[best], REPORT_NUMBER, 4);
        report_figure(study->report, "frugal", (double)elimination.frugal, REPORT_COUNT, 0);
        report_figure(study->report, "frugal_auc", elimination.mean[frugal], REPORT_NUMBER, 4);
        tell_curve(study, &elimination);
        report_say(study->report, "informs", NULL);
        tell_features(study, &elimination);
    }
    elimination_free(&elimination);
    json_decref(parameters);
    return status;
}

/* ---- Search -------------------------------------------------------------------------------------------- */

/* Cross-validated predictions of the rows that choices are made on, in the order of the matrix. */
struct searching {
    const struct study *study;
    double *scores;
    uint8_t *labels;
    double *amounts;
    size_t rows;
};

static int searching_start(struct searching *searching, const struct study *study, struct error *err)
{
    size_t rows = study->matrix.rows;
    *searching = (struct searching){.study = study,
                                    .scores = malloc(rows * sizeof(double)),
                                    .labels = malloc(rows),
                                    .amounts = malloc(rows * sizeof(double))};
    if (!searching->scores || !searching->labels || !searching->amounts)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < rows; i++)
        if (study->chosen[i] != UINT8_MAX) {
            searching->labels[searching->rows] = study->matrix.labels[i];
            searching->amounts[searching->rows++] = study->amounts ? study->amounts[i] : 1;
        }
    return 0;
}

static void searching_end(struct searching *searching)
{
    free(searching->scores);
    free(searching->labels);
    free(searching->amounts);
}

/* Predicts one fold; adds its AUC. */
static int search_fold(struct searching *searching, unsigned fold, const json_t *parameters, unsigned rounds,
                       double *auc, struct error *err)
{
    const struct study *study = searching->study;
    const struct examples all = matrix_examples(&study->matrix);
    struct examples train = {0};
    struct examples test = {0};
    struct boosting *boosting = NULL;
    double *margins = NULL;
    int status = examples_pick(&train, &all, study->chosen, fold, true, err);
    if (status == 0)
        status = examples_pick(&test, &all, study->chosen, fold, false, err);
    if (status == 0 && !(margins = malloc((test.rows + 1) * sizeof *margins)))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = boosting_train(&boosting, &train, parameters, study->options.seed, rounds, err);
    if (status == 0)
        status = boosting_predict(boosting, &test, margins, err);
    struct ranking_metrics ranking = {0};
    if (status == 0 && metrics_rank(&ranking, margins, test.labels, test.rows))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    *auc += ranking.auc;
    size_t from = 0;
    size_t to = 0;
    for (size_t i = 0; status == 0 && i < all.rows; i++) {
        if (study->chosen[i] == UINT8_MAX)
            continue;
        if (study->chosen[i] == fold)
            searching->scores[to] = margins[from++];
        to++;
    }
    boosting_free(boosting);
    examples_free(&train);
    examples_free(&test);
    free(margins);
    return status;
}

/* What the predictions earn at the best threshold. */
static int search_business(const struct searching *searching, double *value, struct error *err)
{
    const struct options *options = &searching->study->options;
    const struct threshold_costs costs = {options->missed_cost, options->refused_cost, searching->amounts};
    struct threshold_choice choice;
    struct cuts cuts = {0};
    int status = cuts_make(&cuts, searching->scores, searching->labels, searching->rows, err);
    if (status == 0)
        status = options->goal == GOAL_MONEY
                     ? thresholds_by_cost(&choice, &cuts, &costs, err)
                     : thresholds_by_f_beta(&choice, &cuts, options->beta, &costs, err);
    if (status == 0)
        *value = options->goal == GOAL_MONEY ? choice.goal / (double)searching->rows : choice.goal;
    cuts_free(&cuts);
    return status;
}

static json_t *without_rounds(const json_t *trial)
{
    json_t *parameters = json_deep_copy(trial);
    json_object_del(parameters, "rounds");
    return parameters;
}

static int search_goal(void *context, const json_t *trial, size_t number, double *value, struct error *err)
{
    (void)number;
    struct searching *searching = context;
    const unsigned folds = searching->study->folds;
    unsigned rounds = (unsigned)json_number_value(json_object_get(trial, "rounds"));
    if (rounds < 1)
        return error_set(err, ERROR_INVALID, "the space to search needs a parameter \"rounds\" of 1 or more");
    if (searching->study->options.quick && rounds > QUICK_ROUNDS)
        rounds = QUICK_ROUNDS;
    json_t *parameters = without_rounds(trial);
    double auc = 0;
    int status = 0;
    for (unsigned fold = 0; status == 0 && fold < folds; fold++)
        status = search_fold(searching, fold, parameters, rounds, &auc, err);
    *value = auc / folds;
    if (status == 0 && searching->study->options.goal != GOAL_AUC)
        status = search_business(searching, value, err);
    json_decref(parameters);
    return status;
}

/* All that must be the same to take a journal up. */
static void name_goal(char *out, size_t size, const struct study *study)
{
    const struct options *options = &study->options;
    uint64_t folds = 0;
    for (size_t i = 0; i < study->matrix.rows; i++)
        folds = folds * 1099511628211u + study->chosen[i] + 1;
    snprintf(out, size, "%s beta %g costs %g:%g%s%s data %.16s folds %016llx",
             options_goal_name(options->goal), options->beta, options->missed_cost, options->refused_cost,
             options->by_amount ? " by amount" : "", options->quick ? " quick" : "", study->matrix.data_hash,
             (unsigned long long)folds);
}

static void tell_search(struct study *study, const struct tpe_outcome *outcome, const struct tpe_space *space)
{
    const bool money = study->options.goal == GOAL_MONEY;
    double *lines = malloc(3 * outcome->count * sizeof *lines);
    if (!lines)
        return;
    double *x = lines, *y = lines + outcome->count, *best = y + outcome->count;
    json_t *rows = json_array();
    for (size_t i = 0; i < outcome->count; i++) {
        x[i] = (double)i + 1;
        y[i] = outcome->trials[i].value;
        best[i] = i == 0 ? y[i] : money ? fmin(best[i - 1], y[i]) : fmax(best[i - 1], y[i]);
        char *text =
            json_dumps(outcome->trials[i].parameters, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(4));
        json_array_append_new(rows, json_pack("[i, o, s, f]", (int)i + 1, study_number(y[i]),
                                              text ? text : "", outcome->trials[i].seconds));
        free(text);
    }
    const struct line_series series[] = {{"best", best, NULL, NULL, PAINT_PLAIN, false, true},
                                         {"trial", y, NULL, NULL, PAINT_UNKNOWN, true, false}};
    report_figure(study->report, "trials", (double)outcome->count, REPORT_COUNT, 0);
    report_figure(study->report, "best_value", outcome->trials[outcome->best].value, REPORT_NUMBER, 4);
    report_lines(study->report, "progress",
                 &(struct line_chart){.x = x,
                                      .count = outcome->count < LINE_POINTS ? outcome->count : LINE_POINTS,
                                      .series = series,
                                      .series_count = 2,
                                      .decimals = 4,
                                      .mark = NAN});
    const struct report_column columns[] = {{"number", REPORT_COUNT, 0},
                                            {"value", REPORT_NUMBER, 4},
                                            {"parameters", REPORT_TEXT, 0},
                                            {"seconds", REPORT_NUMBER, 1}};
    report_fold(study->report, "all");
    report_table(study->report, "table", columns, 4, rows);
    report_data(study->report, "space", json_incref(space->document));
    free(lines);
}

static int read_space(struct tpe_space *out, const struct study *study, const char *text, struct error *err)
{
    if (study->options.space)
        return tpe_space_load(out, study->options.space, err);
    json_t *document = json_loads(text, 0, NULL);
    int status = tpe_space_read(out, document, "search_space.json", err);
    json_decref(document);
    return status;
}

int choose_by_search(struct study *study, const char *space_text, struct error *err)
{
    if (!(study->options.sections & SECTION_SEARCH))
        return 0;
    char name[256];
    struct tpe_space space = {0};
    struct searching searching = {0};
    struct tpe_outcome outcome = {0};
    name_goal(name, sizeof name, study);
    report_section(study->report, "search");
    report_say(study->report, options_goal_name(study->options.goal), NULL);
    int status = read_space(&space, study, space_text, err);
    if (status == 0)
        status = searching_start(&searching, study, err);
    const struct tpe_task task = {
        .space = &space,
        .plan = {.direction = study->options.goal == GOAL_MONEY ? TPE_MINIMISE : TPE_MAXIMISE,
                 .seed = study->options.seed,
                 .startup = SEARCH_STARTUP,
                 .candidates = TPE_DRAWS},
        .goal = search_goal,
        .context = &searching,
        .goal_name = name,
        .trials = study->options.trials,
        .journal = study->options.journal,
        .show_progress = true};
    if (status == 0)
        status = tpe_search(&outcome, &task, err);
    if (status == 0) {
        tell_search(study, &outcome, &space);
        study->found = without_rounds(outcome.trials[outcome.best].parameters);
        json_object_set_new(study->found, "eval_metric", json_string("logloss"));
    }
    tpe_outcome_free(&outcome);
    searching_end(&searching);
    tpe_space_free(&space);
    return status;
}

/* ---- Parameters ---------------------------------------------------------------------------------------- */

struct candidate {
    const char *key; /* of its name in the texts */
    json_t *parameters;
    struct validation validation;
};

static void tell_candidates(const struct study *study, const struct candidate *candidates, size_t count,
                            size_t best)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct validation *validation = &candidates[i].validation;
        json_array_append_new(
            rows, json_pack("[s, f, f, i, s]", report_text(study->report, candidates[i].key),
                            validation->mean_auc, validation->sd_auc, (int)validation->final_rounds,
                            i == best ? report_text(study->report, "taken") : ""));
    }
    const struct report_column columns[] = {{"candidate", REPORT_TEXT, 0},
                                            {"auc", REPORT_NUMBER, 4},
                                            {"sd", REPORT_NUMBER, 4},
                                            {"rounds", REPORT_COUNT, 0},
                                            {"verdict", REPORT_TEXT, 0}};
    report_table(study->report, "candidates", columns, 5, rows);
}

static void tell_parameters(const struct study *study)
{
    json_t *rows = json_array();
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(study->parameters, name, value)
    {
        char text[LABELS];
        if (json_is_number(value))
            snprintf(text, sizeof text, "%.6g", json_number_value(value));
        json_array_append_new(
            rows, json_pack("[s, s]", name, json_is_string(value) ? json_string_value(value) : text));
    }
    const struct report_column columns[] = {{"name", REPORT_TEXT, 0}, {"value", REPORT_TEXT, 0}};
    report_table(study->report, "parameters", columns, 2, rows);
}

int choose_parameters(struct study *study, struct error *err)
{
    struct candidate candidates[3] = {{.key = "settled", .parameters = json_incref(study->parameters)}};
    size_t count = 1;
    if (study->compared && !json_equal(study->compared, study->parameters))
        candidates[count++] = (struct candidate){.key = "compared", .parameters = study->compared};
    if (study->found)
        candidates[count++] = (struct candidate){.key = "found", .parameters = study->found};
    report_section(study->report, "parameters");
    int status = 0;
    size_t best = 0;
    /* Without others to compare with and without rows held out, the run on all rows tells everything. */
    bool run = count > 1 || study->held_out > 0;
    for (size_t i = 0; status == 0 && run && i < count; i++) {
        status = validate_run(&candidates[i].validation, study, study->chosen, candidates[i].parameters,
                              "candidate parameters", err);
        if (status == 0 && candidates[i].validation.mean_auc > candidates[best].validation.mean_auc)
            best = i;
    }
    if (status == 0) {
        json_t *taken = json_incref(candidates[best].parameters);
        json_decref(study->parameters);
        study->parameters = taken;
        study->trial = candidates[best].validation;
        candidates[best].validation.margins = NULL;
        if (run)
            tell_candidates(study, candidates, count, best);
        tell_parameters(study);
    }
    for (size_t i = 0; i < count; i++)
        free(candidates[i].validation.margins);
    json_decref(candidates[0].parameters);
    return status;
}
