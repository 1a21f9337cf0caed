#include "notebooks-port/model/decide.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/bands.h"
#include "shared/base/number.h"

enum { CURVE_POINTS = 51, GROUPS = 20, QUICK_GROUPS = 10, BINS = 40 };

/* A curve with its band. */
struct curve {
    double x[CURVE_POINTS], y[CURVE_POINTS], low[CURVE_POINTS], high[CURVE_POINTS];
    size_t count;
};

/* `count` points from `low` to `high`. */
static void spread(struct curve *curve, size_t count, double low, double high)
{
    curve->count = count;
    for (size_t i = 0; i < count; i++)
        curve->x[i] = low + (high - low) * (double)i / (double)(count - 1);
}

static int measure(struct curve *curve, const struct study *study, enum bands_kind kind, double beta,
                   struct error *err)
{
    const struct threshold_costs costs = study_costs(study);
    const struct bands_task task = {
        kind, &study->cuts, &costs, beta, study_replicates(study), study->options.seed};
    return bands_measure(curve->x, curve->y, curve->low, curve->high, curve->count, &task, err);
}

/* Beyond this probability there are too few clients for a curve to say anything. */
static double high_probability(const struct study *study)
{
    const struct cuts *cuts = &study->cuts;
    size_t cut = 1;
    while (cut + 1 < cuts->count && cuts->ends[cut] < cuts->rows / 100)
        cut++;
    return cuts->thresholds[cut];
}

/* ---- Calibration --------------------------------------------------------------------------------------- */

static int tell_reliability(struct study *study, struct error *err)
{
    struct curve curve = {.count = study->options.quick ? QUICK_GROUPS : GROUPS};
    if (measure(&curve, study, BANDS_OBSERVED, 0, err))
        return -1;
    /* Groups that share a mean, such as many clients with one score, are one point. */
    size_t kept = 0;
    for (size_t i = 0; i < curve.count; i++) {
        if (i > 0 && !(curve.x[i] > curve.x[kept - 1]))
            continue;
        curve.x[kept] = curve.x[i];
        curve.y[kept] = curve.y[i];
        curve.low[kept] = curve.low[i];
        curve.high[kept++] = curve.high[i];
    }
    const struct line_series series[] = {
        {"observed", curve.y, curve.low, curve.high, PAINT_PLAIN, false, false},
        {"perfect", curve.x, NULL, NULL, PAINT_UNKNOWN, true, false}};
    report_lines(study->report, "reliability",
                 &(struct line_chart){.x = curve.x,
                                      .count = kept,
                                      .series = series,
                                      .series_count = 2,
                                      .decimals = 3,
                                      .x_decimals = 3,
                                      .mark = NAN});
    return 0;
}

/* How the probabilities of both outcomes are spread: the share of each outcome's clients in each bin. */
static void tell_spread(const struct study *study)
{
    const double width = high_probability(study) / BINS;
    double shares[2][BINS] = {{0}};
    double totals[2] = {0, 0};
    double middles[BINS];
    for (size_t i = 0; i < study->matrix.rows; i++) {
        size_t bin = (size_t)(study->probabilities[i] / width);
        totals[study->matrix.labels[i]]++;
        if (bin < BINS)
            shares[study->matrix.labels[i]][bin]++;
    }
    for (int i = 0; i < BINS; i++) {
        middles[i] = width * (i + 0.5);
        for (int label = 0; label <= 1; label++)
            shares[label][i] /= totals[label];
    }
    const struct line_series series[] = {{"repaid", shares[0], NULL, NULL, PAINT_GOOD, false, false},
                                         {"defaulted", shares[1], NULL, NULL, PAINT_BAD, true, false}};
    report_lines(study->report, "spread",
                 &(struct line_chart){.x = middles,
                                      .count = BINS,
                                      .series = series,
                                      .series_count = 2,
                                      .decimals = 4,
                                      .x_decimals = 3,
                                      .mark = NAN});
}

int decide_calibrate(struct study *study, struct error *err)
{
    const struct matrix *matrix = &study->matrix;
    struct report *report = study->report;
    double *raw = malloc(matrix->rows * sizeof *raw);
    if (!raw)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    study_probabilities(raw, study->validation.margins, matrix->rows, (struct calibration){1, 0});
    report_section(report, "calibration");
    report_figure(report, "slope", study->validation.calibration.slope, REPORT_NUMBER, 3);
    report_figure(report, "intercept", study->validation.calibration.intercept, REPORT_SIGNED, 3);
    report_figure(report, "brier_raw", metrics_brier(raw, matrix->labels, matrix->rows), REPORT_NUMBER, 5);
    report_figure(report, "brier", metrics_brier(study->probabilities, matrix->labels, matrix->rows),
                  REPORT_NUMBER, 5);
    report_figure(report, "log_loss_raw", metrics_log_loss(raw, matrix->labels, matrix->rows), REPORT_NUMBER,
                  5);
    report_figure(report, "log_loss", metrics_log_loss(study->probabilities, matrix->labels, matrix->rows),
                  REPORT_NUMBER, 5);
    free(raw);
    if (tell_reliability(study, err))
        return -1;
    tell_spread(study);
    return 0;
}

/* ---- F-beta -------------------------------------------------------------------------------------------- */

/* "0.4–0.5", never broken over lines; nothing where there is none. */
static json_t *interval(const struct study *study, double low, double high, int decimals)
{
    char from[NUMBER_TEXT];
    char to[NUMBER_TEXT];
    if (isnan(low) || isnan(high) || low == high)
        return json_null();
    number_format(from, low, decimals, study->options.language);
    number_format(to, high, decimals, study->options.language);
    return json_sprintf("%s\u2060–\u2060%s", from, to);
}

static json_t *confusion_row(const char *name, const struct confusion *confusion)
{
    double rows = (double)(confusion->true_negatives + confusion->false_positives +
                           confusion->false_negatives + confusion->true_positives);
    return json_pack("[s, I, I, I, I, f]", name, (json_int_t)confusion->true_negatives,
                     (json_int_t)confusion->false_positives, (json_int_t)confusion->false_negatives,
                     (json_int_t)confusion->true_positives,
                     (double)(confusion->false_positives + confusion->true_positives) / rows);
}

static void tell_confusions(struct study *study, json_t *rows)
{
    const struct report_column columns[] = {
        {"choice", REPORT_TEXT, 0},           {"true_negatives", REPORT_COUNT, 0},
        {"false_positives", REPORT_COUNT, 0}, {"false_negatives", REPORT_COUNT, 0},
        {"true_positives", REPORT_COUNT, 0},  {"refused", REPORT_PERCENT, 1}};
    report_table(study->report, "confusions", columns, 6, rows);
}

static int tell_f_beta_curves(struct study *study, struct error *err)
{
    static const int betas[] = {2, 4, 6};
    static const char *const keys[] = {"f2", "f4", "f6"};
    static const enum chart_paint paints[] = {PAINT_PLAIN, PAINT_GOOD, PAINT_BAD};
    struct curve curves[3];
    struct line_series series[3];
    for (int i = 0; i < 3; i++) {
        spread(&curves[i], CURVE_POINTS, 0, high_probability(study));
        if (measure(&curves[i], study, BANDS_F_BETA, betas[i], err))
            return -1;
        series[i] = (struct line_series){keys[i],   curves[i].y, curves[i].low, curves[i].high,
                                         paints[i], i == 1,      false};
    }
    report_lines(study->report, "curve",
                 &(struct line_chart){.x = curves[0].x,
                                      .count = CURVE_POINTS,
                                      .series = series,
                                      .series_count = 3,
                                      .decimals = 3,
                                      .x_decimals = 3,
                                      .mark = NAN});
    return 0;
}

int decide_f_beta(struct study *study, struct error *err)
{
    const struct threshold_costs costs = study_costs(study);
    json_t *rows = json_array();
    json_t *confusions = json_array();
    int status = 0;
    report_section(study->report, "f_beta");
    for (int beta = DECIDE_BETA_LEAST; status == 0 && beta <= DECIDE_BETA_MOST; beta++) {
        struct threshold_choice choice;
        char name[16];
        snprintf(name, sizeof name, "F%d", beta);
        status = thresholds_by_f_beta(&choice, &study->cuts, beta, &costs, err);
        if (status == 0)
            status = thresholds_interval(&choice, &study->cuts, &costs, study_replicates(study),
                                         study->options.seed, err);
        if (status)
            break;
        json_array_append_new(
            rows,
            json_pack("[s, o, o, o, o, o, o, o, o, o, o]", name, study_number(choice.threshold),
                      interval(study, choice.threshold_low, choice.threshold_high, 3),
                      study_number(choice.f_beta), interval(study, choice.goal_low, choice.goal_high, 3),
                      study_number(choice.precision), study_number(choice.recall), study_number(choice.f1),
                      study_number(choice.false_positive_share), study_number(choice.false_negative_share),
                      study_number(choice.false_ratio)));
        json_array_append_new(confusions, confusion_row(name, &choice.confusion));
    }
    const struct report_column columns[] = {{"beta", REPORT_TEXT, 0},
                                            {"threshold", REPORT_NUMBER, 3},
                                            {"threshold_interval", REPORT_TEXT, 0},
                                            {"value", REPORT_NUMBER, 3},
                                            {"value_interval", REPORT_TEXT, 0},
                                            {"precision", REPORT_PERCENT, 1},
                                            {"recall", REPORT_PERCENT, 1},
                                            {"f1", REPORT_NUMBER, 3},
                                            {"false_positives", REPORT_PERCENT, 1},
                                            {"false_negatives", REPORT_PERCENT, 1},
                                            {"ratio", REPORT_NUMBER, 1}};
    report_table(study->report, "table", columns, 11, rows);
    tell_confusions(study, confusions);
    return status ? status : tell_f_beta_curves(study, err);
}

/* ---- Money --------------------------------------------------------------------------------------------- */

static int tell_cost_curve(struct study *study, struct error *err)
{
    struct curve curve;
    spread(&curve, CURVE_POINTS, 0, high_probability(study));
    if (measure(&curve, study, BANDS_COST, 0, err))
        return -1;
    const struct line_series series = {"cost", curve.y, curve.low, curve.high, PAINT_PLAIN, false, false};
    report_lines(study->report, "curve",
                 &(struct line_chart){.x = curve.x,
                                      .count = curve.count,
                                      .series = &series,
                                      .series_count = 1,
                                      .decimals = study->options.by_amount ? 0 : 3,
                                      .x_decimals = 3,
                                      .mark = study->threshold,
                                      .mark_label = "analytic"});
    return 0;
}

static json_t *money_row(const struct study *study, const char *name, const struct threshold_choice *choice)
{
    const double rows = (double)study->cuts.rows;
    const int decimals = study->options.by_amount ? 0 : 3;
    const bool goal = choice->beta == 0 || isnan(choice->beta);
    return json_pack("[s, o, o, f, o, f, o, o]", name, study_number(choice->threshold),
                     interval(study, choice->threshold_low, choice->threshold_high, 3), choice->cost / rows,
                     goal ? interval(study, choice->goal_low / rows, choice->goal_high / rows, decimals)
                          : json_null(),
                     choice->savings / rows, study_number(choice->precision), study_number(choice->recall));
}

int decide_money(struct study *study, struct error *err)
{
    const struct threshold_costs costs = study_costs(study);
    const unsigned replicates = study_replicates(study);
    struct threshold_choice analytic, half;
    char missed[NUMBER_TEXT], refused[NUMBER_TEXT], threshold[NUMBER_TEXT];
    const enum language language = study->options.language;
    study->threshold = decision_threshold(costs.missed, costs.refused);
    report_section(study->report, "money");
    if (thresholds_at(&analytic, &study->cuts, study->threshold, &costs, err) ||
        thresholds_interval(&analytic, &study->cuts, &costs, replicates, study->options.seed, err) ||
        thresholds_by_cost(&study->cheapest, &study->cuts, &costs, err) ||
        thresholds_interval(&study->cheapest, &study->cuts, &costs, replicates, study->options.seed, err) ||
        thresholds_at(&half, &study->cuts, 0.5, &costs, err) ||
        thresholds_interval(&half, &study->cuts, &costs, replicates, study->options.seed, err))
        return -1;

    struct report *report = study->report;
    if (study->options.by_amount) {
        number_format_percent(missed, costs.missed, 1, language);
        number_format_percent(refused, costs.refused, 1, language);
    } else {
        number_format(missed, costs.missed, costs.missed == floor(costs.missed) ? 0 : 2, language);
        number_format(refused, costs.refused, costs.refused == floor(costs.refused) ? 0 : 2, language);
    }
    number_format_percent(threshold, study->threshold, 2, language);
    report_say(report, study->options.by_amount ? "by_amount" : "by_ratio",
               REPORT_VALUES("missed", missed, "refused", refused, "threshold", threshold));
    report_figure(report, "threshold", study->threshold, REPORT_PERCENT, 2);
    report_figure(report, "empirical", study->cheapest.threshold, REPORT_PERCENT, 2);
    report_figure(report, "saved",
                  analytic.cost_of_granting_all > 0 ? analytic.savings / analytic.cost_of_granting_all
                                                    : (double)NAN,
                  REPORT_PERCENT, 1);
    const struct report_column columns[] = {{"choice", REPORT_TEXT, 0},
                                            {"threshold", REPORT_NUMBER, 4},
                                            {"threshold_interval", REPORT_TEXT, 0},
                                            {"cost", REPORT_NUMBER, study->options.by_amount ? 0 : 4},
                                            {"cost_interval", REPORT_TEXT, 0},
                                            {"savings", REPORT_NUMBER, study->options.by_amount ? 0 : 4},
                                            {"precision", REPORT_PERCENT, 1},
                                            {"recall", REPORT_PERCENT, 1}};
    const char *names[] = {report_text(report, "analytic"), report_text(report, "cheapest"),
                           report_text(report, "half")};
    const struct threshold_choice *choices[] = {&analytic, &study->cheapest, &half};
    json_t *rows = json_array();
    json_t *confusions = json_array();
    for (int i = 0; i < 3; i++) {
        json_array_append_new(rows, money_row(study, names[i], choices[i]));
        json_array_append_new(confusions, confusion_row(names[i], &choices[i]->confusion));
    }
    report_table(report, "table", columns, 8, rows);
    tell_confusions(study, confusions);
    return tell_cost_curve(study, err);
}

/* ---- Curves -------------------------------------------------------------------------------------------- */

int decide_curves(struct study *study, struct error *err)
{
    struct curve roc;
    struct curve precision;
    double base[CURVE_POINTS];
    report_section(study->report, "curves");
    spread(&roc, CURVE_POINTS, 0, 1);
    spread(&precision, CURVE_POINTS - 1, 0.02, 1);
    if (measure(&roc, study, BANDS_ROC, 0, err) || measure(&precision, study, BANDS_PRECISION, 0, err))
        return -1;
    const struct line_series rates[] = {{"model", roc.y, roc.low, roc.high, PAINT_PLAIN, false, false},
                                        {"chance", roc.x, NULL, NULL, PAINT_UNKNOWN, true, false}};
    report_lines(study->report, "roc",
                 &(struct line_chart){.x = roc.x,
                                      .count = roc.count,
                                      .series = rates,
                                      .series_count = 2,
                                      .decimals = 3,
                                      .x_decimals = 2,
                                      .mark = NAN,
                                      .x_high = 1,
                                      .y_high = 1});
    for (size_t i = 0; i < precision.count; i++)
        base[i] = (double)study->cuts.positives / (double)study->cuts.rows;
    const struct line_series shares[] = {
        {"model", precision.y, precision.low, precision.high, PAINT_PLAIN, false, false},
        {"chance", base, NULL, NULL, PAINT_UNKNOWN, true, false}};
    report_lines(study->report, "precision_recall",
                 &(struct line_chart){.x = precision.x,
                                      .count = precision.count,
                                      .series = shares,
                                      .series_count = 2,
                                      .decimals = 3,
                                      .x_decimals = 2,
                                      .mark = NAN,
                                      .x_high = 1});
    return 0;
}

/* ---- Rows that no choice saw --------------------------------------------------------------------------- */

/* The rows of a part with their calibrated probabilities, cut. */
struct judged {
    double *scores;
    uint8_t *labels;
    double *amounts;
    size_t rows;
    struct cuts cuts;
};

static int judge(struct judged *out, const struct study *study, const double *scores, bool held,
                 struct error *err)
{
    size_t rows = study->matrix.rows;
    memset(out, 0, sizeof *out);
    out->scores = malloc(rows * sizeof *out->scores);
    out->labels = malloc(rows);
    out->amounts = malloc(rows * sizeof *out->amounts);
    if (!out->scores || !out->labels || !out->amounts)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < rows; i++) {
        if ((study->chosen[i] == UINT8_MAX) != held)
            continue;
        out->scores[out->rows] = scores[i];
        out->labels[out->rows] = study->matrix.labels[i];
        out->amounts[out->rows++] = study->amounts ? study->amounts[i] : 1;
    }
    struct cuts cuts = {0};
    int status = cuts_make(&cuts, out->scores, out->labels, out->rows, err);
    out->cuts = cuts;
    return status;
}

static void judged_free(struct judged *judged)
{
    free(judged->scores);
    free(judged->labels);
    free(judged->amounts);
    cuts_free(&judged->cuts);
}

/* Probabilities of all rows: out of fold where choices were made, by a model of those rows elsewhere. */
static int predict_held_out(double *out, const struct study *study, struct error *err)
{
    const struct matrix *matrix = &study->matrix;
    const struct examples all = matrix_examples(matrix);
    struct examples train = {0};
    struct boosting *boosting = NULL;
    double *margins = malloc(matrix->rows * sizeof *margins);
    int status = margins ? examples_pick(&train, &all, study->chosen, STUDY_FOLDS, true, err)
                         : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = boosting_train(&boosting, &train, study->parameters, study->options.seed,
                                study->trial.final_rounds, err);
    if (status == 0)
        status = boosting_predict(boosting, &all, margins, err);
    for (size_t i = 0; status == 0 && i < matrix->rows; i++)
        if (study->chosen[i] != UINT8_MAX)
            margins[i] = study->trial.margins[i];
    if (status == 0)
        study_probabilities(out, margins, matrix->rows, study->trial.calibration);
    boosting_free(boosting);
    examples_free(&train);
    free(margins);
    return status;
}

/* A threshold chosen on the others, and what it does to both parts. */
static int tell_transfer(const struct study *study, const struct judged *others, const struct judged *held,
                         json_t *rows, double beta, struct error *err)
{
    const struct options *options = &study->options;
    const struct threshold_costs costs = {options->missed_cost, options->refused_cost, others->amounts};
    const struct threshold_costs held_costs = {options->missed_cost, options->refused_cost, held->amounts};
    struct threshold_choice chosen, there;
    char name[16];
    int status = beta > 0 ? thresholds_by_f_beta(&chosen, &others->cuts, beta, &costs, err)
                          : thresholds_by_cost(&chosen, &others->cuts, &costs, err);
    if (status == 0)
        status = thresholds_at(&there, &held->cuts, chosen.threshold, &held_costs, err);
    if (status)
        return -1;
    snprintf(name, sizeof name, "F%.0f", beta);
    json_array_append_new(
        rows, json_pack("[s, o, o, o, o, o, f, f]", beta > 0 ? name : report_text(study->report, "money"),
                        study_number(chosen.threshold), beta > 0 ? study_number(chosen.f_beta) : json_null(),
                        beta > 0 ? study_number(metrics_f_beta(there.confusion, beta)) : json_null(),
                        study_number(chosen.recall), study_number(there.recall),
                        chosen.cost / (double)others->rows, there.cost / (double)held->rows));
    return 0;
}

int decide_hold_out(struct study *study, struct error *err)
{
    if (study->held_out == 0)
        return 0;
    struct judged others = {0};
    struct judged held = {0};
    struct ranking_metrics ranking = {0};
    double *scores = malloc(study->matrix.rows * sizeof *scores);
    json_t *rows = json_array();
    report_section(study->report, "hold_out");
    int status =
        scores ? predict_held_out(scores, study, err) : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = judge(&others, study, scores, false, err);
    if (status == 0)
        status = judge(&held, study, scores, true, err);
    if (status == 0 && metrics_rank(&ranking, held.scores, held.labels, held.rows))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    for (int beta = DECIDE_BETA_LEAST; status == 0 && beta <= DECIDE_BETA_MOST; beta++)
        status = tell_transfer(study, &others, &held, rows, beta, err);
    if (status == 0)
        status = tell_transfer(study, &others, &held, rows, 0, err);
    if (status == 0) {
        const int decimals = study->options.by_amount ? 0 : 3;
        const struct report_column columns[] = {{"choice", REPORT_TEXT, 0},
                                                {"threshold", REPORT_NUMBER, 3},
                                                {"f_others", REPORT_NUMBER, 3},
                                                {"f_held_out", REPORT_NUMBER, 3},
                                                {"recall_others", REPORT_PERCENT, 1},
                                                {"recall_held_out", REPORT_PERCENT, 1},
                                                {"cost_others", REPORT_NUMBER, decimals},
                                                {"cost_held_out", REPORT_NUMBER, decimals}};
        report_figure(study->report, "rows", (double)held.rows, REPORT_COUNT, 0);
        report_figure(study->report, "auc_others", study->trial.mean_auc, REPORT_NUMBER, 4);
        report_figure(study->report, "auc", ranking.auc, REPORT_NUMBER, 4);
        report_figure(study->report, "auc_low", ranking.auc_low, REPORT_NUMBER, 4);
        report_figure(study->report, "auc_high", ranking.auc_high, REPORT_NUMBER, 4);
        report_figure(study->report, "brier", metrics_brier(held.scores, held.labels, held.rows),
                      REPORT_NUMBER, 5);
        report_table(study->report, "table", columns, 8, json_incref(rows));
    }
    json_decref(rows);
    judged_free(&others);
    judged_free(&held);
    free(scores);
    return status;
}
