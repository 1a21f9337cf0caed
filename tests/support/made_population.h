/* A population of made-up applications, loaded from a store of its own as a server loads it. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_MADE_POPULATION_H
#define CLAIRSCORE_TESTS_SUPPORT_MADE_POPULATION_H

#include <math.h>
#include <stdlib.h>

#include "backend/population/population.h"
#include "backend/scoring.h"
#include "shared/features/features.h"
#include "tests/support/temporary_folder.h"

enum { MADE_CLIENTS = 600, MADE_FIRST_ID = 100001 };

struct made_population {
    char folder[TEMPORARY_FOLDER];
    struct store *store;
    struct model *model;
    struct population *population;
    double (*applications)[APPLICATION_COLUMNS]; /* MADE_CLIENTS */
};

static inline double made_number(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* Somebody who asks for a credit: skewed amounts that fit together, some scores unknown, one in ten a
 * revolving credit. */
static inline void made_application(double *out, uint64_t *random)
{
    for (size_t i = 0; i < APPLICATION_COLUMNS; i++)
        out[i] = NAN;
    bool revolving = made_number(random) < 0.1;
    double goods = round(exp(11.5 + 2 * made_number(random)) / 4500) * 4500;
    double credit = revolving ? goods : goods * (0.9 + 0.4 * made_number(random));
    double months = revolving ? 20 : 10 + 25 * made_number(random);
    out[APPLICATION_NAME_CONTRACT_TYPE] =
        revolving ? CONTRACT_TYPE_REVOLVING_LOANS : CONTRACT_TYPE_CASH_LOANS;
    out[APPLICATION_AMT_INCOME_TOTAL] = round(exp(10.7 + 1.8 * made_number(random)) / 4500) * 4500;
    out[APPLICATION_AMT_GOODS_PRICE] = goods;
    out[APPLICATION_AMT_CREDIT] = round(credit * 2) / 2;
    out[APPLICATION_AMT_ANNUITY] = round(credit / months * 2) / 2;
    out[APPLICATION_CNT_FAM_MEMBERS] = 1 + floor(4 * made_number(random));
    out[APPLICATION_DAYS_BIRTH] = -floor(8000 + 16000 * made_number(random));
    out[APPLICATION_DAYS_EMPLOYED] = -floor(4000 * made_number(random));
    out[APPLICATION_ORGANIZATION_TYPE] = floor(ORGANIZATION_TYPE_COUNT * made_number(random));
    for (int i = APPLICATION_EXT_SOURCE_1; i <= APPLICATION_EXT_SOURCE_3; i++)
        out[i] = made_number(random) < 0.3 ? (double)NAN : 0.1 + 0.7 * made_number(random);
}

/* Ends the program when it cannot. */
static inline void made_require(int status, const struct error *err)
{
    if (status == 0)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(2); /* NOLINT(concurrency-mt-unsafe) */
}

static inline void made_store(struct made_population *made, struct store_population *stored)
{
    struct error err = {0};
    struct store_origin origin = {.source = "made up"};
    uint64_t random = 11;
    snprintf(origin.catalogue, sizeof origin.catalogue, "%s", catalogue_version());
    snprintf(origin.model, sizeof origin.model, "%s", model_hash(made->model));
    made_require(store_import_begin(made->store, &origin, stored, &err), &err);
    for (size_t i = 0; i < MADE_CLIENTS; i++) {
        float vector[FEATURE_COUNT];
        struct score score;
        made_application(made->applications[i], &random);
        features_build(made->applications[i], NULL, vector);
        made_require(model_predict(made->model, vector, 1, &score, &err), &err);
        struct store_client client = {.id = MADE_FIRST_ID + (int64_t)i,
                                      .outcome = (int)(3 * made_number(&random)) - 1,
                                      .margin = scoring_round(score.margin),
                                      .features = vector,
                                      .feature_count = FEATURE_COUNT,
                                      .application = made->applications[i],
                                      .application_count = APPLICATION_COLUMNS};
        made_require(store_import_add(made->store, stored, &client, 1, &err), &err);
    }
    made_require(store_import_finish(made->store, stored, &err), &err);
}

static inline struct made_population *made_population_new(void)
{
    struct made_population *made = calloc(1, sizeof *made);
    struct store_population stored = {0};
    struct error err = {0};
    char url[128];
    temporary_folder_make(made->folder);
    snprintf(url, sizeof url, "sqlite:%s/store.db", made->folder);
    made->applications = calloc(MADE_CLIENTS, sizeof *made->applications);
    made_require(model_load(&made->model, "models/demo", &err), &err);
    made_require(store_open(&made->store, url, 1, &err), &err);
    made_store(made, &stored);
    made_require(population_load(&made->population, made->store, &stored, made->model, &err), &err);
    return made;
}

static inline void made_population_free(struct made_population *made)
{
    population_release(made->population);
    store_close(made->store);
    model_free(made->model);
    temporary_folder_remove(made->folder);
    free(made->applications);
    free(made);
}

#endif
