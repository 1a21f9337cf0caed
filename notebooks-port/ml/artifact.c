#include "notebooks-port/ml/artifact.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/buffer.h"
#include "shared/base/file.h"
#include "shared/base/temporary.h"
#include "shared/features/catalogue.h"
#include "shared/model/model.h"

enum { CARD_BYTES = 1 << 20, LEADING = 15 };

static const char *const file_names[] = {"model.ubj", "model.json", "reference.json", "card.md"};
enum { MODEL_UBJ, MODEL_JSON, REFERENCE_JSON, CARD_MD, FILES };

static int write_json(const char *path, const json_t *document, size_t flags, struct error *err)
{
    char *text = json_dumps(document, flags | JSON_REAL_PRECISION(17));
    int status =
        text ? file_write(path, text, strlen(text), err) : error_set(err, ERROR_INTERNAL, "out of memory");
    free(text);
    return status;
}

static double number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

struct leading {
    size_t feature;
    double importance;
};

static int by_importance(const void *a, const void *b)
{
    double x = ((const struct leading *)a)->importance;
    double y = ((const struct leading *)b)->importance;
    return (x < y) - (x > y);
}

static void describe_features(struct buffer *card, const json_t *reference)
{
    struct leading leading[FEATURE_COUNT];
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        leading[i] = (struct leading){
            i, number(json_object_get(json_object_get(reference, "features"), catalogue_feature(i)->name),
                      "importance")};
    qsort(leading, FEATURE_COUNT, sizeof *leading, by_importance);
    buffer_append_format(
        card, NULL,
        "## Features\n\n%d features, described in the catalogue (`GET /features`). The leading ones by "
        "mean absolute contribution to the log-odds:\n\n| feature | variable | contribution "
        "|\n|---|---|---|\n",
        FEATURE_COUNT);
    for (size_t i = 0; i < LEADING; i++)
        buffer_append_format(card, NULL, "| %s | %s | %.3f |\n",
                             catalogue_feature(leading[i].feature)->label[LANGUAGE_EN],
                             catalogue_feature(leading[i].feature)->name, leading[i].importance);
}

static void describe_quality(struct buffer *card, const json_t *document)
{
    const json_t *metrics = json_object_get(document, "metrics");
    const json_t *threshold = json_object_get(document, "threshold");
    const json_t *confusion = json_object_get(metrics, "confusion");
    buffer_append_text(
        card,
        "\n## Quality\n\nOut of fold, calibrated: every row is predicted by a model that did not see it.\n\n"
        "| figure | value |\n|---|---|\n",
        NULL);
    buffer_append_format(card, NULL, "| AUC, pooled (95 %% interval) | %.4f (%.4f to %.4f) |\n",
                         number(metrics, "auc"), number(metrics, "auc_low"), number(metrics, "auc_high"));
    buffer_append_format(card, NULL, "| AUC, mean of folds | %.4f |\n", number(metrics, "auc_mean"));
    size_t i = 0;
    json_t *fold = NULL;
    json_array_foreach(json_object_get(metrics, "auc_folds"), i, fold)
        buffer_append_format(card, NULL, "| AUC, fold %zu | %.4f |\n", i, json_number_value(fold));
    buffer_append_format(
        card, NULL,
        "| Gini | %.4f |\n| KS | %.4f |\n| Average precision | %.4f |\n| Brier score | %.5f |\n"
        "| Log loss | %.5f |\n",
        number(metrics, "gini"), number(metrics, "ks"), number(metrics, "average_precision"),
        number(metrics, "brier"), number(metrics, "log_loss"));
    buffer_append_format(card, NULL,
                         "\n## Threshold\n\nRefused at a probability of default of %.4f or more: a missed "
                         "default is taken to cost %g "
                         "times a refused good client, so refusing pays from 1 / (1 + %g). The empirical "
                         "optimum of these rows "
                         "is %.4f.\n\n| at the threshold | repaid | defaulted |\n|---|---|---|\n| granted | "
                         "%.0f | %.0f |\n| refused | %.0f | %.0f |\n",
                         number(threshold, "value"), number(threshold, "missed_cost"),
                         number(threshold, "missed_cost"), number(threshold, "empirical"),
                         number(confusion, "true_negatives"), number(confusion, "false_negatives"),
                         number(confusion, "false_positives"), number(confusion, "true_positives"));
}

static void describe_fairness(struct buffer *card, const json_t *document)
{
    buffer_append_text(card,
                       "\n## Fairness\n\nShares granted at the threshold, out of fold. The ratio compares "
                       "with the group granted most; "
                       "0.8 and above passes the four-fifths rule.\n\n| group | clients | default rate | "
                       "granted | ratio |\n|---|---|---|---|---|\n",
                       NULL);
    size_t i = 0;
    json_t *group = NULL;
    json_array_foreach(json_object_get(document, "fairness"), i, group) buffer_append_format(
        card, NULL, "| %s | %.0f | %.1f %% | %.1f %% | %.2f |\n",
        json_string_value(json_object_get(group, "group")), number(group, "clients"),
        100 * number(group, "default_rate"), 100 * number(group, "granted"), number(group, "ratio"));
}

/* The model card (Mitchell et al. 2019, "Model Cards for Model Reporting"). */
static int write_card(const char *path, const json_t *document, const json_t *reference, struct error *err)
{
    const json_t *training = json_object_get(document, "training");
    struct buffer card = buffer_new(CARD_BYTES);
    buffer_append_format(
        &card, NULL,
        "# Model card: %s, version %s\n\n## What it is for\n\nThe probability that an applicant for consumer "
        "credit will "
        "have payment difficulties, as support for a relationship manager who decides. It is not for "
        "deciding "
        "without a person, nor for clients unlike those it learnt from: companies, existing credits, other "
        "countries.\n\n"
        "## What it is\n\nGradient-boosted trees (XGBoost %s, %.0f trees) with Platt calibration. "
        "Explanations are exact "
        "SHAP values.\n\n## Data\n\n%.0f applications, %.2f %% with payment difficulties. SHA-256 of the "
        "files: `%s`.\n\n",
        json_string_value(json_object_get(document, "name")),
        json_string_value(json_object_get(document, "version")),
        json_string_value(json_object_get(json_object_get(training, "libraries"), "xgboost")),
        number(training, "rounds"), number(training, "rows"), 100 * number(training, "default_rate"),
        json_string_value(json_object_get(training, "data_hash")));
    describe_features(&card, reference);
    describe_quality(&card, document);
    describe_fairness(&card, document);
    buffer_append_format(&card, NULL,
                         "\n## Limits\n\n- Gender, age and family status are among the features, as in the "
                         "public data this follows; they are never "
                         "told as reasons. A bank that must not use them retrains without.\n- Histories that "
                         "were not supplied are treated as "
                         "unknown, not as clean.\n- It does not know what happened after its data: watch "
                         "drift.\n\n## Again\n\n    %s\n\nThe same files, seed and "
                         "version of XGBoost give the same trees.\n",
                         json_string_value(json_object_get(training, "command")));
    int status = file_write(path, card.data, card.length, err);
    buffer_free(&card);
    return status;
}

/* Removes the artifact's files and the folder, if they are there. */
static void remove_folder(const char *folder)
{
    char path[PATH_MAX];
    for (int i = 0; i < FILES; i++)
        if (file_path(path, sizeof path, folder, file_names[i], NULL) == 0)
            unlink(path);
    rmdir(folder);
}

int artifact_write(const char *folder, const struct boosting *boosting, const json_t *document,
                   const json_t *reference, struct error *err)
{
    char part[PATH_MAX];
    char paths[FILES][PATH_MAX] = {{0}};
    struct model *model = NULL;
    if ((size_t)snprintf(part, sizeof part, "%s.part", folder) >= sizeof part)
        return error_set(err, ERROR_LIMIT, "%s: path too long", folder);
    remove_folder(part);
    if (file_make_folder(part, err))
        return -1;
    int status = 0;
    temporary_add(part);
    for (int i = 0; status == 0 && i < FILES; i++)
        if ((status = file_path(paths[i], sizeof paths[i], part, file_names[i], err)) == 0)
            temporary_add(paths[i]);
    if (status == 0)
        status = boosting_save(boosting, paths[MODEL_UBJ], err);
    if (status == 0)
        status = write_json(paths[MODEL_JSON], document, JSON_INDENT(2), err);
    if (status == 0)
        status = write_json(paths[REFERENCE_JSON], reference, JSON_COMPACT, err);
    if (status == 0)
        status = write_card(paths[CARD_MD], document, reference, err);
    if (status == 0)
        status = model_load(&model, part, err);
    model_free(model);
    /* One call takes the place of a folder that is there: at no moment is there none. */
    if (status == 0 && renameat2(AT_FDCWD, part, AT_FDCWD, folder, RENAME_EXCHANGE) &&
        (errno != ENOENT || rename(part, folder)))
        status = error_set(err, ERROR_IO, "%s: %s", folder, strerror(errno));
    remove_folder(part);
    for (int i = 0; i < FILES; i++)
        temporary_forget(paths[i]);
    temporary_forget(part);
    return status;
}
