/* Notebook 3: what drives the model, over a sample and for three clients. Reads top to bottom like its
 * notebook. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "notebooks-port/interpret/clients.h"
#include "notebooks-port/interpret/dependence.h"
#include "notebooks-port/interpret/explained.h"
#include "notebooks-port/interpret/importance.h"
#include "notebooks-port/interpret/interactions.h"
#include "notebooks-port/option.h"
#include "notebooks-port/report/report.h"
#include "shared/base/embed.h"
#include "shared/base/progress.h"
#include "shared/base/temporary.h"
#include "shared/model/decision.h"

EMBED(interpret_texts_fr, "notebooks-port/interpret/fr.json");
EMBED(interpret_texts_en, "notebooks-port/interpret/en.json");

enum { SAMPLE = 2000, COMMAND_BYTES = 1024, DEFAULT_SEED = 7, SHOWN_HASH = 16 };

/* The original notebook's four; the last two of which are seen by gender and by age. */
static const char DEPENDENCE[] = "EXT_SOURCE_2,DAYS_BIRTH:CODE_GENDER,CODE_GENDER:DAYS_BIRTH,"
                                 "NAME_FAMILY_STATUS:DAYS_BIRTH";

static const char HELP[] =
    "Usage: 03_interpret --model models/NAME --data DIR --out DIR [options]\n"
    "\n"
    "Explains a sample of clients exactly and tells what drives the model: the weight of each feature and\n"
    "theme, how contributions depend on values, which features act together, and three clients in words.\n"
    "Writes interpret.html (opens offline, prints) and interpret.json (the same figures for machines).\n"
    "\n"
    "  --model DIR        the model artifact\n"
    "  --data DIR         folder of Home Credit CSV files whose clients are explained\n"
    "  --out DIR          where the two files go\n"
    "  --sample N         clients to explain, 50 to 100000 (default 2000)\n"
    "  --dependence LIST  features whose dependence is drawn, each with the one that colours it after a\n"
    "                     colon, or alone: then coloured by the one it interacts with most\n"
    "                     (default EXT_SOURCE_2,DAYS_BIRTH:CODE_GENDER,CODE_GENDER:DAYS_BIRTH,\n"
    "                     NAME_FAMILY_STATUS:DAYS_BIRTH)\n"
    "  --lang fr|en       language of the report (default fr)\n"
    "  --seed N           of the draw (default 7)\n"
    "\n"
    "Examples:\n"
    "  03_interpret --model models/demo --data data/demo --out reports/interpret\n"
    "  03_interpret --model models/demo --data data/demo --out reports/interpret --lang en \\\n"
    "      --dependence EXT_MEAN,AMT_CREDIT:AMT_ANNUITY\n";

struct options {
    const char *model, *data, *out, *dependence;
    uint64_t seed;
    size_t sample;
    enum language language;
};

/* What the sections hand on. Everything is released at the end of main. */
struct notebook {
    struct options options;
    char command[COMMAND_BYTES];
    struct dependence dependences[DEPENDENCES];
    size_t dependence_count;
    struct model *model;
    struct explained sample;
    struct importance importance;
    struct report *report;
};

/* ---- Read the model, draw clients and explain each of them exactly ---- */

static int read_data(struct notebook *notebook, struct error *err)
{
    const struct options *options = &notebook->options;
    if (model_load(&notebook->model, options->model, err) ||
        explained_take(&notebook->sample, notebook->model, options->data, options->sample, options->seed,
                       err))
        return -1;
    return report_new(&notebook->report,
                      &(struct report_about){
                          .name = "interpret",
                          .texts = {[LANGUAGE_FR] = interpret_texts_fr, [LANGUAGE_EN] = interpret_texts_en},
                          .command = notebook->command,
                          .seed = options->seed,
                          .data_hash = notebook->sample.matrix.data_hash,
                          .language = options->language},
                      err);
}

/* ---- 1. What is interpreted ---- */

static void describe_model(struct notebook *notebook)
{
    struct report *report = notebook->report;
    const struct model *model = notebook->model;
    const json_t *metrics = json_object_get(model_document(model), "metrics");
    report_section(report, "model");
    char hash[SHOWN_HASH + 1];
    snprintf(hash, sizeof hash, "%.*s", SHOWN_HASH, model_hash(model));
    report_say(report, "identity", REPORT_VALUES("version", model_version(model), "hash", hash));
    report_data(report, "hash", json_string(model_hash(model)));
    report_figure(report, "features", (double)model_feature_count(model), REPORT_COUNT, 0);
    report_figure(report, "auc", json_number_value(json_object_get(metrics, "auc")), REPORT_NUMBER, 4);
    report_figure(report, "threshold", model_threshold(model), REPORT_PERCENT, 1);
    report_figure(report, "clients", (double)notebook->sample.count, REPORT_COUNT, 0);
    report_figure(report, "base", decision_probability(notebook->sample.base_value), REPORT_PERCENT, 2);
    report_data(report, "base_value", json_real(notebook->sample.base_value));
    report_data(report, "worst_sum", json_real(notebook->sample.worst_sum));
}

/* ---- 2. and 3. What weighs, and which way ---- */

static int weigh(struct notebook *notebook, struct error *err)
{
    return importance_measure(&notebook->importance, &notebook->sample, err) ||
                   importance_report(notebook->report, &notebook->importance, &notebook->sample,
                                     notebook->options.language, err)
               ? -1
               : 0;
}

/* ---- 4. How contributions depend on values ---- */

static int depend(struct notebook *notebook, struct error *err)
{
    return dependence_report(notebook->report, notebook->dependences, notebook->dependence_count,
                             &notebook->importance, &notebook->sample, notebook->options.language, err);
}

/* ---- 5. What acts together ---- */

static int interact(struct notebook *notebook, struct error *err)
{
    return interactions_report(notebook->report, &notebook->importance, &notebook->sample,
                               notebook->options.language, err);
}

/* ---- 6. to 8. Three clients in words ---- */

static void work_clients(struct notebook *notebook)
{
    clients_report(notebook->report, &notebook->sample, notebook->options.language);
}

/* ---- 9. What every variable is ---- */

static void explain_variables(struct notebook *notebook)
{
    static const struct report_column columns[] = {{"name", REPORT_TEXT, 0},
                                                   {"label_fr", REPORT_TEXT, 0},
                                                   {"description_fr", REPORT_TEXT, 0},
                                                   {"label_en", REPORT_TEXT, 0},
                                                   {"description_en", REPORT_TEXT, 0}};
    json_t *rows = json_array();
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *feature = catalogue_feature(i);
        json_array_append_new(rows, json_pack("[s, s, s, s, s]", feature->name, feature->label[LANGUAGE_FR],
                                              feature->description[LANGUAGE_FR], feature->label[LANGUAGE_EN],
                                              feature->description[LANGUAGE_EN]));
    }
    report_section(notebook->report, "glossary");
    report_fold(notebook->report, "all");
    report_table(notebook->report, "variables", columns, sizeof columns / sizeof *columns, rows);
}

/* ---- Options ---- */

static int read_language(enum language *out, const char *text, struct error *err)
{
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        if (strcmp(text, language_code((enum language)i)) == 0) {
            *out = (enum language)i;
            return 0;
        }
    return error_set(err, ERROR_INVALID, "--lang: \"%s\" is neither fr nor en", text);
}

static int read_option(struct options *options, int option, const char *text, struct error *err)
{
    uint64_t sample = 0;
    switch (option) {
    case 'm':
        options->model = text;
        return 0;
    case 'd':
        options->data = text;
        return 0;
    case 'o':
        options->out = text;
        return 0;
    case 'p':
        options->dependence = text;
        return 0;
    case 'l':
        return read_language(&options->language, text, err);
    case 's':
        return option_whole(&options->seed, "seed", text, UINT64_MAX, err);
    case 'n':
        if (option_whole(&sample, "sample", text, UINT64_MAX, err))
            return -1;
        if (sample < EXPLAINED_LEAST || sample > EXPLAINED_MOST)
            return error_set(err, ERROR_INVALID, "--sample: from %d to %d clients, not %s", EXPLAINED_LEAST,
                             EXPLAINED_MOST, text);
        options->sample = (size_t)sample;
        return 0;
    default:
        return error_set(err, ERROR_INVALID, "see 03_interpret --help");
    }
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
        {"dependence", required_argument, NULL, 'p'},
        {"lang", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *options = (struct options){.seed = DEFAULT_SEED, .sample = SAMPLE, .dependence = DEPENDENCE};
    for (int option = 0; (option = getopt_long(count, arguments, "h", known, NULL)) != -1;) {
        if (option == 'h') {
            fputs(HELP, stdout);
            return 1;
        }
        if (read_option(options, option, optarg, err))
            return -1;
    }
    if (optind < count)
        return error_set(err, ERROR_INVALID, "\"%s\" is one argument too many; see 03_interpret --help",
                         arguments[optind]);
    if (!options->model || !options->data || !options->out)
        return error_set(err, ERROR_INVALID, "--model, --data and --out are needed; see 03_interpret --help");
    return 0;
}

/* The command line without folders that only this machine has. */
static void describe_command(struct notebook *notebook)
{
    const struct options *options = &notebook->options;
    const char *slash = strrchr(options->model, '/');
    bool usual = strcmp(options->dependence, DEPENDENCE) == 0;
    snprintf(notebook->command, sizeof notebook->command,
             "03_interpret --model models/%s --data DIR --out DIR --sample %zu --seed %llu%s%s --lang %s",
             slash ? slash + 1 : options->model, options->sample, (unsigned long long)options->seed,
             usual ? "" : " --dependence ", usual ? "" : options->dependence,
             language_code(options->language));
}

int main(int count, char **arguments)
{
    struct error err = {0};
    struct notebook notebook = {0};
    double started = progress_clock_s();
    int status = read_options(&notebook.options, count, arguments, &err);
    if (status > 0)
        return 0;
    temporary_remove_on_signals();
    if (status == 0)
        status = dependence_parse(notebook.dependences, &notebook.dependence_count,
                                  notebook.options.dependence, &err);
    if (status == 0)
        describe_command(&notebook);
    if (status == 0)
        status = read_data(&notebook, &err);
    if (status == 0)
        describe_model(&notebook);
    if (status == 0)
        status = weigh(&notebook, &err);
    if (status == 0)
        status = depend(&notebook, &err);
    if (status == 0)
        status = interact(&notebook, &err);
    if (status == 0) {
        work_clients(&notebook);
        explain_variables(&notebook);
        status = report_write(notebook.report, notebook.options.out, &err);
    }
    if (status == 0)
        printf("\nWrote %s/interpret.html and interpret.json (%.1f s).\n", notebook.options.out,
               progress_clock_s() - started);
    else
        fprintf(stderr, "03_interpret: %s\n", err.message);
    report_free(notebook.report);
    explained_free(&notebook.sample);
    model_free(notebook.model);
    return status ? 1 : 0;
}
