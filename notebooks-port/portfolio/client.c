#include "notebooks-port/portfolio/client.h"

#include <math.h>

#include "notebooks-port/portfolio/copula.h"

/* Averaging the logistic curve over a normal of variance s² flattens it by √(1 + 0.346 s²)
 * (Zeger, Liang, Albert 1988); what the application tells is steepened by as much, so that it tells what it
 * told. */
static const double FLATTENING = 0.3459;

/* Draws the field values; surprise[] receives what each history field says beyond the application. */
static void draw_values(struct client *client, double *surprise, const struct description *description,
                        struct random_stream *stream)
{
    double latent[FIELD_COUNT], own[FIELD_COUNT];
    copula_draw(latent, own, description->factor, FIELD_COUNT, stream);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (FIELDS[i].kind == FIELD_EFFECT)
            client->values[i] = latent[i];
        else if (field_applies(i, client->values))
            client->values[i] =
                description_quantile(description, i, client->values, gsl_cdf_ugaussian_P(latent[i]));
        else
            client->values[i] = NAN;
    }
    for (size_t i = FIELD_HISTORY; i < FIELD_COUNT; i++) {
        double sum = 0;
        for (size_t j = FIELD_HISTORY; j <= i; j++)
            sum += description->factor[i * FIELD_COUNT + j] * own[j];
        surprise[i - FIELD_HISTORY] = sum;
    }
}

static double log_odds(const struct client *client, const double *surprise, const struct risk *risk,
                       struct random_stream *stream)
{
    double application = risk_application(risk, client->values) - risk->intercept, history = 0, variance = 0;
    for (size_t i = FIELD_HISTORY; i < FIELD_COUNT; i++)
        history += risk->history[i - FIELD_HISTORY] * surprise[i - FIELD_HISTORY];
    for (size_t i = 0; i < FIELD_COUNT - FIELD_HISTORY; i++)
        variance += risk->history[i] * risk->history[i];
    variance += risk->hidden * risk->hidden;
    return risk->intercept + sqrt(1 + FLATTENING * variance) * application + history +
           risk->hidden * random_normal(stream);
}

void client_draw(struct client *out, const struct description *description, uint64_t seed, int64_t id)
{
    struct random_stream stream = random_stream_of(seed, (uint64_t)id, PURPOSE_CLIENT);
    out->id = id;
    double surprise[FIELD_COUNT - FIELD_HISTORY];
    draw_values(out, surprise, description, &stream);
    fields_write(out->row, out->values);
    for (int i = 0; i < DESCRIPTION_DOCUMENTS; i++)
        if (random_happens(&stream, description->extra_documents[i]))
            out->row[APPLICATION_FLAG_DOCUMENT_2 + i] = 1;

    stream = random_stream_of(seed, (uint64_t)id, PURPOSE_RISK);
    out->probability = 1 / (1 + exp(-log_odds(out, surprise, &description->risk, &stream)));
    out->defaulted = random_happens(&stream, out->probability);
    out->row[APPLICATION_SK_ID_CURR] = (double)id;
    out->row[APPLICATION_TARGET] = out->defaulted;
}
