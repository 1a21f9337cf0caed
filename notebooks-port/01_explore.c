/* Notebook 1: what the data hold before a model is built on them, and the feature matrices made of them.
 *
 * It reads from top to bottom: each section has a number, a sentence of why (in explore/fr.json and en.json),
 * a function that computes and one that shows. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "notebooks-port/explore/anomalies.h"
#include "notebooks-port/explore/applications.h"
#include "notebooks-port/explore/features.h"
#include "notebooks-port/explore/history_summary.h"
#include "notebooks-port/explore/outliers.h"
#include "notebooks-port/explore/show.h"
#include "notebooks-port/explore/summary.h"
#include "notebooks-port/explore/table_drift.h"
#include "notebooks-port/option.h"
#include "notebooks-port/report/report.h"
#include "shared/base/embed.h"
#include "shared/base/file.h"
#include "shared/base/temporary.h"

EMBED(explore_texts_fr, "notebooks-port/explore/fr.json");
EMBED(explore_texts_en, "notebooks-port/explore/en.json");

static const char HELP[] =
    "Usage: 01_explore --data DIR --out DIR [OPTIONS]\n"
    "\n"
    "Explores a folder of Home Credit's CSV files: columns, gaps, duplicates, classes, impossible values,\n"
    "outliers, distributions, default rates, correlations, drift from train to test; the history tables "
    "too.\n"
    "Then builds the feature matrices `full` and `original`, one row a client, with their dictionaries.\n"
    "Writes into the out folder explore.html (opens offline, prints), explore.json (the same figures),\n"
    "features.csv, features_original.csv, the same of the test clients, and features_*dictionary.csv.\n"
    "\n"
    "  --data DIR            folder with application_train.csv; application_test.csv and the six history\n"
    "                        tables are used when they are there\n"
    "  --out DIR             where the report and the matrices go; made when it is not there\n"
    "  --against DIR         measures how far the applications of another folder are from these\n"
    "  --outliers keep|drop  whether outliers stay in the training matrices (keep)\n"
    "  --no-features         explores only, builds no matrices\n"
    "  --seed N              seed of the isolation forest (0)\n"
    "  --lang fr|en          language of the report (fr)\n"
    "  --help                this text\n"
    "\n"
    "Examples:\n"
    "  01_explore --data data/demo --out reports/explore\n"
    "  01_explore --data data/demo --out reports/explore --outliers drop --lang en\n"
    "  01_explore --data ../shared/data/home-credit --against data/demo --out reports/demo --no-features\n";

struct options {
    const char *data, *out, *against;
    enum language language;
    uint64_t seed;
    bool drop_outliers, no_features;
};

/* What is read and computed along the way. */
struct notebook {
    struct options options;
    struct table *train, *test, *other;
    struct history_summary history;
    struct summary summary;
    struct outliers outliers;
    struct show show;
};

/* ---- 1 to 6: the tables ---------------------------------------------------------------------------------
 */

static int explore_tables(struct notebook *nb, struct error *err)
{
    const struct show *show = &nb->show;
    struct report *report = show->report;

    report_section(report, "tables");
    if (history_summary_read(&nb->history, nb->options.data, true, err))
        return -1;
    show_files(show, nb->options.data, nb->train, nb->test, &nb->history);

    report_section(report, "history");
    show_history(show, &nb->history);

    report_section(report, "types");
    if (summary_make(&nb->summary, nb->train, err))
        return -1;
    show_types(show, &nb->summary);

    report_section(report, "missing");
    show_missing(show, &nb->summary, nb->train);

    report_section(report, "duplicates");
    size_t duplicates = 0;
    if (applications_duplicates(&duplicates, nb->train, err))
        return -1;
    show_duplicates(show, table_rows(nb->train), duplicates);

    report_section(report, "anomalies");
    struct rate anomalies[ANOMALY_COUNT];
    if (anomalies_count(anomalies, nb->train, err))
        return -1;
    show_anomalies(show, anomalies, table_rows(nb->train), &nb->history);
    return 0;
}

/* ---- 7 to 11: the clients -------------------------------------------------------------------------------
 */

static int explore_clients(struct notebook *nb, struct error *err)
{
    const struct show *show = &nb->show;
    struct report *report = show->report;

    report_section(report, "classes");
    show_classes(show, nb->train);

    report_section(report, "distributions");
    if (show_distributions(show, nb->train, &nb->summary, err))
        return -1;

    report_section(report, "rates");
    if (show_rates(show, nb->train, err))
        return -1;

    report_section(report, "age");
    if (show_age(show, nb->train, err))
        return -1;

    report_section(report, "outliers");
    if (outliers_find(&nb->outliers, nb->train, &nb->summary, nb->options.seed, err))
        return -1;
    show_outliers(show, &nb->outliers, nb->options.drop_outliers);
    return 0;
}

/* ---- 12 to 15: what goes with what ----------------------------------------------------------------------
 */

static int explore_against(struct notebook *nb, struct error *err)
{
    struct table_drift drift;
    struct summary other = {0};
    int status = -1;
    report_section(nb->show.report, "against");
    if (table_drift_measure(&drift, nb->train, nb->other, err) == 0 &&
        summary_make(&other, nb->other, err) == 0) {
        size_t pairs = 0;
        double difference = table_drift_of_correlations(&pairs, &nb->summary, &other);
        show_correlation_drift(&nb->show, difference, pairs);
        show_drift(&nb->show, &drift);
        status = 0;
    }
    summary_free(&other);
    return status;
}

static int explore_relations(struct notebook *nb, struct error *err)
{
    const struct show *show = &nb->show;
    struct report *report = show->report;

    report_section(report, "target");
    show_target(show, &nb->summary);

    report_section(report, "correlations");
    show_correlations(show, &nb->summary);

    if (nb->test) {
        report_section(report, "drift");
        struct table_drift drift;
        if (table_drift_measure(&drift, nb->train, nb->test, err))
            return -1;
        show_drift(show, &drift);
    }
    return nb->other ? explore_against(nb, err) : 0;
}

/* ---- 16: the matrices -----------------------------------------------------------------------------------
 */

static int build_features(struct notebook *nb, struct error *err)
{
    const struct explore_features_source source = {.folder = nb->options.data,
                                                   .train = nb->train,
                                                   .test = nb->test,
                                                   .dropped =
                                                       nb->options.drop_outliers ? nb->outliers.marks : NULL,
                                                   .show_progress = true};
    struct explore_features features;
    report_section(nb->show.report, "features");
    int status = explore_features_build(&features, &source, err);
    if (status == 0)
        status = file_make_folder(nb->options.out, err);
    if (status == 0)
        status = explore_features_write(&features, nb->options.out, true, err);
    if (status == 0)
        show_features(&nb->show, &features);
    explore_features_free(&features);
    return status;
}

/* ---- The notebook ---------------------------------------------------------------------------------------
 */

static int load(struct notebook *nb, struct error *err)
{
    if (applications_load(&nb->train, nb->options.data, err) ||
        applications_load_test(&nb->test, nb->options.data, err))
        return -1;
    return nb->options.against ? applications_load(&nb->other, nb->options.against, err) : 0;
}

/* The folder's own name: the way to it is this machine's. */
static void own_name(char *out, size_t size, const char *folder)
{
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && folder[start - 1] != '/')
        start--;
    snprintf(out, size, "%.*s", (int)(end - start), folder + start);
}

static void write_command(char *out, size_t size, const struct options *options)
{
    char data[256];
    char against[256] = "";
    own_name(data, sizeof data, options->data);
    if (options->against)
        own_name(against, sizeof against, options->against);
    snprintf(out, size, "01_explore --data %s%s%s --outliers %s%s --seed %" PRIu64 " --lang %s --out DIR",
             data, options->against ? " --against " : "", against, options->drop_outliers ? "drop" : "keep",
             options->no_features ? " --no-features" : "", options->seed, language_code(options->language));
}

static int explore(const struct options *options, struct error *err)
{
    struct notebook nb = {.options = *options, .show = {.language = options->language}};
    char command[1024];
    char hash[FILE_HASH_HEX];
    int status = -1;
    write_command(command, sizeof command, options);
    if (load(&nb, err) || matrix_hash_folder(hash, options->data, err))
        goto done;
    const struct report_about about = {
        .name = "explore",
        .texts = {[LANGUAGE_FR] = explore_texts_fr, [LANGUAGE_EN] = explore_texts_en},
        .command = command,
        .seed = options->seed,
        .data_hash = hash,
        .language = options->language};
    if (report_new(&nb.show.report, &about, err) || explore_tables(&nb, err) || explore_clients(&nb, err) ||
        explore_relations(&nb, err) || (!options->no_features && build_features(&nb, err)))
        goto done;
    status = report_write(nb.show.report, options->out, err);
    if (status == 0)
        printf("\nWrote %s/explore.html and explore.json.\n", options->out);
done:
    report_free(nb.show.report);
    outliers_free(&nb.outliers);
    summary_free(&nb.summary);
    history_summary_free(&nb.history);
    table_free(nb.other);
    table_free(nb.test);
    table_free(nb.train);
    return status;
}

/* ---- The command line -----------------------------------------------------------------------------------
 */

static int read_choice(bool *second, const char *name, const char *text, const char *const choices[2],
                       struct error *err)
{
    *second = strcmp(text, choices[1]) == 0;
    if (*second || strcmp(text, choices[0]) == 0)
        return 0;
    return error_set(err, ERROR_INVALID, "--%s %s: %s or %s is needed", name, text, choices[0], choices[1]);
}

enum parsed { PARSED_RUN, PARSED_HELP, PARSED_FAILED };

static enum parsed read_options(struct options *out, int argc, char **argv, struct error *err)
{
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"against", required_argument, NULL, 'a'},
                                          {"outliers", required_argument, NULL, 'u'},
                                          {"no-features", no_argument, NULL, 'n'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"lang", required_argument, NULL, 'l'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    static const char *const outliers[] = {"keep", "drop"};
    static const char *const languages[] = {"fr", "en"};
    bool english = false;
    int failed = 0;
    int option = 0;
    while (!failed && (option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        switch (option) {
        case 'd':
            out->data = optarg;
            break;
        case 'o':
            out->out = optarg;
            break;
        case 'a':
            out->against = optarg;
            break;
        case 'u':
            failed = read_choice(&out->drop_outliers, "outliers", optarg, outliers, err);
            break;
        case 'n':
            out->no_features = true;
            break;
        case 's':
            failed = option_whole(&out->seed, "seed", optarg, UINT64_MAX, err);
            break;
        case 'l':
            failed = read_choice(&english, "lang", optarg, languages, err);
            break;
        case 'h':
            return PARSED_HELP;
        default:
            failed = error_set(err, ERROR_INVALID, "see 01_explore --help");
        }
    }
    out->language = english ? LANGUAGE_EN : LANGUAGE_FR;
    if (!failed && optind < argc)
        failed = error_set(err, ERROR_INVALID, "\"%s\" is one argument too many; see 01_explore --help",
                           argv[optind]);
    if (!failed && (!out->data || !out->out))
        failed = error_set(err, ERROR_INVALID, "--data DIR and --out DIR are needed; see 01_explore --help");
    return failed ? PARSED_FAILED : PARSED_RUN;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct error err = {0};
    temporary_remove_on_signals();
    enum parsed parsed = read_options(&options, argc, argv, &err);
    if (parsed == PARSED_HELP) {
        fputs(HELP, stdout);
        return 0;
    }
    if (parsed == PARSED_RUN && explore(&options, &err) == 0)
        return 0;
    fprintf(stderr, "01_explore: %s\n", err.message);
    return 1;
}
