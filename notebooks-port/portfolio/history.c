#include "notebooks-port/portfolio/history.h"

#include <math.h>

#define HISTORY_ENTRY(name, strata, fineness) {#name, (size_t)(strata), fineness},
const struct history_entry HISTORY[HISTORY_COUNT] = {HISTORY_LIST(HISTORY_ENTRY)};
#undef HISTORY_ENTRY

enum { EFFECTS = FIELD_COUNT - FIELD_FIRST_EFFECT };

/* Where a client stands among rows: the tables' distributions count rows, not clients. */
static double standing(const struct portfolio_history *history, const double *values, enum field_index effect)
{
    return values[effect] - history->centre[effect - FIELD_FIRST_EFFECT];
}

double history_at(const struct portfolio_history *history, enum history_quantity quantity, size_t stratum,
                  double u)
{
    return marginal_quantile(marginal_of(&history->sets[quantity], stratum), u, 0);
}

double history_draw(const struct portfolio_history *history, enum history_quantity quantity, size_t stratum,
                    struct random_stream *stream)
{
    return history_at(history, quantity, stratum, random_uniform(stream));
}

double history_lean(const struct portfolio_history *history, enum history_quantity quantity, size_t stratum,
                    const double *values, enum field_index effect, struct random_stream *stream)
{
    double loading = history->loading[effect - FIELD_FIRST_EFFECT];
    double missing = marginal_of(&history->sets[quantity], stratum)->missing;
    /* Whether a value is known at all does not lean. */
    if (missing > 0 && random_happens(stream, missing))
        return NAN;
    return history_at(history, quantity, stratum,
                      missing +
                          (1 - missing) * random_leaning(stream, standing(history, values, effect), loading));
}

double history_chance(const struct portfolio_history *history, enum history_quantity quantity, size_t stratum,
                      const double *values, enum field_index effect)
{
    const struct marginal *marginal = marginal_of(&history->sets[quantity], stratum);
    double loading = history->loading[effect - FIELD_FIRST_EFFECT], no = 0;
    for (size_t i = 0; i < marginal->count; i++)
        if (marginal->pieces[i].high < 1)
            no = marginal->pieces[i].upto;
    if (no <= 0 || no >= 1)
        return no <= 0 && marginal->count > 0;
    double edge = (gsl_cdf_ugaussian_Pinv(no) - loading * standing(history, values, effect)) /
                  sqrt(1 - loading * loading);
    return gsl_cdf_ugaussian_Q(edge);
}

size_t history_credit_kind(double type)
{
    _Static_assert(CREDIT_TYPE_MICROLOAN == CREDIT_KINDS - 2, "the five common kinds come first");
    return type <= CREDIT_TYPE_MICROLOAN ? (size_t)type : CREDIT_KINDS - 1;
}

static const double STATUS_CODES[PREVIOUS_STATES] = {
    NAME_CONTRACT_STATUS_APPROVED, NAME_CONTRACT_STATUS_UNUSED_OFFER, NAME_CONTRACT_STATUS_CANCELED,
    NAME_CONTRACT_STATUS_REFUSED};

double history_status_code(size_t rank)
{
    return STATUS_CODES[rank];
}

size_t history_status_rank(double status)
{
    size_t rank = 0;
    while (rank + 1 < PREVIOUS_STATES && STATUS_CODES[rank] != status)
        rank++;
    return rank;
}

double history_active_rank(double active)
{
    return active == CREDIT_ACTIVE_CLOSED ? 0 : active == CREDIT_ACTIVE_ACTIVE ? 2 : 1;
}

double history_active_code(double rank)
{
    return rank >= 2 ? CREDIT_ACTIVE_ACTIVE : rank >= 1 ? CREDIT_ACTIVE_SOLD : CREDIT_ACTIVE_CLOSED;
}

size_t history_loan_type(double type)
{
    return type == PREVIOUS_CONTRACT_TYPE_CASH_LOANS        ? 0
           : type == PREVIOUS_CONTRACT_TYPE_REVOLVING_LOANS ? 2
                                                            : 1;
}

static size_t band(double value, const double *edges, size_t count)
{
    size_t i = 0;
    while (i < count && value >= edges[i])
        i++;
    return i;
}

size_t history_age_band(double days)
{
    static const double edges[AGE_BANDS - 1] = {180, 365, 730, 1095, 1500, 2000};
    return band(-days, edges, AGE_BANDS - 1);
}

size_t history_previous_age(double days)
{
    static const double edges[PREVIOUS_AGES - 1] = {180, 365, 730, 1460};
    return band(-days, edges, PREVIOUS_AGES - 1);
}

int history_write(const struct portfolio_history *history, struct buffer *out, struct error *err)
{
    for (int centre = 0; centre < 2; centre++) {
        const double *numbers = centre ? history->centre : history->loading;
        if (buffer_append_text(out, centre ? "},\n\"centre\":{" : "{\"loading\":{", err) < 0)
            return -1;
        for (size_t i = 0; i < EFFECTS; i++)
            if (buffer_append_format(out, err, "%s\"%s\":%.4g", i ? "," : "",
                                     FIELDS[FIELD_FIRST_EFFECT + i].name, numbers[i]) < 0)
                return -1;
    }
    if (buffer_append_text(out, "},\n\"rows\":{", err) < 0)
        return -1;
    for (size_t q = 0; q < HISTORY_COUNT; q++)
        if (buffer_append_format(out, err, "%s\n\"%s\":", q ? "," : "", HISTORY[q].name) < 0 ||
            marginal_set_write(&history->sets[q], out, err) < 0)
            return -1;
    return buffer_append_text(out, "}}", err);
}

static int read_effects(double *out, const json_t *json, const char *key, struct error *err)
{
    for (size_t i = 0; i < EFFECTS; i++) {
        const json_t *value =
            json_object_get(json_object_get(json, key), FIELDS[FIELD_FIRST_EFFECT + i].name);
        if (!json_is_number(value) || fabs(json_number_value(value)) > 1)
            return error_set(err, ERROR_PARSE, "history: no %s within -1..1 for %s", key,
                             FIELDS[FIELD_FIRST_EFFECT + i].name);
        out[i] = json_number_value(value);
    }
    return 0;
}

int history_read(struct portfolio_history *out, const json_t *json, struct error *err)
{
    const json_t *rows = json_object_get(json, "rows");
    if (read_effects(out->loading, json, "loading", err) < 0 ||
        read_effects(out->centre, json, "centre", err) < 0)
        return -1;
    for (size_t q = 0; q < HISTORY_COUNT; q++)
        if (marginal_set_read(&out->sets[q], json_object_get(rows, HISTORY[q].name), HISTORY[q].strata,
                              HISTORY[q].name, err) < 0)
            return -1;
    return 0;
}

void history_free(struct portfolio_history *history)
{
    for (size_t q = 0; q < HISTORY_COUNT; q++)
        marginal_set_free(&history->sets[q]);
}
