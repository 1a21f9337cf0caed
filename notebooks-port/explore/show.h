/* The sections of notebook 1 in its report: each writes tables, figures and charts below the section that the
 * notebook has opened. Their texts are in fr.json and en.json beside this file. */
#ifndef CLAIRSCORE_EXPLORE_SHOW_H
#define CLAIRSCORE_EXPLORE_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "notebooks-port/explore/anomalies.h"
#include "notebooks-port/explore/features.h"
#include "notebooks-port/explore/history_summary.h"
#include "notebooks-port/explore/outliers.h"
#include "notebooks-port/explore/summary.h"
#include "notebooks-port/explore/table_drift.h"
#include "notebooks-port/report/report.h"
#include "shared/data/table.h"

/* Where to write, and in which language. */
struct show {
    struct report *report;
    enum language language;
};

/* show_tables.c: the files and what they hold. */
void show_files(const struct show *show, const char *folder, const struct table *train,
                const struct table *test, const struct history_summary *history);
void show_history(const struct show *show, const struct history_summary *history);
void show_types(const struct show *show, const struct summary *summary);
void show_missing(const struct show *show, const struct summary *summary, const struct table *train);
void show_duplicates(const struct show *show, size_t rows, size_t duplicates);
void show_anomalies(const struct show *show, const struct rate anomalies[ANOMALY_COUNT], size_t rows,
                    const struct history_summary *history);

/* show_clients.c: who the clients are and who defaults. Those that need a column of the table fail without
 * memory. */
void show_classes(const struct show *show, const struct table *train);
void show_outliers(const struct show *show, const struct outliers *outliers, bool dropped);
int show_distributions(const struct show *show, const struct table *train, const struct summary *summary,
                       struct error *err);
int show_rates(const struct show *show, const struct table *train, struct error *err);
int show_age(const struct show *show, const struct table *train, struct error *err);

/* show_relations.c: what goes with what. */
void show_target(const struct show *show, const struct summary *summary);
void show_correlations(const struct show *show, const struct summary *summary);
void show_drift(const struct show *show, const struct table_drift *drift);
void show_correlation_drift(const struct show *show, double difference, size_t pairs);
void show_features(const struct show *show, const struct explore_features *features);

#endif
