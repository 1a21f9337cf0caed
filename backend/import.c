/* Imports a portfolio into the client store: import --data DIR [--database URL] [--model DIR]. */
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/importer.h"
#include "shared/base/config.h"
#include "shared/base/progress.h"

static const char usage[] =
    "Usage: import --data DIR [--database URL] [--model DIR]\n"
    "\n"
    "Reads application_train.csv and application_test.csv of DIR with the history files beside them, builds "
    "the\n"
    "features, scores every client and fills the client store. Run again after an interruption, it goes on "
    "where it\n"
    "was; when nothing has changed it does nothing.\n"
    "\n"
    "  --data DIR      folder of Home Credit CSV files\n"
    "  --database URL  client store, sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE\n"
    "                  (default: DATABASE_URL, else sqlite:data/clairscore.db)\n"
    "  --model DIR     model artifact (default: MODEL_DIR, else models/demo)\n";

struct arguments {
    const char *data, *database, *model;
};

/* 0 to go on, 1 after --help, -1 when something is wrong. */
static int read_arguments(struct arguments *out, int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"database", required_argument, NULL, 'b'},
                                            {"model", required_argument, NULL, 'm'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    for (int option;
         (option = getopt_long(argc, argv, "", options, NULL)) != -1;) { /* NOLINT(concurrency-mt-unsafe) */
        switch (option) {
        case 'd':
            out->data = optarg;
            break;
        case 'b':
            out->database = optarg;
            break;
        case 'm':
            out->model = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return 1;
        default:
            fputs(usage, stderr);
            return -1;
        }
    }
    if (out->data && optind == argc)
        return 0;
    fputs(usage, stderr);
    return -1;
}

static void tell(const struct import_report *report, double seconds)
{
    static const char *const outcomes[] = {[IMPORT_UP_TO_DATE] = "The store is up to date",
                                           [IMPORT_RESCORED] = "Scored again by the new model",
                                           [IMPORT_DONE] = "Imported"};
    printf("%s: %" PRIu64 " clients, %.1f s", outcomes[report->outcome], report->clients, seconds);
    if (report->resumed)
        printf(" (%" PRIu64 " were there from an interrupted import)", report->resumed);
    printf("\n");
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct config config;
    struct error err = {0};
    struct model *model = NULL;
    struct store *store = NULL;
    struct import_report report;
    int exit_code = EXIT_FAILURE;
    int asked = read_arguments(&arguments, argc, argv);
    if (asked)
        return asked > 0 ? EXIT_SUCCESS : 2;
    double started_s = progress_clock_s();
    if (sodium_init() < 0 || config_read(&config, CONFIG_BACKEND, &err))
        goto done;
    if (model_load(&model, arguments.model ? arguments.model : config.model_dir, &err) ||
        store_open(&store, arguments.database ? arguments.database : config.database_url, 1, &err) ||
        import_folder(&report, store, model, arguments.data, true, &err))
        goto done;
    tell(&report, progress_clock_s() - started_s);
    exit_code = EXIT_SUCCESS;
done:
    if (exit_code != EXIT_SUCCESS)
        fprintf(stderr, "import: %s\n", err.message);
    store_close(store);
    model_free(model);
    return exit_code;
}
