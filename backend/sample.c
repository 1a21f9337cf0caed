#include "backend/sample.h"

#include <math.h>
#include <stdlib.h>

int sample_draw(struct sample **out, const struct population *population, const struct model *model,
                struct error *err)
{
    size_t clients = population_count(population);
    size_t count = clients < SAMPLE_CLIENTS ? clients : SAMPLE_CLIENTS;
    struct sample *sample = malloc(sizeof *sample);
    struct score *scores = malloc((count + 1) * sizeof *scores);
    float *vectors = malloc((count + 1) * FEATURE_COUNT * sizeof *vectors);
    double base_value;
    int status = -1;
    if (!sample || !scores || !vectors) {
        error_set(err, ERROR_INTERNAL, "no memory to explain a sample of the clients");
        goto done;
    }
    sample->count = count;
    for (size_t i = 0; i < count; i++) {
        sample->rows[i] = (2 * i + 1) * clients / (2 * count);
        population_vector(population, sample->rows[i], vectors + i * FEATURE_COUNT);
    }
    status = count ? model_explain_many(model, vectors, count, 1, scores, sample->contributions[0],
                                        &base_value, err)
                   : 0;
done:
    free(scores);
    free(vectors);
    if (status)
        free(sample);
    else
        *out = sample;
    return status;
}

double sample_contribution(const struct sample *sample, size_t client, size_t feature)
{
    static const double UNITS = 100;
    return nearbyint(sample->contributions[client][feature] * UNITS) / UNITS + 0.0;
}
