#include "notebooks-port/model/learning.h"

#include <math.h>

#include "notebooks-port/ml/learning_curve.h"

enum { SHARES = 6, QUICK_SHARES = 3, SPEED = 3 };

/* The model's parameters in fewer and larger steps: it is the shape that is asked for. */
static json_t *faster(const json_t *parameters)
{
    json_t *fast = json_deep_copy(parameters);
    const json_t *eta = json_object_get(parameters, "eta");
    json_object_set_new(fast, "eta", json_real(fmin(1, SPEED * (eta ? json_number_value(eta) : 0.3))));
    return fast;
}

int learning_measure(struct study *study, struct error *err)
{
    if (!(study->options.sections & SECTION_LEARNING))
        return 0;
    static const double all_shares[SHARES] = {0.1, 0.2, 0.4, 0.6, 0.8, 1};
    static const double quick_shares[QUICK_SHARES] = {0.3, 0.6, 1};
    const bool quick = study->options.quick;
    const double *shares = quick ? quick_shares : all_shares;
    const size_t count = quick ? QUICK_SHARES : SHARES;
    const struct examples data = matrix_examples(&study->matrix);
    struct learning_point points[SHARES];
    json_t *parameters = faster(study->parameters);
    struct boosting_plan plan = {parameters, study->options.seed, study->validation.final_rounds / SPEED + 1};
    const struct learning_curve_task task = {.data = &data,
                                             .fold = study->chosen,
                                             .folds = study->folds,
                                             .seed = study->options.seed,
                                             .fit = learning_curve_fit_boosting,
                                             .context = &plan,
                                             .show_progress = true};
    report_section(study->report, "learning");
    int status = learning_curve_measure(points, shares, count, &task, err);
    json_decref(parameters);
    if (status)
        return -1;
    double rows[SHARES], seen[SHARES], seen_low[SHARES], seen_high[SHARES];
    double unseen[SHARES], unseen_low[SHARES], unseen_high[SHARES];
    for (size_t i = 0; i < count; i++) {
        rows[i] = points[i].rows;
        seen[i] = points[i].train_auc;
        seen_low[i] = seen[i] - points[i].train_sd;
        seen_high[i] = seen[i] + points[i].train_sd;
        unseen[i] = points[i].test_auc;
        unseen_low[i] = unseen[i] - points[i].test_sd;
        unseen_high[i] = unseen[i] + points[i].test_sd;
    }
    const struct line_series series[] = {
        {"unseen", unseen, unseen_low, unseen_high, PAINT_PLAIN, false, false},
        {"seen", seen, seen_low, seen_high, PAINT_UNKNOWN, true, false}};
    report_lines(
        study->report, "curve",
        &(struct line_chart){
            .x = rows, .count = count, .series = series, .series_count = 2, .decimals = 4, .mark = NAN});
    report_figure(study->report, "gain", unseen[count - 1] - unseen[count - 2], REPORT_SIGNED, 4);
    return 0;
}
