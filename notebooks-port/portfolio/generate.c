#include "notebooks-port/portfolio/generate.h"

#include <math.h>
#include <stdlib.h>

#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/portfolio/tables.h"
#include "shared/base/file.h"
#include "shared/base/progress.h"

enum { FIRST_CLIENT = 100001, FIRST_PREVIOUS = 1000001, FIRST_BUREAU = 5000001 };

static int open_files(struct tables *tables, const char *folder, struct error *err)
{
    if (file_make_folder(folder, err) < 0)
        return -1;
    for (int table = 0; table < TABLE_COUNT; table++) {
        const char *name = table == TABLE_APPLICATION
                               ? "application_train.csv"
                               : home_credit_schema((enum home_credit_table)table)->file;
        if (writer_open(&tables->files[table], folder, name, err) < 0)
            return -1;
        tables_write_header(&tables->files[table], (enum home_credit_table)table, true);
    }
    if (writer_open(&tables->test, folder, "application_test.csv", err) < 0 ||
        writer_open(&tables->truth, folder, "truth.csv", err) < 0)
        return -1;
    tables_write_header(&tables->test, TABLE_APPLICATION, false);
    writer_text(&tables->truth, "SK_ID_CURR", ',');
    writer_text(&tables->truth, "PROBABILITY", '\n');
    return 0;
}

static struct writer *nth_file(struct tables *tables, int i)
{
    return i < TABLE_COUNT ? &tables->files[i] : i == TABLE_COUNT ? &tables->test : &tables->truth;
}

enum { FILES = TABLE_COUNT + 2 };

/* All files are closed before the first one takes its name. */
static int finish_files(struct tables *tables, uint64_t *rows, struct error *err)
{
    for (int i = 0; i < FILES; i++)
        if (writer_close(nth_file(tables, i), err) < 0)
            return -1;
    for (int i = 0; i < FILES; i++) {
        if (writer_publish(nth_file(tables, i), err) < 0)
            return -1;
        *rows += i + 1 < FILES ? nth_file(tables, i)->rows : 0;
    }
    return 0;
}

static void write_client(struct tables *tables, const struct client *client, bool test)
{
    struct writer *applications = test ? &tables->test : &tables->files[TABLE_APPLICATION];
    tables_write_row(applications, TABLE_APPLICATION, client->row, !test);
    writer_integer(&tables->truth, client->id, ',');
    writer_real(&tables->truth, client->probability, '\n');
    tables_write_bureau(tables, client);
    tables_write_previous(tables, client);
}

int portfolio_generate(struct generate_report *report, const struct description *description,
                       const struct generate_options *options, const char *folder, struct error *err)
{
    struct tables tables = {.description = description,
                            .seed = options->seed,
                            .next_bureau = FIRST_BUREAU,
                            .next_previous = FIRST_PREVIOUS};
    uint64_t all = options->clients + options->test_clients, train = 0, defaults = 0;
    double *truth = malloc((options->clients + 1) * sizeof *truth);
    uint8_t *defaulted = malloc(options->clients + 1);
    int failed = -1;
    *report = (struct generate_report){0};
    if (truth == NULL || defaulted == NULL) {
        error_set(err, ERROR_INTERNAL, "no memory for the truth of %llu clients", (unsigned long long)all);
        goto done;
    }
    if (open_files(&tables, folder, err) < 0)
        goto done;
    struct progress progress = progress_start("generating clients", all);
    for (uint64_t i = 0; i < all; i++) {
        struct client client;
        client_draw(&client, description, options->seed, (int64_t)(FIRST_CLIENT + i));
        /* Test clients lie evenly between the others, as in Kaggle's numbering. */
        bool test = (i + 1) * options->test_clients / all > i * options->test_clients / all;
        write_client(&tables, &client, test);
        if (!test) {
            truth[train] = client.probability;
            defaulted[train++] = client.defaulted;
            defaults += client.defaulted;
        }
        progress_update(&progress, i + 1);
    }
    progress_end(&progress, all);
    if (finish_files(&tables, &report->rows, err) < 0)
        goto done;
    report->seconds = progress_clock_s() - progress.started_s;
    report->rate = train ? (double)defaults / (double)train : 0;
    struct ranking_metrics metrics = {.auc = NAN};
    failed = 0;
    if (defaults > 0 && defaults < train)
        failed = metrics_rank(&metrics, truth, defaulted, train);
    if (failed)
        error_set(err, ERROR_INTERNAL, "no memory to rank %llu clients", (unsigned long long)train);
    report->perfect_auc = metrics.auc;
done:
    for (int i = 0; i < FILES; i++)
        writer_abandon(nth_file(&tables, i));
    free(truth);
    free(defaulted);
    return failed;
}
