/* Notebook 1: what the applications look like, and how far two portfolios are from each other. */
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "notebooks-port/explore/report.h"
#include "notebooks-port/explore/summary.h"
#include "shared/base/file.h"

enum { WORST_SHOWN = 5 };

static const char HELP[] =
    "Usage: 01_explore --data DIR [--against DIR] --out DIR\n"
    "\n"
    "Describes application_train.csv of the data folder column by column: type, missing share, distinct "
    "values,\n"
    "quantiles or level shares, default rate by level, correlations. With --against it also measures how "
    "stable\n"
    "every column is (PSI, the data folder being what is expected) and how far the correlations are apart.\n"
    "Writes explore.json and explore.html into the out folder.\n"
    "\n"
    "Examples:\n"
    "  01_explore --data ../shared/data/home-credit --out reports/explore\n"
    "  01_explore --data ../shared/data/home-credit --against data/demo --out reports/demo\n";

static int load(struct table **out, const char *folder, struct error *err)
{
    char path[PATH_MAX];
    if (file_path(path, sizeof path, folder, "application_train.csv", err) < 0)
        return -1;
    return table_load(out, path, TABLE_APPLICATION, err);
}

static void print_summary(const struct summary *summary, const struct report_names *names)
{
    printf("%zu applications in %s", summary->rows, names->data);
    if (!isnan(summary->default_rate))
        printf(", %.2f %% default", 100 * summary->default_rate);
    printf(".\n");
    if (names->against == NULL)
        return;
    size_t order[APPLICATION_COLUMNS], count = report_worst(order, summary);
    printf("Against %zu in %s, the five columns with the largest PSI:\n", summary->other_rows,
           names->against);
    for (size_t i = 0; i < count && i < WORST_SHOWN; i++)
        printf("  %-32s %.4f\n", summary->columns[order[i]].column->name, summary->columns[order[i]].psi);
    printf("Correlations of %zu numeric columns: mean absolute difference %.4f over %zu pairs.\n",
           summary->numeric_count, summary->correlation_error, summary->correlation_pairs);
}

static int explore(const struct report_names *names, const char *out, struct error *err)
{
    struct table *table = NULL, *other = NULL;
    struct summary summary = {0};
    int failed = -1;
    if (load(&table, names->data, err) < 0 || (names->against && load(&other, names->against, err) < 0))
        goto done;
    if (table_rows(table) == 0) {
        error_set(err, ERROR_INVALID, "%s/application_train.csv has no rows", names->data);
        goto done;
    }
    if (summary_make(&summary, table, other, err) < 0 || file_make_folder(out, err) < 0 ||
        report_write_json(&summary, names, out, err) < 0 || report_write_html(&summary, names, out, err) < 0)
        goto done;
    print_summary(&summary, names);
    printf("Wrote %s/explore.json and explore.html.\n", out);
    failed = 0;
done:
    summary_free(&summary);
    table_free(table);
    table_free(other);
    return failed;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"against", required_argument, NULL, 'a'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct report_names names = {0};
    struct error err = {0};
    const char *out = NULL;
    int option, failed = -1;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(HELP, stdout);
            return 0;
        }
        if (option == '?') {
            fputs("01_explore: see 01_explore --help\n", stderr);
            return 1;
        }
        *(option == 'd' ? &names.data : option == 'a' ? &names.against : &out) = optarg;
    }
    if (optind < argc)
        error_set(&err, ERROR_INVALID, "\"%s\" is one argument too many; see 01_explore --help",
                  argv[optind]);
    else if (names.data == NULL || out == NULL)
        error_set(&err, ERROR_INVALID, "--data DIR and --out DIR are needed; see 01_explore --help");
    else
        failed = explore(&names, out, &err);
    if (failed)
        fprintf(stderr, "01_explore: %s\n", err.message);
    return failed ? 1 : 0;
}
