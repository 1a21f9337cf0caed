#include "notebooks-port/model/stability.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/agreement.h"
#include "notebooks-port/ml/seed.h"
#include "notebooks-port/ml/split.h"
#include "shared/base/progress.h"

enum { TOP = 10, LEARNT = 0, JUDGED = 1 };
static const double LEFT_OUT = 0.1;

/* One training's figures. */
struct training {
    double auc, cheapest, f2, recall, refused;
};

struct retraining {
    struct study *study;
    uint8_t *part;          /* of each row: LEARNT, JUDGED or UINT8_MAX */
    struct examples judged; /* rows that no training sees */
    double *amounts;        /* of them; or NULL */
    struct calibration calibration;
    unsigned count, rounds;
    struct training *trainings; /* count */
    size_t *ranks;              /* count × columns, of the gains */
    uint8_t *decisions;         /* count × judged rows, at the model's threshold */
    uint8_t *own_decisions;     /* the same, each at its own cheapest threshold */
};

static void retraining_free(struct retraining *retraining)
{
    examples_free(&retraining->judged);
    free(retraining->part);
    free(retraining->amounts);
    free(retraining->trainings);
    free(retraining->ranks);
    free(retraining->decisions);
    free(retraining->own_decisions);
}

static int retraining_start(struct retraining *out, struct study *study, struct error *err)
{
    const struct examples all = matrix_examples(&study->matrix);
    const size_t count = study->options.retrainings;
    const bool tried = study->trial.margins != NULL;
    memset(out, 0, sizeof *out);
    out->study = study;
    out->count = (unsigned)count;
    out->calibration = tried ? study->trial.calibration : study->validation.calibration;
    out->rounds = tried ? study->trial.final_rounds : study->validation.final_rounds;
    out->part = calloc(all.rows, sizeof *out->part);
    out->trainings = calloc(count, sizeof *out->trainings);
    out->ranks = malloc(count * all.columns * sizeof *out->ranks);
    if (!out->part || !out->trainings || !out->ranks)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < all.rows; i++)
        out->part[i] = study->held_out ? study->chosen[i] == UINT8_MAX : study->fold[i] == 0;
    struct examples judged = {0};
    int status = examples_pick(&judged, &all, out->part, JUDGED, false, err);
    out->judged = judged;
    if (status)
        return -1;
    out->decisions = malloc(count * out->judged.rows);
    out->own_decisions = malloc(count * out->judged.rows);
    out->amounts = study->amounts ? malloc(out->judged.rows * sizeof(double)) : NULL;
    if (!out->decisions || !out->own_decisions || (study->amounts && !out->amounts))
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0, at = 0; out->amounts && i < all.rows; i++)
        if (out->part[i] == JUDGED)
            out->amounts[at++] = study->amounts[i];
    return 0;
}

/* Nine tenths of the rows to learn from, drawn by `seed`. */
static int draw_rows(struct examples *out, const struct retraining *retraining, uint64_t seed,
                     struct error *err)
{
    const struct examples all = matrix_examples(&retraining->study->matrix);
    bool *left_out = calloc(all.rows, sizeof *left_out);
    uint8_t *marks = malloc(all.rows);
    int status = left_out && marks ? split_hold_out(left_out, all.labels, all.rows, LEFT_OUT, seed, err)
                                   : error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; status == 0 && i < all.rows; i++)
        marks[i] = left_out[i] ? UINT8_MAX : retraining->part[i];
    if (status == 0)
        status = examples_pick(out, &all, marks, LEARNT, false, err);
    free(left_out);
    free(marks);
    return status;
}

static int judge(struct retraining *retraining, unsigned number, const double *probabilities,
                 struct error *err)
{
    const struct options *options = &retraining->study->options;
    const size_t rows = retraining->judged.rows;
    const struct threshold_costs costs = {options->missed_cost, options->refused_cost, retraining->amounts};
    struct training *training = &retraining->trainings[number];
    struct threshold_choice cheapest, f2;
    struct ranking_metrics ranking = {0};
    struct cuts cuts = {0};
    int status = cuts_make(&cuts, probabilities, retraining->judged.labels, rows, err);
    if (status == 0 && metrics_rank(&ranking, probabilities, retraining->judged.labels, rows))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = thresholds_by_cost(&cheapest, &cuts, &costs, err);
    if (status == 0)
        status = thresholds_by_f_beta(&f2, &cuts, 2, &costs, err);
    if (status == 0) {
        double refused = 0;
        for (size_t i = 0; i < rows; i++) {
            retraining->decisions[number * rows + i] = probabilities[i] >= retraining->study->threshold;
            retraining->own_decisions[number * rows + i] = probabilities[i] >= cheapest.threshold;
            refused += retraining->decisions[number * rows + i];
        }
        *training = (struct training){ranking.auc, cheapest.threshold, f2.threshold, f2.recall,
                                      refused / (double)rows};
    }
    cuts_free(&cuts);
    return status;
}

static int train_again(struct retraining *retraining, unsigned number, struct error *err)
{
    const struct study *study = retraining->study;
    const size_t columns = study->matrix.columns;
    const uint64_t seed = seed_of(study->options.seed, number);
    struct examples train = {0};
    struct boosting *boosting = NULL;
    double *figures = malloc((retraining->judged.rows + columns) * sizeof *figures);
    double *gains = figures ? figures + retraining->judged.rows : NULL;
    int status =
        figures ? draw_rows(&train, retraining, seed, err) : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = boosting_train(&boosting, &train, study->parameters, seed, retraining->rounds, err);
    if (status == 0)
        status = boosting_predict(boosting, &retraining->judged, figures, err);
    if (status == 0)
        status = boosting_gains(boosting, gains, columns, err);
    if (status == 0)
        status = agreement_ranks(retraining->ranks + number * columns, gains, columns, err);
    if (status == 0) {
        study_probabilities(figures, figures, retraining->judged.rows, retraining->calibration);
        status = judge(retraining, number, figures, err);
    }
    boosting_free(boosting);
    examples_free(&train);
    free(figures);
    return status;
}

/* ---- Telling ------------------------------------------------------------------------------------------- */

static void tell_trainings(const struct retraining *retraining)
{
    json_t *rows = json_array();
    for (unsigned i = 0; i < retraining->count; i++) {
        const struct training *training = &retraining->trainings[i];
        json_array_append_new(rows, json_pack("[i, f, o, o, f, f]", (int)i + 1, training->auc,
                                              study_number(training->cheapest), study_number(training->f2),
                                              training->recall, training->refused));
    }
    const struct report_column columns[] = {{"number", REPORT_COUNT, 0},    {"auc", REPORT_NUMBER, 4},
                                            {"cheapest", REPORT_NUMBER, 4}, {"f2", REPORT_NUMBER, 4},
                                            {"recall", REPORT_PERCENT, 1},  {"refused", REPORT_PERCENT, 1}};
    report_table(retraining->study->report, "trainings", columns, 6, rows);
}

/* The features that led at least once, by their mean rank. */
static void tell_leading(const struct retraining *retraining)
{
    const struct study *study = retraining->study;
    const size_t columns = study->matrix.columns;
    double *means = malloc(columns * sizeof *means);
    size_t *order = malloc(columns * sizeof *order);
    json_t *rows = json_array();
    struct error ignored = {0};
    for (size_t i = 0; means && i < columns; i++) {
        means[i] = 0;
        for (unsigned k = 0; k < retraining->count; k++)
            means[i] -= (double)retraining->ranks[k * columns + i] / retraining->count;
    }
    int status = means && order ? agreement_ranks(order, means, columns, &ignored) : -1;
    for (size_t rank = 1; status == 0 && rank <= TOP && rank <= columns; rank++)
        for (size_t i = 0; i < columns; i++) {
            if (order[i] != rank)
                continue;
            size_t best = columns;
            size_t worst = 1;
            for (unsigned k = 0; k < retraining->count; k++) {
                size_t at = retraining->ranks[k * columns + i];
                best = at < best ? at : best;
                worst = at > worst ? at : worst;
            }
            json_array_append_new(rows, json_pack("[s, s, f, i, i]", study_label(study, i),
                                                  study->matrix.names[i], -means[i], (int)best, (int)worst));
        }
    const struct report_column table[] = {{"feature", REPORT_TEXT, 0},
                                          {"variable", REPORT_TEXT, 0},
                                          {"mean_rank", REPORT_NUMBER, 1},
                                          {"best_rank", REPORT_COUNT, 0},
                                          {"worst_rank", REPORT_COUNT, 0}};
    report_table(study->report, "leading", table, 5, rows);
    free(means);
    free(order);
}

static double sd_of(const struct retraining *retraining, size_t offset)
{
    const double *first = (const double *)(const void *)((const char *)retraining->trainings + offset);
    return gsl_stats_sd(first, sizeof(struct training) / sizeof(double), retraining->count);
}

static void tell(const struct retraining *retraining)
{
    struct report *report = retraining->study->report;
    const size_t columns = retraining->study->matrix.columns;
    const size_t top = columns < TOP ? columns : TOP;
    double pair = 0, any = 0, own_pair = 0, own_any = 0;
    agreement_decisions(&pair, &any, retraining->decisions, retraining->count, retraining->judged.rows);
    agreement_decisions(&own_pair, &own_any, retraining->own_decisions, retraining->count,
                        retraining->judged.rows);
    report_figure(report, "auc_sd", sd_of(retraining, offsetof(struct training, auc)), REPORT_NUMBER, 4);
    report_figure(report, "cheapest_sd", sd_of(retraining, offsetof(struct training, cheapest)),
                  REPORT_NUMBER, 4);
    report_figure(report, "f2_sd", sd_of(retraining, offsetof(struct training, f2)), REPORT_NUMBER, 4);
    report_figure(report, "overlap", agreement_overlap(retraining->ranks, retraining->count, columns, top),
                  REPORT_PERCENT, 0);
    report_figure(report, "correlation", agreement_correlation(retraining->ranks, retraining->count, columns),
                  REPORT_NUMBER, 3);
    report_figure(report, "changed_pair", pair, REPORT_PERCENT, 1);
    report_figure(report, "changed_any", any, REPORT_PERCENT, 1);
    report_figure(report, "own_changed_pair", own_pair, REPORT_PERCENT, 1);
    tell_trainings(retraining);
    tell_leading(retraining);
}

int stability_measure(struct study *study, struct error *err)
{
    if (!(study->options.sections & SECTION_STABILITY))
        return 0;
    struct retraining retraining;
    report_section(study->report, "stability");
    report_say(study->report, study->held_out ? "on_held_out" : "on_first_fold", NULL);
    int status = retraining_start(&retraining, study, err);
    struct progress progress = progress_start("retraining", retraining.count);
    for (unsigned i = 0; status == 0 && i < retraining.count; i++) {
        status = train_again(&retraining, i, err);
        progress_update(&progress, i + 1);
    }
    if (status == 0) {
        progress_end(&progress, retraining.count);
        tell(&retraining);
    }
    retraining_free(&retraining);
    return status;
}
