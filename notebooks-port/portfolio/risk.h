/* The risk model: log-odds of default as a sum of readable effects. A quantity acts through a
 * piecewise linear curve over ten quantiles of the population with a value of its own for "missing",
 * a category through one coefficient a level. Fitted by penalised logistic regression: neighbouring
 * knots are drawn together (P-splines, Eilers and Marx 1996), coefficients towards 0. */
#ifndef CLAIRSCORE_PORTFOLIO_RISK_H
#define CLAIRSCORE_PORTFOLIO_RISK_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/portfolio/fields.h"
#include "shared/base/buffer.h"
#include "shared/base/error.h"

enum { RISK_KNOTS = 10, RISK_LEVELS = 64, RISK_DRIVERS_MOST = 64 };

struct risk_curve {
    size_t count;               /* knots or levels */
    double at[RISK_LEVELS];     /* rising knots, or level codes */
    double effect[RISK_LEVELS]; /* log-odds there */
    double missing;             /* log-odds when the driver is missing or a level is unknown */
};

struct risk {
    double intercept;
    struct risk_curve curves[RISK_DRIVERS_MOST];
    double history[FIELD_COUNT - FIELD_HISTORY]; /* log-odds a unit of what each history field says beyond the
                                                    application */
    double hidden;                               /* standard deviation of what no column tells */
};

/* Number of drivers and the name of one. */
size_t risk_driver_count(void);
const char *risk_driver_name(size_t driver);

/* Log-odds from the application's fields alone, intercept included. */
double risk_application(const struct risk *risk, const double *values);

/* Fits curves and intercept on values[rows × FIELD_COUNT] and defaulted[rows] (0 or 1), leaving out the
 * rows whose fold[row] is `without` (fold NULL: none). */
int risk_fit(struct risk *out, const double *values, const uint8_t *defaulted, const uint8_t *fold,
             unsigned without, size_t rows, struct error *err);

/* Fits the history coefficients on the rows whose history is known, with the application's log-odds
 * as offset: scores[rows × history fields] (NaN counts as 0), offset[rows], fold as above. */
int risk_fit_history(struct risk *risk, const double *scores, const double *offset, const uint8_t *defaulted,
                     const uint8_t *fold, unsigned without, size_t rows, struct error *err);

int risk_write(const struct risk *risk, struct buffer *out, struct error *err);
int risk_read(struct risk *out, const json_t *json, struct error *err);

#endif
