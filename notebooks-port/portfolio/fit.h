/* Learning a portfolio's description from real tables. */
#ifndef CLAIRSCORE_PORTFOLIO_FIT_H
#define CLAIRSCORE_PORTFOLIO_FIT_H

#include "notebooks-port/portfolio/description.h"
#include "shared/base/error.h"

struct fit_report {
    double rate;                /* of default, real */
    double application_auc;     /* of the risk model, each fifth scored by a fit on the other four */
    double history_auc_without; /* the same on the clients whose history is known */
    double history_auc;         /* … and what the history adds, cross-validated likewise */
    double correlation_error;   /* mean absolute difference of generated and real correlations */
};

enum { FIT_SIMULATED = 30000 };

/* Learns from the eight tables in `folder`; `simulated` clients (FIT_SIMULATED; fewer are quicker and
 * less exact) are generated in each round of calibration. The caller frees *out. */
int portfolio_fit(struct description **out, struct fit_report *report, const char *folder, size_t simulated,
                  struct error *err);

#endif
