#include "backend/population/packed.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backend/population/order.h"

enum {
    FIRST_SLOTS = 1024,
    FEW = UINT8_MAX + 1,    /* codes that are always listed */
    CODES = UINT16_MAX + 1, /* that fit into a word */
    ENOUGH = 8192,          /* rows that tell whether nearly all values of a column are distinct */
    MISSING = 0             /* the provisional code; known values follow as they come */
};

/* The bits of a value, and its provisional code. Missing ones have all the same bits, and no value has those
 * of an empty slot. */
struct slot {
    uint32_t bits;
    uint32_t code;
};
static const uint32_t MISSING_BITS = 0x7fc00000U, EMPTY = 0xffffffffU;

struct packer {
    size_t count, limit; /* rows; codes beyond which the column stays as it is */
    size_t added, codes; /* rows; their distinct values */
    bool judged;         /* by these */
    uint32_t *bits;      /* of each code, room for `room` */
    size_t room;
    struct slot *slots; /* open addressing */
    unsigned shift;     /* 32 less the binary logarithm of their number */
    uint16_t *words;    /* provisional code of each row, until the column turns out to be of FLOATS */
    float *floats;
};

/* ---- Packing ---- */

static int no_memory(size_t count, struct error *err)
{
    return error_set(err, ERROR_INTERNAL, "no memory for a column of %zu clients", count);
}

/* Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): the upper bits of the product are mixed
 * from all of a float's. */
static size_t first_slot(unsigned shift, uint32_t bits)
{
    return (bits * 0x9e3779b1U) >> shift & ~(size_t)1;
}

/* The slot with these bits, or the empty one for them. */
static size_t find_slot(const struct slot *slots, unsigned shift, uint32_t bits)
{
    const size_t mask = ((size_t)1 << (32 - shift)) - 1;
    size_t at = first_slot(shift, bits);
    while (slots[at].bits != bits && slots[at].bits != EMPTY)
        at = (at + 1) & mask;
    return at;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x7fffffffU) > 0x7f800000U ? MISSING_BITS : bits;
}

static float value_of(const struct packer *packer, size_t code)
{
    float value;
    memcpy(&value, &packer->bits[code], sizeof value);
    return value;
}

/* Gives new bits the next code. There is room. */
static void insert(struct packer *packer, uint32_t bits)
{
    packer->slots[find_slot(packer->slots, packer->shift, bits)] =
        (struct slot){bits, (uint32_t)packer->codes};
    packer->bits[packer->codes++] = bits;
}

/* Written at once: pages that are read before would be mapped twice. */
static struct slot *new_slots(unsigned shift)
{
    const size_t bytes = ((size_t)1 << (32 - shift)) * sizeof(struct slot);
    struct slot *slots = malloc(bytes);
    if (slots)
        memset(slots, 0xff, bytes);
    return slots;
}

int packer_new(struct packer **out, size_t count, struct error *err)
{
    struct packer *packer = calloc(1, sizeof *packer);
    if (!packer)
        return no_memory(count, err);
    packer->count = count;
    /* Values and their numbers of rows take eight bytes each and save two bytes a row: of more, too little
     * would be saved. */
    packer->limit = count / 8 < FEW ? FEW : count / 8 < CODES ? count / 8 : CODES;
    packer->room = FIRST_SLOTS / 2;
    packer->shift = 32 - (unsigned)__builtin_ctz(FIRST_SLOTS);
    packer->bits = malloc(packer->room * sizeof *packer->bits);
    packer->slots = new_slots(packer->shift);
    packer->words = calloc(count + 1, sizeof *packer->words);
    if (!packer->bits || !packer->slots || !packer->words) {
        packer_free(packer);
        return no_memory(count, err);
    }
    insert(packer, MISSING_BITS);
    *out = packer;
    return 0;
}

void packer_free(struct packer *packer)
{
    if (!packer)
        return;
    free(packer->bits);
    free(packer->slots);
    free(packer->words);
    free(packer->floats);
    free(packer);
}

static int grow(struct packer *packer, struct error *err)
{
    const unsigned shift = packer->shift - 1;
    uint32_t *bits = realloc(packer->bits, 2 * packer->room * sizeof *bits);
    if (!bits)
        return no_memory(packer->count, err);
    packer->bits = bits;
    struct slot *slots = new_slots(shift);
    if (!slots)
        return no_memory(packer->count, err);
    packer->room *= 2;
    for (size_t code = 0; code < packer->codes; code++)
        slots[find_slot(slots, shift, bits[code])] = (struct slot){bits[code], (uint32_t)code};
    free(packer->slots);
    packer->slots = slots;
    packer->shift = shift;
    return 0;
}

/* Too many values: from here on the column is kept as it is. */
static int give_up(struct packer *packer, struct error *err)
{
    packer->floats = malloc((packer->count + 1) * sizeof *packer->floats);
    if (!packer->floats)
        return no_memory(packer->count, err);
    for (size_t row = 0; row < packer->count; row++)
        packer->floats[row] = value_of(packer, packer->words[row]);
    free(packer->words);
    free(packer->slots);
    free(packer->bits);
    packer->words = NULL;
    packer->slots = NULL;
    packer->bits = NULL;
    return 0;
}

/* The code of bits that the first slot does not have; -1 when there are too many, or no memory. */
static int64_t look_further(struct packer *packer, uint32_t bits, struct error *err)
{
    const struct slot *slot = &packer->slots[find_slot(packer->slots, packer->shift, bits)];
    if (slot->bits == bits)
        return slot->code;
    if (packer->codes == packer->limit) {
        give_up(packer, err);
        return -1;
    }
    if (packer->codes == packer->room && grow(packer, err))
        return -1;
    insert(packer, bits);
    return (int64_t)packer->codes - 1;
}

/* True when most of the known values so far are distinct; how many are known, the last ones tell. */
static bool is_hopeless(const struct packer *packer, const float *last, size_t count)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        known += last[i] == last[i];
    return (double)packer->codes * (double)count > 0.75 * (double)packer->added * (double)known;
}

int packer_add(struct packer *packer, size_t first, const float *values, size_t count, struct error *err)
{
    uint16_t *words = packer->words ? packer->words + first : NULL;
    for (size_t i = 0; i < count && words; i++) {
        const uint32_t bits = bits_of(values[i]);
        /* Nearly all are in one of the two first slots; which of them is not worth a wrong guess. */
        const struct slot *slots = &packer->slots[first_slot(packer->shift, bits)];
        if ((slots[0].bits == bits) | (slots[1].bits == bits)) {
            words[i] = (uint16_t)(slots[0].bits == bits ? slots[0].code : slots[1].code);
            continue;
        }
        const int64_t code = look_further(packer, bits, err);
        if (code >= 0)
            words[i] = (uint16_t)code;
        else if (packer->floats)
            words = NULL;
        else
            return -1;
    }
    packer->added += count;
    if (packer->words && !packer->judged && packer->added >= ENOUGH) {
        packer->judged = true;
        if (is_hopeless(packer, values, count) && give_up(packer, err))
            return -1;
    }
    if (packer->floats)
        memcpy(packer->floats + first, values, count * sizeof *values);
    return 0;
}

/* Fills `values` with the known ones, ascending, and `places` with the place of each code. */
static int sort_codes(const struct packer *packer, float *values, uint16_t *places)
{
    size_t known = packer->codes - 1;
    uint32_t *keys = malloc((2 * known + 1) * sizeof *keys);
    if (!keys)
        return -1;
    for (size_t i = 0; i < known; i++)
        keys[i] = order_key(value_of(packer, i + 1));
    const uint32_t *sorted = order_sort(keys, keys + known, known);
    for (size_t place = 0; place < known; place++) {
        values[place] = order_value(sorted[place]);
        const size_t slot = find_slot(packer->slots, packer->shift, bits_of(values[place]));
        places[packer->slots[slot].code] = (uint16_t)place;
    }
    values[known] = NAN;
    places[MISSING] = (uint16_t)known;
    free(keys);
    return 0;
}

/* Provisional codes become places in the same memory: a byte is never written before its word was read. */
static void settle_codes(struct packer *packer, struct packed *out, const uint16_t *places)
{
    uint16_t *words = packer->words;
    uint8_t *bytes = (uint8_t *)words;
    const size_t count = packer->count;
    out->kind = out->distinct < UINT8_MAX ? PACKED_BYTES : PACKED_WORDS;
    for (size_t row = 0; row < count; row++) {
        const uint16_t place = places[words[row]];
        out->rows[place]++;
        if (out->kind == PACKED_BYTES)
            bytes[row] = (uint8_t)place;
        else
            words[row] = place;
    }
    packer->words = NULL;
    out->words = words;
    if (out->kind == PACKED_BYTES) {
        uint8_t *smaller = realloc(bytes, count + 1);
        out->bytes = smaller ? smaller : bytes;
    }
}

int packer_finish(struct packer *packer, struct packed *out, struct error *err)
{
    *out = (struct packed){.kind = PACKED_FLOATS, .count = packer->count};
    if (packer->floats) {
        out->floats = packer->floats;
        packer->floats = NULL;
        return 0;
    }
    int status = -1;
    uint16_t *places = malloc(packer->codes * sizeof *places);
    out->distinct = packer->codes - 1;
    out->values = malloc(packer->codes * sizeof *out->values);
    out->rows = calloc(packer->codes, sizeof *out->rows);
    if (places && out->values && out->rows)
        status = sort_codes(packer, out->values, places);
    if (status == 0) {
        settle_codes(packer, out, places);
    } else {
        packed_release(out);
        no_memory(packer->count, err);
    }
    free(places);
    return status;
}

void packed_release(struct packed *packed)
{
    free(packed->values);
    free(packed->rows);
    free(packed->floats); /* whatever they are */
    *packed = (struct packed){0};
}

/* ---- Reading ---- */

void packed_read(const struct packed *packed, size_t first, size_t count, float *out)
{
    if (packed->kind == PACKED_FLOATS)
        memcpy(out, packed->floats + first, count * sizeof *out);
    else if (packed->kind == PACKED_WORDS)
        for (size_t i = 0; i < count; i++)
            out[i] = packed->values[packed->words[first + i]];
    else
        for (size_t i = 0; i < count; i++)
            out[i] = packed->values[packed->bytes[first + i]];
}

void packed_gather(const struct packed *packed, const uint32_t *rows, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = packed_value(packed, rows[i]);
}

struct packed_values packed_values(const struct packed *packed)
{
    if (packed->kind == PACKED_FLOATS)
        return (struct packed_values){packed->floats, NULL, packed->count};
    return (struct packed_values){packed->values, packed->rows, packed->distinct + 1};
}
