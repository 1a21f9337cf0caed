#include "shared/model/model.h"

#include <limits.h>
#include <math.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/buffer.h"
#include "shared/base/file.h"
#include "shared/model/booster.h"
#include "shared/model/decision.h"
#include "shared/model/tree_shap.h"
#include "shared/model/trees_restrict.h"

enum { DOCUMENT_BYTES = 64 << 20, CARD_BYTES = 1 << 20, BATCH_ROWS = 1024 };
static const double GOLDEN_TOLERANCE = 1e-5;

struct model {
    struct trees *trees;
    struct tree_shap *shap; /* of the trees */
    json_t *document, *reference;
    char *card;                 /* NULL: none */
    const char *name, *version; /* in document */
    char hash[FILE_HASH_HEX];
    size_t features[FEATURE_COUNT]; /* catalogue ids in the order of the booster's columns */
    size_t feature_count;
    struct calibration calibration;
    double threshold;
    double usual[FEATURE_COUNT]; /* the training population's median or most frequent category */
    double importance[FEATURE_COUNT];
};

/* Reads a JSON file of the artifact. */
static json_t *read_document(const char *path, struct error *err)
{
    struct buffer text = buffer_new(DOCUMENT_BYTES);
    json_t *document = NULL;
    json_error_t problem;
    if (file_read(&text, path, err) == 0) {
        document = json_loadb(text.data ? text.data : "", text.length, JSON_REJECT_DUPLICATES, &problem);
        if (!document)
            error_set(err, ERROR_PARSE, "%s:%d: %s", path, problem.line, problem.text);
    }
    buffer_free(&text);
    return document;
}

/* The card is for people: an artifact without one can be served. */
static int read_card(struct model *model, const char *folder, struct error *err)
{
    char path[PATH_MAX];
    struct buffer text = buffer_new(CARD_BYTES);
    if (file_path(path, sizeof path, folder, "card.md", err))
        return -1;
    if (!file_exists(path))
        return 0;
    int status = file_read(&text, path, err);
    model->card = buffer_take(&text);
    return status;
}

/* The features in the booster's order, all known to this catalogue. */
static int read_features(struct model *model, const json_t *names, const char *path, struct error *err)
{
    if (!json_is_array(names) || json_array_size(names) == 0 || json_array_size(names) > FEATURE_COUNT)
        return error_set(err, ERROR_INVALID, "%s: \"features\" must be a list of feature names", path);
    size_t i = 0;
    json_t *name = NULL;
    json_array_foreach(names, i, name)
    {
        int id = json_is_string(name) ? catalogue_find(json_string_value(name)) : -1;
        if (id < 0)
            return error_set(err, ERROR_INVALID, "%s: the catalogue has no feature \"%s\"", path,
                             json_is_string(name) ? json_string_value(name) : "?");
        model->features[i] = (size_t)id;
    }
    model->feature_count = json_array_size(names);
    return 0;
}

static int read_settings(struct model *model, const char *path, struct error *err)
{
    const char *catalogue = NULL;
    json_t *features = NULL;
    json_error_t problem;
    if (json_unpack_ex(model->document, &problem, 0, "{s:s, s:s, s:s, s:o, s:{s:F, s:F}, s:{s:F}}", "name",
                       &model->name, "version", &model->version, "catalogue_version", &catalogue, "features",
                       &features, "calibration", "slope", &model->calibration.slope, "intercept",
                       &model->calibration.intercept, "threshold", "value", &model->threshold))
        return error_set(err, ERROR_INVALID, "%s: %s", path, problem.text);
    if (strcmp(catalogue, catalogue_version()) != 0)
        return error_set(
            err, ERROR_INVALID,
            "%s: was trained on version %s of the features, this program builds version %s; train again",
            path, catalogue, catalogue_version());
    if (!(model->threshold > 0 && model->threshold < 1))
        return error_set(err, ERROR_INVALID, "%s: the threshold must lie between 0 and 1", path);
    if (!(model->calibration.slope > 0))
        return error_set(err, ERROR_INVALID, "%s: the slope of the calibration must be above 0", path);
    return read_features(model, features, path, err);
}

/* What is usual, per feature: its median, or the most frequent category; and its importance. */
static void read_features_reference(struct model *model)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const json_t *feature =
            json_object_get(json_object_get(model->reference, "features"), catalogue_feature(i)->name);
        const json_t *usual = json_object_get(feature, "usual");
        model->usual[i] = json_is_number(usual) ? json_number_value(usual) : (double)NAN;
    }
    for (size_t i = 0; i < model->feature_count; i++) {
        size_t id = model->features[i];
        const json_t *feature =
            json_object_get(json_object_get(model->reference, "features"), catalogue_feature(id)->name);
        model->importance[id] = json_number_value(json_object_get(feature, "importance"));
    }
}

static double number_at(const json_t *array, size_t position)
{
    const json_t *value = json_array_get(array, position);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* XGBoost is the judge of its trees: our margin of a row must be its own to the last bit. */
static int check_margin(const struct model *model, const struct booster *booster, size_t row,
                        const float *values, const char *path, struct error *err)
{
    float ours = 0;
    float judged = 0;
    trees_predict(model->trees, values, 1, &ours);
    if (booster_predict(booster, values, 1, &judged, err))
        return -1;
    if (!(ours == judged))
        return error_set(err, ERROR_INVALID,
                         "%s: golden row %zu has the margin %.9g by the trees and %.9g by XGBoost; the model "
                         "cannot be served",
                         path, row, (double)ours, (double)judged);
    return 0;
}

/* One golden row: vector in, margin and contributions as they were at training. */
static int check_golden_row(const struct model *model, const struct booster *booster, size_t row,
                            const json_t *golden, const char *path, struct error *err)
{
    const json_t *vector = json_object_get(golden, "vector");
    const json_t *wanted = json_object_get(golden, "contributions");
    if (json_array_size(vector) != model->feature_count || json_array_size(wanted) != model->feature_count)
        return error_set(err, ERROR_INVALID, "%s: golden row %zu does not have the model's %zu features",
                         path, row, model->feature_count);
    float columns[FEATURE_COUNT];
    float values[FEATURE_COUNT];
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        values[i] = NAN;
    for (size_t i = 0; i < model->feature_count; i++)
        values[model->features[i]] = columns[i] = (float)number_at(vector, i);
    if (check_margin(model, booster, row, columns, path, err))
        return -1;

    struct score score;
    double base_value = 0;
    double contributions[FEATURE_COUNT];
    if (model_explain(model, values, &score, contributions, &base_value, err))
        return -1;
    double worst = fabs(score.margin - json_number_value(json_object_get(golden, "margin")));
    worst = fmax(worst, fabs(base_value - json_number_value(json_object_get(golden, "base_value"))));
    for (size_t i = 0; i < model->feature_count; i++) {
        double difference = fabs(contributions[model->features[i]] - number_at(wanted, i));
        worst = isnan(difference) ? INFINITY : fmax(worst, difference);
    }
    /* The sums are made in raw log-odds, before the calibration, which may stretch them. */
    if (worst <= GOLDEN_TOLERANCE * fmax(model->calibration.slope, 1))
        return 0;
    return error_set(
        err, ERROR_INVALID,
        "%s: golden row %zu is off by %.3g; the model does not compute what it did when it was trained", path,
        row, worst);
}

static int check_golden_rows(const struct model *model, const struct booster *booster, const char *path,
                             struct error *err)
{
    const json_t *rows = json_object_get(model->reference, "golden");
    if (json_array_size(rows) == 0)
        return error_set(err, ERROR_INVALID, "%s: no golden rows, so the model cannot be checked", path);
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (check_golden_row(model, booster, i, json_array_get(rows, i), path, err))
            return -1;
    return 0;
}

/* SHA-256 over the hashes of the two files that decide what the model says. */
static int hash_artifact(struct model *model, const char *booster_path, const char *document_path,
                         struct error *err)
{
    char hashes[2][FILE_HASH_HEX];
    if (file_hash(hashes[0], booster_path, err) || file_hash(hashes[1], document_path, err))
        return -1;
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)hashes, sizeof hashes);
    sodium_bin2hex(model->hash, sizeof model->hash, digest, sizeof digest);
    return 0;
}

int model_load(struct model **out, const char *folder, struct error *err)
{
    char booster_path[PATH_MAX];
    char document_path[PATH_MAX];
    char reference_path[PATH_MAX];
    struct booster *booster = NULL;
    struct model *model = calloc(1, sizeof *model);
    if (!model)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    int status = -1;
    if (file_path(booster_path, sizeof booster_path, folder, "model.ubj", err) ||
        file_path(document_path, sizeof document_path, folder, "model.json", err) ||
        file_path(reference_path, sizeof reference_path, folder, "reference.json", err))
        goto done;
    model->document = read_document(document_path, err);
    model->reference = model->document ? read_document(reference_path, err) : NULL;
    if (!model->reference || read_settings(model, document_path, err) || read_card(model, folder, err) ||
        hash_artifact(model, booster_path, document_path, err) ||
        booster_load(&booster, booster_path, model->feature_count, err) ||
        booster_trees(&model->trees, booster, err) || tree_shap_new(&model->shap, model->trees, err))
        goto done;
    read_features_reference(model);
    status = check_golden_rows(model, booster, reference_path, err);
done:
    booster_free(booster); /* its trees are enough once it agreed with them */
    if (status == 0)
        *out = model;
    else
        model_free(model);
    return status;
}

void model_free(struct model *model)
{
    if (!model)
        return;
    tree_shap_free(model->shap);
    trees_free(model->trees);
    json_decref(model->document);
    json_decref(model->reference);
    free(model->card);
    free(model);
}

const char *model_name(const struct model *model)
{
    return model->name;
}

const char *model_version(const struct model *model)
{
    return model->version;
}

const char *model_hash(const struct model *model)
{
    return model->hash;
}

double model_threshold(const struct model *model)
{
    return model->threshold;
}

double model_usual(const struct model *model, size_t feature)
{
    return model->usual[feature];
}

double model_importance(const struct model *model, size_t feature)
{
    return model->importance[feature];
}

const json_t *model_document(const struct model *model)
{
    return model->document;
}

const json_t *model_reference(const struct model *model)
{
    return model->reference;
}

const char *model_card(const struct model *model)
{
    return model->card;
}

size_t model_feature_count(const struct model *model)
{
    return model->feature_count;
}

size_t model_feature(const struct model *model, size_t position)
{
    return model->features[position];
}

bool model_uses(const struct model *model, size_t feature)
{
    for (size_t i = 0; i < model->feature_count; i++)
        if (model->features[i] == feature)
            return true;
    return false;
}

size_t model_bytes(const struct model *model)
{
    return trees_bytes(model->trees) + tree_shap_bytes(model->shap);
}

/* Picks the model's columns out of a catalogue vector. */
static void select_columns(const struct model *model, const float *vector, float *out)
{
    for (size_t i = 0; i < model->feature_count; i++)
        out[i] = vector[model->features[i]];
}

static struct score score_of(const struct model *model, float raw_margin)
{
    double margin = decision_calibrate(model->calibration, (double)raw_margin);
    double probability = decision_probability(margin);
    return (struct score){.margin = margin,
                          .probability = probability,
                          .points = decision_points(margin),
                          .refused = probability >= model->threshold};
}

int model_predict(const struct model *model, const float *vectors, size_t rows, struct score *out,
                  struct error *err)
{
    (void)err; /* walking trees cannot fail */
    float row[FEATURE_COUNT];
    for (size_t i = 0; i < rows; i++) {
        float margin = 0;
        select_columns(model, vectors + i * FEATURE_COUNT, row);
        trees_predict(model->trees, row, 1, &margin);
        out[i] = score_of(model, margin);
    }
    return 0;
}

/* From what the trees say of a row in raw log-odds to what the model says. */
static void settle_row(const struct model *model, float margin, const float *raw, struct score *out,
                       double *contributions, double *base_value)
{
    *out = score_of(model, margin);
    *base_value = decision_calibrate(model->calibration, (double)raw[model->feature_count]);
    memset(contributions, 0, FEATURE_COUNT * sizeof *contributions);
    for (size_t i = 0; i < model->feature_count; i++)
        contributions[model->features[i]] = model->calibration.slope * (double)raw[i];
    /* A feature the model does not use has 0 and is never the largest, unless all are 0. */
    decision_settle(contributions, FEATURE_COUNT, *base_value, out->margin);
}

int model_explain(const struct model *model, const float *vector, struct score *out, double *contributions,
                  double *base_value, struct error *err)
{
    float row[FEATURE_COUNT];
    float raw[FEATURE_COUNT + 1];
    float margin = 0;
    select_columns(model, vector, row);
    if (tree_shap_score(model->shap, row, 1, 1, raw, &margin, err))
        return -1;
    settle_row(model, margin, raw, out, contributions, base_value);
    return 0;
}

int model_explain_many(const struct model *model, const float *vectors, size_t rows, unsigned threads,
                       struct score *out, double *contributions, double *base_value, struct error *err)
{
    size_t columns = model->feature_count;
    float *matrix = malloc((BATCH_ROWS * (2 * columns + 2)) * sizeof *matrix);
    if (!matrix)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    float *raw = matrix + BATCH_ROWS * columns;
    float *margins = raw + BATCH_ROWS * (columns + 1);
    int status = 0;
    for (size_t first = 0; status == 0 && first < rows; first += BATCH_ROWS) {
        size_t count = rows - first < BATCH_ROWS ? rows - first : BATCH_ROWS;
        for (size_t i = 0; i < count; i++)
            select_columns(model, vectors + (first + i) * FEATURE_COUNT, matrix + i * columns);
        status = tree_shap_score(model->shap, matrix, count, threads, raw, margins, err);
        for (size_t i = 0; status == 0 && i < count; i++)
            settle_row(model, margins[i], raw + i * (columns + 1), &out[first + i],
                       contributions + (first + i) * FEATURE_COUNT, base_value);
    }
    free(matrix);
    return status;
}

int model_interactions(const struct model *model, const float *vectors, size_t rows, const size_t (*pairs)[2],
                       size_t pair_count, unsigned threads, double *out, struct error *err)
{
    size_t columns[FEATURE_COUNT]; /* of the booster; feature_count where it has none */
    size_t(*asked)[2] = malloc((pair_count + 1) * sizeof *asked);
    size_t *places = malloc((pair_count + 1) * sizeof *places);
    float *matrix = calloc(rows * model->feature_count + 1, sizeof *matrix);
    double *values = malloc((rows * pair_count + 1) * sizeof *values);
    size_t count = 0;
    int status = asked && places && matrix && values ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status)
        goto done;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        columns[i] = model->feature_count;
    for (size_t i = 0; i < model->feature_count; i++)
        columns[model->features[i]] = i;
    for (size_t i = 0; i < pair_count; i++) {
        if (pairs[i][0] >= FEATURE_COUNT || pairs[i][1] >= FEATURE_COUNT) {
            status = error_set(err, ERROR_INVALID, "pair %zu names a feature the catalogue does not have", i);
            goto done;
        }
        asked[count][0] = columns[pairs[i][0]];
        asked[count][1] = columns[pairs[i][1]];
        places[count] = i;
        count += asked[count][0] < model->feature_count && asked[count][1] < model->feature_count;
    }
    for (size_t i = 0; i < rows; i++)
        select_columns(model, vectors + i * FEATURE_COUNT, matrix + i * model->feature_count);
    status = tree_shap_interactions(model->shap, matrix, rows, (const size_t(*)[2])asked, count, threads,
                                    values, err);
    for (size_t i = 0; i < rows * pair_count; i++)
        out[i] = 0;
    for (size_t row = 0; status == 0 && row < rows; row++)
        for (size_t i = 0; i < count; i++)
            out[row * pair_count + places[i]] = model->calibration.slope * values[row * count + i];
done:
    free(asked);
    free(places);
    free(matrix);
    free(values);
    return status;
}

struct model_slice {
    const struct model *model;
    struct trees *trees;
    size_t moving[FEATURE_COUNT]; /* catalogue ids of the columns of `trees` */
    size_t count;
};

int model_slice_new(struct model_slice **out, const struct model *model, const float *vector,
                    const size_t *moving, size_t count, struct error *err)
{
    size_t kept[FEATURE_COUNT]; /* the same as columns of the booster */
    float row[FEATURE_COUNT];
    struct model_slice *slice = calloc(1, sizeof *slice);
    if (!slice)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    slice->model = model;
    for (size_t i = 0; i < model->feature_count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (moving[j] != model->features[i])
                continue;
            kept[slice->count] = i;
            slice->moving[slice->count++] = moving[j];
            break;
        }
    }
    select_columns(model, vector, row);
    if (trees_restrict(&slice->trees, model->trees, row, kept, slice->count, err)) {
        model_slice_free(slice);
        return -1;
    }
    *out = slice;
    return 0;
}

double model_slice_margin(const struct model_slice *slice, const float *vector)
{
    float row[FEATURE_COUNT];
    float margin = 0;
    for (size_t i = 0; i < slice->count; i++)
        row[i] = vector[slice->moving[i]];
    trees_predict(slice->trees, row, 1, &margin);
    return score_of(slice->model, margin).margin;
}

void model_slice_free(struct model_slice *slice)
{
    if (!slice)
        return;
    trees_free(slice->trees);
    free(slice);
}
