/* Notebook 0: a portfolio anyone may use. `fit` learns from real Home Credit tables a description that
 * holds aggregates alone; `generate` makes up clients from it, as many as wanted. */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/option.h"
#include "notebooks-port/portfolio/fit.h"
#include "notebooks-port/portfolio/generate.h"

static const char DESCRIPTION_PATH[] = "models/portfolio.json";
enum { TEST_DIVISOR = 25, MOST_CLIENTS = 100000000 };

static const char HELP[] =
    "Usage: 00_portfolio fit --data DIR [--out FILE]\n"
    "       00_portfolio generate --clients N --seed S --out DIR [--test-clients M] [--model FILE]\n"
    "\n"
    "fit       learns the distributions, correlations and default risk of the eight Home Credit tables in\n"
    "          DIR and writes them, aggregates only, to FILE (models/portfolio.json).\n"
    "generate  makes up N clients with TARGET (application_train.csv) and M more without\n"
    "          (application_test.csv; M = N/25 unless given), with their histories in the other six tables,\n"
    "          in Kaggle's format, and truth.csv with each client's true probability of default.\n"
    "          The same seed gives the same bytes. Files get their names only when all are whole.\n"
    "\n"
    "Examples:\n"
    "  00_portfolio fit --data ../shared/data/home-credit\n"
    "  00_portfolio generate --clients 10000 --seed 1 --out data/demo\n"
    "  00_portfolio generate --clients 300000 --test-clients 48744 --seed 7 --out data/large\n";

struct arguments {
    const char *data, *out, *model;
    uint64_t clients, test_clients, seed;
    bool clients_given, test_given, seed_given;
};

static int read_arguments(struct arguments *out, int argc, char **argv, struct error *err)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"model", required_argument, NULL, 'm'},
                                            {"clients", required_argument, NULL, 'n'},
                                            {"test-clients", required_argument, NULL, 't'},
                                            {"seed", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int failed = 0;
        switch (option) {
        case 'd':
            out->data = optarg;
            break;
        case 'o':
            out->out = optarg;
            break;
        case 'm':
            out->model = optarg;
            break;
        case 'n':
            out->clients_given = true;
            failed = option_whole(&out->clients, "clients", optarg, MOST_CLIENTS, err);
            break;
        case 't':
            out->test_given = true;
            failed = option_whole(&out->test_clients, "test-clients", optarg, MOST_CLIENTS, err);
            break;
        case 's':
            out->seed_given = true;
            failed = option_whole(&out->seed, "seed", optarg, UINT64_MAX, err);
            break;
        default:
            return error_set(err, ERROR_INVALID, "see 00_portfolio --help");
        }
        if (failed)
            return -1;
    }
    if (optind < argc)
        return error_set(err, ERROR_INVALID, "\"%s\" is one argument too many; see 00_portfolio --help",
                         argv[optind]);
    return 0;
}

static int run_fit(const struct arguments *arguments, struct error *err)
{
    if (arguments->data == NULL)
        return error_set(err, ERROR_INVALID, "fit needs --data DIR, the folder of the eight CSV files");
    const char *path = arguments->out ? arguments->out : DESCRIPTION_PATH;
    struct description *description = NULL;
    struct fit_report report;
    int failed = portfolio_fit(&description, &report, arguments->data, FIT_SIMULATED, err);
    if (!failed)
        failed = description_save(description, path, err);
    if (!failed) {
        printf("Learned from %zu clients, %zu of them with a history; %.2f %% default.\n",
               description->clients, description->history_clients, 100 * report.rate);
        printf(
            "Risk model, cross-validated: AUC %.4f from the application; where the history is known %.4f,\n"
            "%.4f with it.\n",
            report.application_auc, report.history_auc_without, report.history_auc);
        printf("Correlations: mean absolute difference to the real ones %.4f.\n", report.correlation_error);
        printf("Wrote %s.\n", path);
    }
    description_free(description);
    return failed;
}

static int run_generate(const struct arguments *arguments, struct error *err)
{
    if (!arguments->clients_given || arguments->clients == 0 || !arguments->seed_given ||
        arguments->out == NULL)
        return error_set(err, ERROR_INVALID,
                         "generate needs --clients N (1 or more), --seed S and --out DIR");
    struct generate_options options = {
        .clients = arguments->clients,
        .test_clients = arguments->test_given ? arguments->test_clients
                                              : (arguments->clients + TEST_DIVISOR - 1) / TEST_DIVISOR,
        .seed = arguments->seed};
    struct description *description = NULL;
    struct generate_report report;
    if (description_load(&description, arguments->model ? arguments->model : DESCRIPTION_PATH, err) < 0)
        return -1;
    int failed = portfolio_generate(&report, description, &options, arguments->out, err);
    if (!failed) {
        printf("Wrote %" PRIu64 " rows for %" PRIu64 " + %" PRIu64
               " clients to %s in %.1f s (%.1f million rows/s).\n",
               report.rows, options.clients, options.test_clients, arguments->out, report.seconds,
               1e-6 * (double)report.rows / report.seconds);
        printf("%.2f %% default. ", 100 * report.rate);
        if (isnan(report.perfect_auc))
            printf("All of them have the same outcome: there is no AUC.\n");
        else
            printf("AUC of a perfect model: %.4f\n", report.perfect_auc);
    }
    description_free(description);
    return failed;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(HELP, stdout);
            return 0;
        }
    struct error err = {0};
    struct arguments arguments = {0};
    int failed = -1;
    bool fit = argc > 1 && strcmp(argv[1], "fit") == 0,
         generate = argc > 1 && strcmp(argv[1], "generate") == 0;
    if (!fit && !generate)
        error_set(&err, ERROR_INVALID, "say fit or generate; see 00_portfolio --help");
    else if (read_arguments(&arguments, argc - 1, argv + 1, &err) == 0)
        failed = fit ? run_fit(&arguments, &err) : run_generate(&arguments, &err);
    if (failed) {
        fprintf(stderr, "00_portfolio: %s\n", err.message);
        return 1;
    }
    return 0;
}
