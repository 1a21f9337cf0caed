#include "notebooks-port/portfolio/marginal.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shared/data/csv_writer.h"

enum { ATOM_SHARE = 1500, MOST_PIECES = 4000, SIGNIFICANT = 6 };

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Six significant digits: enough for any bound, and no more than a file needs. */
static double shorten(double value)
{
    if (value == 0 || !isfinite(value))
        return value;
    double scale = pow(10, SIGNIFICANT - 1 - floor(log10(fabs(value))));
    return scale >= 1 ? nearbyint(value * scale) / scale : nearbyint(value * scale) * (1 / scale);
}

/* Mean of the rows around position `at` of the sorted values: a bound that is nobody's own. */
static double blurred(const double *values, size_t count, size_t at)
{
    size_t first = at > MARGINAL_BLUR / 2 ? at - MARGINAL_BLUR / 2 : 0;
    size_t last = first + MARGINAL_BLUR;
    if (last > count) {
        last = count;
        first = count > MARGINAL_BLUR ? count - MARGINAL_BLUR : 0;
    }
    double sum = 0;
    for (size_t i = first; i < last; i++)
        sum += values[i];
    return shorten(sum / (double)(last - first));
}

/* Pieces in the making: weights are rows. */
struct draft {
    struct piece *pieces; /* upto holds the weight */
    size_t count;
};

static void draft_add(struct draft *draft, double low, double high, double rows)
{
    draft->pieces[draft->count++] = (struct piece){rows, low, high};
}

/* Cuts values[first..last) between two atoms (or the ends) into intervals: the nearer to an end of the
 * whole distribution, the narrower, so that long tails keep their shape. */
static void draft_intervals(struct draft *draft, const double *values, size_t count, size_t first,
                            size_t last, size_t widest)
{
    size_t at = first;
    while (at < last) {
        size_t from_end = at < count - at ? at : count - at;
        size_t rows = from_end / 4 < widest ? from_end / 4 : widest;
        if (rows < MARGINAL_CLIENTS)
            rows = MARGINAL_CLIENTS;
        size_t end = at + rows;
        if (end + MARGINAL_CLIENTS > last)
            end = last;
        bool after_atom = at == first && first > 0, before_atom = end == last && last < count;
        double low = after_atom ? values[first - 1] : blurred(values, count, at);
        double high = before_atom ? values[last] : blurred(values, count, end);
        draft_add(draft, low, high > low ? high : low, (double)(end - at));
        at = end;
    }
}

static size_t run_end(const double *values, size_t count, size_t at)
{
    size_t end = at + 1;
    while (end < count && values[end] == values[at])
        end++;
    return end;
}

/* Rows that are neither an atom nor enough for an interval: they melt into the atom before or, for the
 * first ones, after them. */
static void draft_gap(struct draft *draft, const double *values, size_t count, size_t first, size_t last,
                      size_t fineness, double *waiting)
{
    size_t rows = last - first;
    if (rows >= MARGINAL_CLIENTS && fineness > 0) {
        size_t widest = count / fineness > MARGINAL_CLIENTS ? count / fineness : MARGINAL_CLIENTS;
        draft_intervals(draft, values, count, first, last, widest);
    } else if (draft->count > 0) {
        draft->pieces[draft->count - 1].upto += (double)rows;
    } else {
        *waiting += (double)rows;
    }
}

static int finish(struct marginal *out, struct draft *draft, struct error *err)
{
    double total = 0, sum = 0;
    if (draft->count == 0)
        return 0;
    for (size_t i = 0; i < draft->count; i++)
        total += draft->pieces[i].upto;
    out->pieces = calloc(draft->count, sizeof *out->pieces);
    if (out->pieces == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for a distribution");
    out->count = draft->count;
    for (size_t i = 0; i < draft->count; i++) {
        sum += draft->pieces[i].upto;
        out->pieces[i] = draft->pieces[i];
        out->pieces[i].upto = i + 1 == draft->count ? 1 : nearbyint(sum / total * 1e6) / 1e6;
    }
    return 0;
}

int marginal_fit(struct marginal *out, double *values, size_t count, bool rare, size_t fineness,
                 struct error *err)
{
    *out = (struct marginal){0};
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            values[known++] = values[i];
    size_t missing = count - known;
    if (count >= MARGINAL_CLIENTS && missing >= MARGINAL_CLIENTS)
        out->missing = known < MARGINAL_CLIENTS ? 1 : nearbyint(1e6 * (double)missing / (double)count) / 1e6;
    if (known < MARGINAL_CLIENTS)
        return 0;
    qsort(values, known, sizeof *values, compare_doubles);
    size_t atom = known / ATOM_SHARE > MARGINAL_CLIENTS ? known / ATOM_SHARE : MARGINAL_CLIENTS;
    if (fineness == 0)
        atom = MARGINAL_CLIENTS;

    struct draft draft = {calloc(2 * (known / MARGINAL_CLIENTS) + 64, sizeof *draft.pieces), 0};
    if (draft.pieces == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for a distribution");
    double waiting = 0;
    size_t gap = 0;
    for (size_t at = 0, end; at < known; at = end) {
        end = run_end(values, known, at);
        bool keep = end - at >= atom || (rare && draft.count < 60);
        if (!keep)
            continue;
        if (at > gap)
            draft_gap(&draft, values, known, gap, at, fineness, &waiting);
        double rows = end - at >= atom ? (double)(end - at) : MARGINAL_BLUR;
        draft_add(&draft, values[at], values[at], rows + waiting);
        waiting = 0;
        gap = end;
    }
    if (known > gap)
        draft_gap(&draft, values, known, gap, known, fineness, &waiting);
    if (draft.count == 0 && known >= MARGINAL_CLIENTS) /* levels alone, all of them rare: their mean */
        draft_add(&draft, nearbyint(blurred(values, known, known / 2)),
                  nearbyint(blurred(values, known, known / 2)), (double)known);
    int failed = finish(out, &draft, err);
    free(draft.pieces);
    return failed;
}

/* The piece that holds probability u. */
static size_t piece_at(const struct marginal *marginal, double u)
{
    size_t low = 0, high = marginal->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (u < marginal->pieces[middle].upto)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static inline double piece_from(const struct marginal *marginal, size_t i)
{
    return i > 0 ? marginal->pieces[i - 1].upto : 0;
}

double marginal_quantile(const struct marginal *marginal, double u, double step)
{
    if (marginal->missing > 0) {
        if (u < marginal->missing)
            return NAN;
        u = (u - marginal->missing) / (1 - marginal->missing);
    }
    if (marginal->count == 0)
        return NAN;
    size_t i = piece_at(marginal, u);
    const struct piece *piece = &marginal->pieces[i];
    if (piece->low == piece->high)
        return piece->low;
    double from = piece_from(marginal, i), width = piece->upto - from;
    double value = piece->low + (piece->high - piece->low) * (width > 0 ? (u - from) / width : 0.5);
    if (step <= 0)
        return value;
    /* Dividing by a whole number keeps 0.0123 the double that "0.0123" reads as. */
    return step < 1 ? nearbyint(value / step) / nearbyint(1 / step) : nearbyint(value / step) * step;
}

/* Mean of a standard normal between its quantiles `from` and `upto`. */
static double mean_between(double from, double upto)
{
    double low = from > 0 ? gsl_ran_ugaussian_pdf(gsl_cdf_ugaussian_Pinv(from)) : 0;
    double high = upto < 1 ? gsl_ran_ugaussian_pdf(gsl_cdf_ugaussian_Pinv(upto)) : 0;
    return upto > from ? (low - high) / (upto - from) : 0;
}

double marginal_score(const struct marginal *marginal, double value)
{
    if (isnan(value) || marginal->count == 0)
        return NAN;
    /* The first piece that reaches up to the value; an atom before an interval that starts at it. */
    size_t low = 0, high = marginal->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (value <= marginal->pieces[middle].high)
            high = middle;
        else
            low = middle + 1;
    }
    if (low + 1 < marginal->count && marginal->pieces[low].low < value &&
        marginal->pieces[low + 1].low == value && marginal->pieces[low + 1].high == value)
        low++;
    const struct piece *piece = &marginal->pieces[low];
    double from = piece_from(marginal, low);
    if (piece->low == piece->high)
        return mean_between(from, piece->upto);
    double place = (value - piece->low) / (piece->high - piece->low);
    place = place < 0.01 ? 0.01 : place > 0.99 ? 0.99 : place;
    return gsl_cdf_ugaussian_Pinv(from + place * (piece->upto - from));
}

double marginal_information(const struct marginal *marginal)
{
    double sum = 0;
    for (size_t i = 0; i < marginal->count; i++) {
        const struct piece *piece = &marginal->pieces[i];
        double from = piece_from(marginal, i), share = piece->upto - from;
        /* An interval is as good as continuous; quarters come close enough. */
        int parts = piece->low == piece->high ? 1 : 4;
        for (int part = 0; part < parts; part++) {
            double mean = mean_between(from + share * part / parts, from + share * (part + 1) / parts);
            sum += share / parts * mean * mean;
        }
    }
    return sum;
}

/* Normalised Hermite polynomial of order k times the normal density; 0 at both infinities. */
static double hermite_density(size_t k, double z)
{
    if (!isfinite(z))
        return 0;
    double before = 0, now = 1;
    for (size_t i = 0; i < k; i++) {
        double next = (z * now - sqrt((double)i) * before) / sqrt((double)i + 1);
        before = now;
        now = next;
    }
    return now * gsl_ran_ugaussian_pdf(z);
}

void marginal_hermite(double *coefficients, size_t count, const struct marginal *marginal)
{
    for (size_t k = 0; k < count; k++)
        coefficients[k] = 0;
    for (size_t i = 0; i < marginal->count; i++) {
        double from = piece_from(marginal, i), upto = marginal->pieces[i].upto;
        if (upto <= from)
            continue;
        double score = mean_between(from, upto);
        double low = from > 0 ? gsl_cdf_ugaussian_Pinv(from) : -INFINITY;
        double high = upto < 1 ? gsl_cdf_ugaussian_Pinv(upto) : INFINITY;
        /* ∫ He_k φ from a to b is He_{k−1}(a) φ(a) − He_{k−1}(b) φ(b). */
        for (size_t k = 0; k < count; k++)
            coefficients[k] +=
                score * (hermite_density(k, low) - hermite_density(k, high)) / sqrt((double)k + 1);
    }
}

static int put_number(struct buffer *out, double value, struct error *err)
{
    char text[32];
    size_t length = writer_format_real(text, value);
    if (length > 2 && text[length - 1] == '0' && text[length - 2] == '.')
        length -= 2;
    return buffer_append(out, text, length, err);
}

int marginal_write(const struct marginal *marginal, struct buffer *out, struct error *err)
{
    if (buffer_append_text(out, "[", err) < 0 || put_number(out, marginal->missing, err) < 0)
        return -1;
    for (size_t i = 0; i < marginal->count; i++) {
        const struct piece *piece = &marginal->pieces[i];
        if (buffer_append_text(out, ",[", err) < 0 || put_number(out, piece->upto, err) < 0 ||
            buffer_append_text(out, ",", err) < 0 || put_number(out, piece->low, err) < 0)
            return -1;
        if (piece->high != piece->low &&
            (buffer_append_text(out, ",", err) < 0 || put_number(out, piece->high, err) < 0))
            return -1;
        if (buffer_append_text(out, "]", err) < 0)
            return -1;
    }
    return buffer_append_text(out, "]", err);
}

int marginal_read(struct marginal *out, const json_t *json, const char *where, struct error *err)
{
    *out = (struct marginal){0};
    size_t count = json_array_size(json);
    if (count == 0 || count > MOST_PIECES || !json_is_number(json_array_get(json, 0)))
        return error_set(err, ERROR_PARSE, "%s: expected [missing, [upto, value], …]", where);
    out->missing = json_number_value(json_array_get(json, 0));
    out->pieces = calloc(count, sizeof *out->pieces);
    if (out->pieces == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for %s", where);
    double before = 0;
    for (size_t i = 1; i < count; i++) {
        const json_t *entry = json_array_get(json, i);
        size_t size = json_array_size(entry);
        struct piece piece = {json_number_value(json_array_get(entry, 0)),
                              json_number_value(json_array_get(entry, 1)),
                              json_number_value(json_array_get(entry, size == 3 ? 2 : 1))};
        if (size < 2 || size > 3 || piece.upto < before || piece.upto > 1 || piece.high < piece.low) {
            marginal_free(out);
            return error_set(err, ERROR_PARSE, "%s: piece %zu is not [upto, value] in rising order", where,
                             i);
        }
        before = piece.upto;
        out->pieces[out->count++] = piece;
    }
    return 0;
}

void marginal_free(struct marginal *marginal)
{
    free(marginal->pieces);
    *marginal = (struct marginal){0};
}

int sample_add(struct sample *sample, size_t stratum, double value, struct error *err)
{
    if (sample->count == sample->capacity) {
        size_t capacity = sample->capacity ? 2 * sample->capacity : 1024;
        void *grown = realloc(sample->values, capacity * sizeof *sample->values);
        if (grown == NULL)
            return error_set(err, ERROR_INTERNAL, "no memory for a sample of %zu values", capacity);
        sample->values = grown;
        sample->capacity = capacity;
    }
    sample->values[sample->count++] = (struct sample_value){value, (unsigned)stratum};
    return 0;
}

void sample_free(struct sample *sample)
{
    free(sample->values);
    *sample = (struct sample){0};
}

int marginal_set_fit(struct marginal_set *out, const struct sample *sample, size_t strata, size_t fewest,
                     bool rare, size_t fineness, struct error *err)
{
    *out = (struct marginal_set){.strata = strata};
    int failed = -1;
    double *values = malloc((sample->count + 1) * sizeof *values);
    if (strata > 1)
        out->by = calloc(strata, sizeof *out->by);
    if (values == NULL || (strata > 1 && out->by == NULL)) {
        error_set(err, ERROR_INTERNAL, "no memory for %zu strata", strata);
        goto done;
    }
    for (size_t i = 0; i < sample->count; i++)
        values[i] = sample->values[i].value;
    if (marginal_fit(&out->pooled, values, sample->count, rare, fineness, err) < 0)
        goto done;
    for (size_t s = 0; strata > 1 && s < strata; s++) {
        size_t count = 0;
        for (size_t i = 0; i < sample->count; i++)
            if (sample->values[i].stratum == s)
                values[count++] = sample->values[i].value;
        if (count >= fewest && marginal_fit(&out->by[s], values, count, rare, fineness, err) < 0)
            goto done;
    }
    failed = 0;
done:
    free(values);
    if (failed)
        marginal_set_free(out);
    return failed;
}

const struct marginal *marginal_of(const struct marginal_set *set, size_t stratum)
{
    if (set->strata <= 1 || stratum >= set->strata)
        return &set->pooled;
    const struct marginal *own = &set->by[stratum];
    return own->count > 0 || own->missing > 0 ? own : &set->pooled;
}

int marginal_set_write(const struct marginal_set *set, struct buffer *out, struct error *err)
{
    if (buffer_append_text(out, "[", err) < 0 || marginal_write(&set->pooled, out, err) < 0)
        return -1;
    for (size_t s = 0; set->strata > 1 && s < set->strata; s++) {
        const struct marginal *own = &set->by[s];
        if (buffer_append_text(out, ",\n", err) < 0)
            return -1;
        int failed = own->count > 0 || own->missing > 0 ? marginal_write(own, out, err)
                                                        : buffer_append_text(out, "null", err);
        if (failed)
            return -1;
    }
    return buffer_append_text(out, "]", err);
}

int marginal_set_read(struct marginal_set *out, const json_t *json, size_t strata, const char *where,
                      struct error *err)
{
    *out = (struct marginal_set){.strata = strata};
    size_t expected = strata > 1 ? strata + 1 : 1;
    if (json_array_size(json) != expected)
        return error_set(err, ERROR_PARSE, "%s: expected an array of %zu distributions, found %zu", where,
                         expected, json_array_size(json));
    if (marginal_read(&out->pooled, json_array_get(json, 0), where, err) < 0)
        return -1;
    if (strata <= 1)
        return 0;
    out->by = calloc(strata, sizeof *out->by);
    if (out->by == NULL) {
        marginal_set_free(out);
        return error_set(err, ERROR_INTERNAL, "no memory for %s", where);
    }
    for (size_t s = 0; s < strata; s++) {
        const json_t *own = json_array_get(json, s + 1);
        if (!json_is_null(own) && marginal_read(&out->by[s], own, where, err) < 0) {
            marginal_set_free(out);
            return -1;
        }
    }
    return 0;
}

void marginal_set_free(struct marginal_set *set)
{
    for (size_t s = 0; set->by != NULL && s < set->strata; s++)
        marginal_free(&set->by[s]);
    free(set->by);
    marginal_free(&set->pooled);
    *set = (struct marginal_set){0};
}
