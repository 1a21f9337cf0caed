#include "notebooks-port/model/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/comparison.h"
#include "notebooks-port/ml/dummies.h"
#include "notebooks-port/ml/seed.h"
#include "shared/base/number.h"

enum { NEIGHBOURS = 5, NAME = 160, QUICK_ROUNDS = 40 };
static const double QUICK_ETA = 0.1, CHANCE = 0.5;

static bool is_balanced(const json_t *parameters)
{
    const char *weights = json_string_value(json_object_get(parameters, "weights"));
    return weights && strcmp(weights, "balanced") == 0;
}

/* In a hurry: the floor, the plainest method and the one that is served, with few trees. */
static size_t keep_quick(struct comparison_entry *entries, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        enum classifier_kind kind = entries[i].kind;
        bool wanted =
            !entries[i].standardise && !is_balanced(entries[i].parameters) &&
            (kind == CLASSIFIER_DUMMY || kind == CLASSIFIER_LOGISTIC || kind == CLASSIFIER_BOOSTING_DEPTH);
        if (wanted && kind == CLASSIFIER_BOOSTING_DEPTH && !entries[i].parameters)
            entries[i].parameters = json_pack("{s:i, s:f}", "rounds", QUICK_ROUNDS, "eta", QUICK_ETA);
        if (wanted) {
            struct comparison_entry entry = entries[kept];
            entries[kept++] = entries[i];
            entries[i] = entry;
        }
    }
    return kept;
}

static const char *kind_text(const struct study *study, enum classifier_kind kind)
{
    char key[NAME];
    snprintf(key, sizeof key, "kinds.%s", classifier_name(kind));
    return report_text(study->report, key);
}

/* "raw", "raw, class weights", "SMOTE, standardised" in the report's language. */
static void data_text(char out[NAME], const struct study *study, const struct comparison_entry *entry)
{
    struct report *report = study->report;
    const struct {
        bool holds;
        const char *key;
    } marks[] = {{json_object_get(entry->parameters, "C") != NULL, "original"},
                 {entry->standardise, "standardised"},
                 {is_balanced(entry->parameters), "weights"}};
    size_t length = (size_t)snprintf(out, NAME, "%s", report_text(report, entry->smote ? "smote" : "raw"));
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].holds && length < NAME)
            length +=
                (size_t)snprintf(out + length, NAME - length, ", %s", report_text(report, marks[i].key));
}

static void tell_table(const struct study *study, const struct comparison *comparison,
                       const struct comparison_entry *entries)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < comparison->count; i++) {
        const struct comparison_metrics *mean = &comparison->table[i].mean;
        char data[NAME];
        data_text(data, study, &entries[i]);
        json_array_append_new(
            rows, json_pack("[s, s, o, o, o, o, o, o, o, o, o]", kind_text(study, entries[i].kind), data,
                            study_number(mean->auc), study_number(comparison->table[i].sd.auc),
                            study_number(mean->ks), study_number(mean->accuracy),
                            study_number(mean->precision), study_number(mean->recall), study_number(mean->f1),
                            study_number(mean->brier), study_number(mean->seconds)));
    }
    const struct report_column columns[] = {
        {"method", REPORT_TEXT, 0},       {"data", REPORT_TEXT, 0},      {"auc", REPORT_NUMBER, 4},
        {"sd", REPORT_NUMBER, 4},         {"ks", REPORT_NUMBER, 3},      {"accuracy", REPORT_PERCENT, 1},
        {"precision", REPORT_PERCENT, 1}, {"recall", REPORT_PERCENT, 1}, {"f1", REPORT_NUMBER, 3},
        {"brier", REPORT_NUMBER, 4},      {"seconds", REPORT_NUMBER, 2}};
    report_table(study->report, "table", columns, 11, rows);
}

/* From the best to the worst, as bars. */
static void tell_bars(const struct study *study, const struct comparison *comparison,
                      const struct comparison_entry *entries)
{
    static char names[COMPARISON_ENTRIES][2 * NAME];
    const char *labels[COMPARISON_ENTRIES];
    double values[COMPARISON_ENTRIES];
    size_t order[COMPARISON_ENTRIES];
    for (size_t i = 0; i < comparison->count; i++) {
        size_t at = i;
        for (; at > 0 && comparison->table[order[at - 1]].mean.auc < comparison->table[i].mean.auc; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    for (size_t i = 0; i < comparison->count; i++) {
        char data[NAME];
        data_text(data, study, &entries[order[i]]);
        snprintf(names[i], sizeof names[i], "%s (%s)", kind_text(study, entries[order[i]].kind), data);
        labels[i] = names[i];
        values[i] = comparison->table[order[i]].mean.auc - CHANCE;
    }
    const struct chart_series series = {"above", values, PAINT_PLAIN};
    report_chart(study->report, "bars",
                 &(struct chart){.kind = CHART_DIVERGING,
                                 .labels = labels,
                                 .count = comparison->count,
                                 .series = &series,
                                 .series_count = 1,
                                 .decimals = 3,
                                 .is_signed = true,
                                 .mark = NAN,
                                 .highlight = -1});
}

/* What XGBoost is to be told for the same classifier. */
static json_t *xgboost_parameters(const struct study *study, const struct comparison_entry *entry)
{
    json_t *parameters = classifier_defaults(entry->kind);
    if (entry->parameters)
        json_object_update(parameters, (json_t *)entry->parameters);
    if (is_balanced(parameters)) {
        double defaults = 0;
        for (size_t i = 0; i < study->matrix.rows; i++)
            defaults += study->matrix.labels[i];
        json_object_set_new(parameters, "scale_pos_weight",
                            json_real(((double)study->matrix.rows - defaults) / defaults));
    }
    json_object_del(parameters, "weights");
    json_object_del(parameters, "standardise");
    json_object_del(parameters, "rounds");
    json_object_set_new(parameters, "objective", json_string("binary:logistic"));
    json_object_set_new(parameters, "eval_metric", json_string("logloss"));
    return parameters;
}

static void tell_winner(struct study *study, const struct comparison *comparison,
                        const struct comparison_entry *entries)
{
    char data[NAME], served[NAME], auc[NUMBER_TEXT];
    data_text(data, study, &entries[comparison->best]);
    number_format(auc, comparison->table[comparison->best].mean.auc, 4, study->options.language);
    report_say(
        study->report, "best",
        REPORT_VALUES("method", kind_text(study, entries[comparison->best].kind), "data", data, "auc", auc));
    size_t best = comparison->best_served;
    if (best == SIZE_MAX)
        return;
    if (best != comparison->best) {
        data_text(served, study, &entries[best]);
        number_format(auc, comparison->table[best].mean.auc, 4, study->options.language);
        report_say(study->report, "best_served",
                   REPORT_VALUES("method", kind_text(study, entries[best].kind), "data", served, "auc", auc));
    }
    study->compared = xgboost_parameters(study, &entries[best]);
}

int compare_methods(struct study *study, struct error *err)
{
    if (!(study->options.sections & SECTION_COMPARISON))
        return 0;
    struct comparison_entry entries[COMPARISON_ENTRIES];
    struct comparison comparison = {0};
    struct matrix matrix = {0};
    size_t all = comparison_original(entries, study->options.quick);
    size_t count = study->options.quick ? keep_quick(entries, all) : all;
    report_section(study->report, "comparison");
    int status = dummies_expand(&matrix, &study->matrix, err);
    const struct examples data = matrix_examples(&matrix);
    const struct comparison_task task = {.data = &data,
                                         .fold = study->chosen,
                                         .folds = study->folds,
                                         .neighbours = NEIGHBOURS,
                                         .seed = study->options.seed,
                                         .show_progress = true};
    if (status == 0)
        status = comparison_run(&comparison, entries, count, &task, err);
    if (status == 0) {
        tell_winner(study, &comparison, entries);
        tell_bars(study, &comparison, entries);
        tell_table(study, &comparison, entries);
        report_data(study->report, "methods", comparison_describe(&comparison, entries));
    }
    comparison_free(&comparison);
    comparison_release(entries, all);
    matrix_free(&matrix);
    return status;
}
