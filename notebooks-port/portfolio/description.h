/* The portfolio's description, models/portfolio.json: everything `generate` needs and nothing but
 * aggregates of the rows it was learned from. */
#ifndef CLAIRSCORE_PORTFOLIO_DESCRIPTION_H
#define CLAIRSCORE_PORTFOLIO_DESCRIPTION_H

#include "notebooks-port/portfolio/fields.h"
#include "notebooks-port/portfolio/history.h"
#include "notebooks-port/portfolio/marginal.h"
#include "notebooks-port/portfolio/risk.h"
#include "shared/base/error.h"

enum { DESCRIPTION_LEVELS = 64, DESCRIPTION_FORMAT = 1, DESCRIPTION_DOCUMENTS = 20 };

/* A field's distribution in every stratum. Levels are drawn by rank; levels[] gives their codes. */
struct field_model {
    struct marginal_set set;
    size_t level_count;
    double levels[DESCRIPTION_LEVELS];
};

struct description {
    struct field_model fields[FIELD_COUNT];
    double correlation[FIELD_COUNT * FIELD_COUNT]; /* of the latent normals; positive definite */
    double factor[FIELD_COUNT * FIELD_COUNT];      /* its Cholesky factor */
    double
        extra_documents[DESCRIPTION_DOCUMENTS]; /* share of clients with a document too rare for a pattern */
    struct risk risk;
    struct portfolio_history history;
    size_t clients, history_clients; /* learned from so many */
};

/* An empty description. The caller frees *out. */
int description_new(struct description **out, struct error *err);

/* Reads and checks a description; refuses one whose categories differ from the schema's. */
int description_load(struct description **out, const char *path, struct error *err);

/* Writes it whole or not at all. */
int description_save(const struct description *description, const char *path, struct error *err);

void description_free(struct description *description);

/* Normal score of a field's value in its stratum; NaN when it is missing or does not apply. */
double description_score(const struct description *description, size_t field, const double *values);

/* The value of a field at probability u in the stratum that `values` (fields before it) give. */
double description_quantile(const struct description *description, size_t field, const double *values,
                            double u);

#endif
