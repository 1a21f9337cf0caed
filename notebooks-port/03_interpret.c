/* 03_interpret: what drives the model, over a sample and for three clients. Reads top to bottom like its
 * notebook. */
#include <getopt.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics_double.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/matrix.h"
#include "shared/base/buffer.h"
#include "shared/base/file.h"
#include "shared/base/progress.h"
#include "shared/model/model.h"
#include "shared/model/reasons.h"

enum {
    SAMPLE = 2000,
    SMALLEST_SAMPLE = 10,
    SHOWN_FEATURES = 25,
    WORKED_CLIENTS = 3,
    REASONS = 3,
    REPORT_BYTES = 4 << 20
};

struct options {
    const char *model, *data, *out;
    uint64_t seed;
    size_t sample;
};

/* What the model does with one feature. */
struct influence {
    size_t feature;
    double importance; /* mean |contribution|, log-odds */
    double direction;  /* correlation of value and contribution: above 0, more means riskier; NaN for
                          categories */
};

/* One client, explained. */
struct worked {
    const char *kind; /* "granted", "borderline", "refused" */
    struct score score;
    struct reason against[LANGUAGE_COUNT][REASONS], in_favour[LANGUAGE_COUNT][REASONS];
    size_t against_count, in_favour_count;
};

struct notebook {
    struct options options;
    struct model *model;
    struct matrix matrix;
    size_t *rows;          /* the sample: rows of the matrix */
    struct score *scores;  /* of the sample */
    double *contributions; /* sample × FEATURE_COUNT */
    struct influence influences[FEATURE_COUNT];
    double themes[THEME_COUNT];
    struct worked worked[WORKED_CLIENTS];
};

/* ---- 1. Read the model and draw the sample ---- */

static int read_sample(struct notebook *notebook, struct error *err)
{
    if (model_load(&notebook->model, notebook->options.model, err) ||
        matrix_read(&notebook->matrix, notebook->options.data, true, err))
        return -1;
    size_t rows = notebook->matrix.rows;
    size_t *sample = &notebook->options.sample;
    if (*sample > rows)
        *sample = rows;
    notebook->rows = malloc(rows * sizeof *notebook->rows);
    notebook->scores = malloc(*sample * sizeof *notebook->scores);
    notebook->contributions = malloc(*sample * FEATURE_COUNT * sizeof *notebook->contributions);
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    if (!notebook->rows || !notebook->scores || !notebook->contributions || !generator) {
        if (generator)
            gsl_rng_free(generator);
        return error_set(err, ERROR_INTERNAL, "out of memory");
    }
    gsl_rng_set(generator, (unsigned long)notebook->options.seed);
    for (size_t i = 0; i < rows; i++)
        notebook->rows[i] = i;
    for (size_t i = 0; i < *sample; i++) { /* the first steps of Fisher and Yates' shuffle */
        size_t j = i + gsl_rng_uniform_int(generator, rows - i);
        size_t kept = notebook->rows[i];
        notebook->rows[i] = notebook->rows[j];
        notebook->rows[j] = kept;
    }
    gsl_rng_free(generator);
    printf("1. Model %s, %zu clients drawn of %zu\n", model_version(notebook->model), *sample, rows);
    return 0;
}

static const float *vector_of(const struct notebook *notebook, size_t i)
{
    return notebook->matrix.values + notebook->rows[i] * FEATURE_COUNT;
}

/* ---- 2. Explain each of them exactly ---- */

static int explain_sample(struct notebook *notebook, struct error *err)
{
    struct progress progress = progress_start("explaining", notebook->options.sample);
    for (size_t i = 0; i < notebook->options.sample; i++) {
        double base_value = 0;
        if (model_explain(notebook->model, vector_of(notebook, i), &notebook->scores[i],
                          notebook->contributions + i * FEATURE_COUNT, &base_value, err))
            return -1;
        progress_update(&progress, i + 1);
    }
    progress_end(&progress, notebook->options.sample);
    return 0;
}

/* ---- 3. Sum up: which features and themes weigh, and which way they pull ---- */

static int by_importance(const void *a, const void *b)
{
    double x = ((const struct influence *)a)->importance;
    double y = ((const struct influence *)b)->importance;
    return (x < y) - (x > y);
}

static int sum_up(struct notebook *notebook, struct error *err)
{
    size_t sample = notebook->options.sample;
    double *values = malloc(sample * sizeof *values);
    double *pulls = malloc(sample * sizeof *pulls);
    if (!values || !pulls) {
        free(values);
        free(pulls);
        return error_set(err, ERROR_INTERNAL, "out of memory");
    }
    for (size_t feature = 0; feature < FEATURE_COUNT; feature++) {
        /* Days before the application are negative: more of them, as in "a longer time", is a smaller number.
         */
        bool past =
            catalogue_feature(feature)->unit == UNIT_DAYS && model_usual(notebook->model, feature) < 0;
        double sum = 0;
        size_t known = 0;
        for (size_t i = 0; i < sample; i++) {
            double pull = notebook->contributions[i * FEATURE_COUNT + feature];
            float value = vector_of(notebook, i)[feature];
            sum += fabs(pull);
            if (!isnan(value)) {
                values[known] = past ? -(double)value : (double)value;
                pulls[known++] = pull;
            }
        }
        bool ordered = catalogue_feature(feature)->unit != UNIT_CATEGORY && known > 2;
        notebook->influences[feature] =
            (struct influence){feature, sum / (double)sample,
                               ordered ? gsl_stats_correlation(values, 1, pulls, 1, known) : (double)NAN};
        notebook->themes[catalogue_feature(feature)->theme] += sum / (double)sample;
    }
    free(values);
    free(pulls);
    qsort(notebook->influences, FEATURE_COUNT, sizeof *notebook->influences, by_importance);
    printf("3. What weighs most (mean absolute contribution to the log-odds)\n");
    for (int i = 0; i < 10; i++)
        printf("   %.4f  %s\n", notebook->influences[i].importance,
               catalogue_feature(notebook->influences[i].feature)->label[LANGUAGE_EN]);
    return 0;
}

/* ---- 4. Three clients in words: the safest tenth, the threshold, the riskiest tenth ---- */

static size_t nearest_to(const struct notebook *notebook, double probability)
{
    size_t best = 0;
    for (size_t i = 1; i < notebook->options.sample; i++)
        if (fabs(notebook->scores[i].probability - probability) <
            fabs(notebook->scores[best].probability - probability))
            best = i;
    return best;
}

static void work_clients(struct notebook *notebook)
{
    double threshold = model_threshold(notebook->model);
    const struct {
        const char *kind;
        double probability;
    } wanted[WORKED_CLIENTS] = {
        {"granted", threshold / 4}, {"borderline", threshold}, {"refused", threshold * 3}};
    printf("4. Three clients\n");
    for (int i = 0; i < WORKED_CLIENTS; i++) {
        size_t row = nearest_to(notebook, wanted[i].probability);
        struct worked *worked = &notebook->worked[i];
        worked->kind = wanted[i].kind;
        worked->score = notebook->scores[row];
        for (int language = 0; language < LANGUAGE_COUNT; language++) {
            const double *contributions = notebook->contributions + row * FEATURE_COUNT;
            worked->against_count =
                reasons_find(worked->against[language], REASONS, notebook->model, vector_of(notebook, row),
                             contributions, 1, (enum language)language);
            worked->in_favour_count =
                reasons_find(worked->in_favour[language], REASONS, notebook->model, vector_of(notebook, row),
                             contributions, 0, (enum language)language);
        }
        printf("   %s: probability %.1f %%, %.0f points\n", worked->kind, 100 * worked->score.probability,
               worked->score.points);
        for (size_t j = 0; j < worked->against_count; j++)
            printf("     - %s\n", worked->against[LANGUAGE_EN][j].text);
        for (size_t j = 0; j < worked->in_favour_count; j++)
            printf("     + %s\n", worked->in_favour[LANGUAGE_EN][j].text);
    }
}

/* ---- 5. Write: figures for machines, a page for people ---- */

static json_t *list_reasons(const struct reason *reasons, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:f, s:s}", "feature",
                                              catalogue_feature(reasons[i].feature)->name, "contribution",
                                              reasons[i].contribution, "text", reasons[i].text));
    return list;
}

static int write_json(const struct notebook *notebook, struct error *err)
{
    json_t *features = json_array();
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const struct influence *influence = &notebook->influences[i];
        json_array_append_new(
            features, json_pack("{s:s, s:f, s:o}", "feature", catalogue_feature(influence->feature)->name,
                                "importance", influence->importance, "direction",
                                isnan(influence->direction) ? json_null() : json_real(influence->direction)));
    }
    json_t *themes = json_object();
    for (int i = 0; i < THEME_COUNT; i++)
        json_object_set_new(themes, catalogue_theme_code((enum feature_theme)i),
                            json_real(notebook->themes[i]));
    json_t *clients = json_array();
    for (int i = 0; i < WORKED_CLIENTS; i++) {
        const struct worked *worked = &notebook->worked[i];
        json_t *client = json_pack("{s:s, s:f, s:f}", "kind", worked->kind, "probability",
                                   worked->score.probability, "score", worked->score.points);
        for (int language = 0; language < LANGUAGE_COUNT; language++)
            json_object_set_new(
                client, language_code((enum language)language),
                json_pack("{s:o, s:o}", "against",
                          list_reasons(worked->against[language], worked->against_count), "for",
                          list_reasons(worked->in_favour[language], worked->in_favour_count)));
        json_array_append_new(clients, client);
    }
    json_t *document = json_pack(
        "{s:{s:s, s:s}, s:s, s:I, s:I, s:o, s:o, s:o}", "model", "version", model_version(notebook->model),
        "hash", model_hash(notebook->model), "data_hash", notebook->matrix.data_hash, "sample",
        (json_int_t)notebook->options.sample, "seed", (json_int_t)notebook->options.seed, "features",
        features, "themes", themes, "clients", clients);
    char path[PATH_MAX];
    char *text = json_dumps(document, JSON_INDENT(2));
    int status = file_path(path, sizeof path, notebook->options.out, "interpret.json", err);
    if (status == 0)
        status = text ? file_write(path, text, strlen(text), err)
                      : error_set(err, ERROR_INTERNAL, "out of memory");
    free(text);
    json_decref(document);
    return status;
}

static void write_worked(struct buffer *page, const struct worked *worked, enum language language)
{
    buffer_append_format(page, NULL, "<h3 lang=\"%s\">%s: %.1f %%, %.0f points</h3>\n<ul lang=\"%s\">\n",
                         language_code(language), worked->kind, 100 * worked->score.probability,
                         worked->score.points, language_code(language));
    for (size_t i = 0; i < worked->against_count; i++)
        buffer_append_format(page, NULL, "<li class=\"against\">%s</li>\n",
                             worked->against[language][i].text);
    for (size_t i = 0; i < worked->in_favour_count; i++)
        buffer_append_format(page, NULL, "<li class=\"for\">%s</li>\n", worked->in_favour[language][i].text);
    buffer_append_text(page, "</ul>\n", NULL);
}

/* Texts come from the catalogue, which has no character that HTML would have to escape. */
static int write_page(const struct notebook *notebook, struct error *err)
{
    struct buffer page = buffer_new(REPORT_BYTES);
    const struct influence *influences = notebook->influences;
    buffer_append_format(
        &page, NULL,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width\">\n"
        "<title>Interpretation of model %s</title>\n<style>\nbody{font:16px/1.5 "
        "system-ui,sans-serif;max-width:60rem;margin:2rem "
        "auto;padding:0 "
        "1rem}\ntable{border-collapse:collapse;width:100%%}td,th{text-align:left;padding:.3rem "
        ".6rem;border-bottom:"
        "1px solid #ccd}\nmeter{width:12rem}\n.against::marker{content:\"\\2212  \"}.for::marker{content:\"+ "
        " \"}\n</style>\n<h1>What "
        "drives the model</h1>\n<p>Model %s, hash <code>%.12s…</code>; %zu clients of data "
        "<code>%.12s…</code>, drawn with seed %llu. "
        "Contributions are exact SHAP values in log-odds of "
        "default.</p>\n<h2>Features</h2>\n<table><caption>Mean absolute "
        "contribution</caption>\n<tr><th>Feature<th>Theme<th>Weight<th>More of it means</tr>\n",
        model_version(notebook->model), model_version(notebook->model), model_hash(notebook->model),
        notebook->options.sample, notebook->matrix.data_hash, (unsigned long long)notebook->options.seed);
    for (int i = 0; i < SHOWN_FEATURES; i++) {
        const struct feature *feature = catalogue_feature(influences[i].feature);
        double direction = influences[i].direction;
        buffer_append_format(
            &page, NULL, "<tr><td>%s<td>%s<td><meter max=\"%.5f\" value=\"%.5f\"></meter> %.4f<td>%s</tr>\n",
            feature->label[LANGUAGE_EN], catalogue_theme_label(feature->theme, LANGUAGE_EN),
            influences[0].importance, influences[i].importance, influences[i].importance,
            isnan(direction)        ? "depends on the category"
            : fabs(direction) < 0.3 ? "no single direction"
            : direction > 0         ? "more risk"
                                    : "less risk");
    }
    buffer_append_text(&page, "</table>\n<h2>Themes</h2>\n<table><tr><th>Theme<th>Weight</tr>\n", NULL);
    for (int i = 0; i < THEME_COUNT; i++)
        buffer_append_format(&page, NULL, "<tr><td>%s<td>%.4f</tr>\n",
                             catalogue_theme_label((enum feature_theme)i, LANGUAGE_EN), notebook->themes[i]);
    buffer_append_text(&page, "</table>\n<h2>Three clients in words</h2>\n", NULL);
    for (int i = 0; i < WORKED_CLIENTS; i++)
        for (int language = 0; language < LANGUAGE_COUNT; language++)
            write_worked(&page, &notebook->worked[i], (enum language)language);
    buffer_append_text(&page, "</html>\n", NULL);
    char path[PATH_MAX];
    int status = file_path(path, sizeof path, notebook->options.out, "interpret.html", err);
    if (status == 0)
        status = file_write(path, page.data, page.length, err);
    buffer_free(&page);
    return status;
}

static void print_help(void)
{
    printf(
        "Usage: 03_interpret --model models/NAME --data DIR --out DIR [--sample N] [--seed N]\n\n"
        "Explains a sample of clients exactly and sums up what drives the model; writes interpret.json and "
        "interpret.html.\n\n"
        "  --sample N   clients to explain (default %d)\n"
        "  --seed N     of the draw (default 7)\n\n"
        "Example:\n"
        "  03_interpret --model models/demo --data data/demo --out reports/interpret\n",
        SAMPLE);
}

static int read_number(uint64_t *out, const char *name, const char *text, struct error *err)
{
    char *end = NULL;
    *out = strtoull(text, &end, 10);
    if (!*text || *end || *text == '-')
        return error_set(err, ERROR_INVALID, "%s: \"%s\" is not a whole number", name, text);
    return 0;
}

/* 0 to go on, 1 when help was asked for, -1 with an error. */
static int read_options(struct options *options, int count, char **arguments, struct error *err)
{
    static const struct option known[] = {
        {"model", required_argument, NULL, 'm'},
        {"data", required_argument, NULL, 'd'},
        {"out", required_argument, NULL, 'o'},
        {"sample", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *options = (struct options){.seed = 7, .sample = SAMPLE};
    for (int option = 0; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
        uint64_t sample = 0;
        if (option == 'm')
            options->model = optarg;
        else if (option == 'd')
            options->data = optarg;
        else if (option == 'o')
            options->out = optarg;
        else if (option == 's') {
            if (read_number(&options->seed, "--seed", optarg, err))
                return -1;
        } else if (option == 'n') {
            if (read_number(&sample, "--sample", optarg, err))
                return -1;
            options->sample = (size_t)sample;
        } else if (option == 'h') {
            print_help();
            return 1;
        } else {
            return error_set(err, ERROR_INVALID, "unknown option; --help lists them");
        }
    }
    if (optind < count || !options->model || !options->data || !options->out)
        return error_set(err, ERROR_INVALID,
                         "--model, --data and --out are needed; --help shows how to call");
    if (options->sample < SMALLEST_SAMPLE)
        return error_set(err, ERROR_INVALID, "--sample: at least %d clients are needed", SMALLEST_SAMPLE);
    return 0;
}

int main(int count, char **arguments)
{
    struct error err = {0};
    struct notebook notebook = {0};
    int status = read_options(&notebook.options, count, arguments, &err);
    if (status > 0)
        return 0;
    if (status == 0)
        status = read_sample(&notebook, &err);
    if (status == 0)
        status = explain_sample(&notebook, &err);
    if (status == 0)
        status = sum_up(&notebook, &err);
    if (status == 0)
        work_clients(&notebook);
    if (status == 0)
        status = file_make_folder(notebook.options.out, &err);
    if (status == 0)
        status = write_json(&notebook, &err);
    if (status == 0)
        status = write_page(&notebook, &err);
    if (status == 0)
        printf("5. Written: %s/interpret.html and interpret.json\n", notebook.options.out);
    if (status)
        fprintf(stderr, "03_interpret: %s\n", err.message);
    model_free(notebook.model);
    matrix_free(&notebook.matrix);
    free(notebook.rows);
    free(notebook.scores);
    free(notebook.contributions);
    return status ? 1 : 0;
}
