/* Tree-structured Parzen estimators (Bergstra, Bardenet, Bengio & Kégl 2011, "Algorithms for Hyper-Parameter
 * Optimization"; in hyperopt's and optuna's form: Bergstra et al. 2013, Akiba et al. 2019).
 *
 * The trials so far are split into a few good ones and the rest. For each parameter two mixtures of truncated
 * normals are laid over them, l over the good and g over the rest; of some candidates drawn from l, the one
 * with the largest l / g (which rises with the expected improvement) is tried next. */
#ifndef CLAIRSCORE_ML_TPE_H
#define CLAIRSCORE_ML_TPE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/tpe_space.h"
#include "shared/base/error.h"

enum tpe_direction { TPE_MINIMISE, TPE_MAXIMISE };

enum { TPE_TRIALS = 10000, TPE_CANDIDATES = 10000 }; /* most */

/* A trial that was made. */
struct tpe_trial {
    json_t *parameters;
    double value;   /* of the goal; NaN: it could not be measured, which counts as the worst */
    double seconds; /* it took */
};

struct tpe_plan {
    enum tpe_direction direction;
    uint64_t seed;
    unsigned
        startup; /* random trials before the search starts to learn; TPE_STARTUP unless there is a reason */
    unsigned candidates; /* drawn for each parameter; TPE_DRAWS */
};
enum { TPE_STARTUP = 10, TPE_DRAWS = 24 };

/* The parameters to try as trial `number` after the `count` trials made: a new object, NULL after a failure.
 * They depend on the arguments alone. */
json_t *tpe_suggest(const struct tpe_space *space, const struct tpe_trial *trials, size_t count,
                    const struct tpe_plan *plan, size_t number, struct error *err);

/* True when `a` is a better value than `b`; NaN is worse than any number. */
bool tpe_is_better(double a, double b, enum tpe_direction direction);

#endif
