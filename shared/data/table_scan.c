#include "shared/data/table_scan.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/data/category_index.h"
#include "shared/data/csv_index.h"

#ifdef __x86_64__

#include <immintrin.h>

#include "shared/base/number.h"

enum {
    ROWS = 32,    /* at most read together: a value is then no longer waited for when it is divided */
    VALUES = 256, /* of the rows read together, about: they stay in the cache */
    LANES = 4,    /* doubles of a vector */
    LONGEST = 16, /* characters of a number that one vector holds */
    NO_POINT = LONGEST,
    NOTHING, /* the divisor of an empty field */
    DIVISORS,
    WIDEST = (APPLICATION_COLUMNS + LANES - 1) / LANES * LANES
};

struct number_field {
    uint32_t field, column;
};

struct text_field {
    uint32_t field, column;
    struct category_index categories;
};

/* The dividend high · 10^8 + low. */
struct halves {
    uint32_t high, low;
};

struct long_number {
    uint32_t column;
    double value;
};

/* The dividends and divisors of a row's columns, then their quotients. The divisor of what is missing is NaN.
 */
struct scanned_row {
    struct halves dividends[WIDEST];
    double divisors[WIDEST];
    double values[WIDEST];
    struct long_number long_numbers[WIDEST];
    size_t long_count;
};

struct table_scan {
    size_t width, field_count; /* columns of the table, fields of a record */
    struct number_field *numbers;
    struct text_field *texts;
    size_t number_count, text_count;
    /* By column: the range, and all bits set where a value must be whole or must be there. */
    double lowest[WIDEST], highest[WIDEST];
    uint64_t whole[WIDEST], required[WIDEST];
    /* The rows that were read together, and how far they have been handed out. */
    struct csv_plain records[ROWS];
    struct scanned_row rows[ROWS];
    size_t row_count, next_row;
    size_t rows_together;
    size_t most_rows; /* read together next time: fewer after a row that was not taken */
};

/* ---- Numbers ---- */

/* 10 to the number of digits behind the point that is character i of the last 16; negative for a negative
 * number, so that a zero keeps its sign. */
static const double divisors[2][DIVISORS] = {
    {1e15, 1e14, 1e13, 1e12, 1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1e0, 1e0, (double)NAN},
    {-1e15, -1e14, -1e13, -1e12, -1e11, -1e10, -1e9, -1e8, -1e7, -1e6, -1e5, -1e4, -1e3, -1e2, -1e1, -1e0,
     -1e0, (double)NAN}};

/* Loaded from 16 - n on: the last n of 16 bytes. */
static const uint8_t last_bytes[2 * LONGEST] = {
    [LONGEST] = 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

/* Row p: the shuffle that takes out byte p and moves those before it up by one; a zero comes in in front. */
static const _Alignas(LONGEST) int8_t without_byte[LONGEST + 1][LONGEST] = {
    {-1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {-1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {-1, 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {-1, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {-1, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {-1, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {-1, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {-1, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15},
    {-1, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15},
    {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15},
    {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15},
    {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15},
    {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15},
    {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15},
    {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15},
    {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

/* A number of more characters; false when it is none that the column takes. A zero stands in its place. */
static bool read_long_number(const struct table_scan *scan, struct scanned_row *row, uint32_t column,
                             const char *text, size_t length)
{
    double value = 0;
    if (!number_read(&value, text, length) || value < scan->lowest[column] || value > scan->highest[column] ||
        (scan->whole[column] && value != trunc(value)))
        return false;
    row->dividends[column] = (struct halves){0};
    row->divisors[column] = 1;
    row->long_numbers[row->long_count++] = (struct long_number){column, value};
    return true;
}

/* Keeps a constant in its register: the compiler would make it anew for every field. */
CSV_VECTORS static inline __m128i kept_constant(char byte)
{
    __m128i constant = _mm_set1_epi8(byte);
    __asm__("" : "+x"(constant));
    return constant;
}

/* Takes the numbers apart: the last 16 characters without what stands before the number, as digits, without
 * the point, joined to pairs, fours and eights. What is no digit is gathered and looked at once. */
CSV_VECTORS static bool read_numbers(const struct table_scan *scan, struct scanned_row *row,
                                     const struct csv_plain *record)
{
    const __m128i zero = kept_constant('0');
    const __m128i point = kept_constant('.' ^ '0');
    const __m128i nine = kept_constant(9);
    const struct number_field *numbers = scan->numbers;
    const size_t count = scan->number_count;
    const char *bytes = record->bytes;
    const uint32_t *ends = record->ends;
    __m128i others = _mm_setzero_si128();
    bool no_digit = false;
    row->long_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct number_field at = numbers[i];
        const uint32_t start = ends[(ptrdiff_t)at.field - 1] + 1;
        const uint32_t length = ends[at.field] - start;
        if (__builtin_expect(length > LONGEST, false)) {
            if (!read_long_number(scan, row, at.column, bytes + start, length))
                return false;
            continue;
        }
        const bool negative = bytes[start] == '-';
        const uint32_t characters = length - negative;
        const __m128i kept = _mm_loadu_si128((const void *)(last_bytes + characters));
        const __m128i text = _mm_loadu_si128((const void *)(bytes + start + length - LONGEST));
        const __m128i digits = _mm_and_si128(_mm_xor_si128(text, zero), kept);
        const unsigned points = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(digits, point));
        const unsigned place = _tzcnt_u32(points | 1U << NO_POINT);
        const __m128i run = _mm_shuffle_epi8(digits, _mm_load_si128((const void *)without_byte[place]));
        const __m128i pairs = _mm_maddubs_epi16(run, _mm_set1_epi16(0x010A));
        const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));
        const __m128i packed = _mm_packus_epi32(fours, fours);
        const __m128i eights = _mm_madd_epi16(packed, _mm_set1_epi32(0x00012710));
        _mm_storel_epi64((void *)&row->dividends[at.column], eights);
        const bool empty = length == 0;
        row->divisors[at.column] = divisors[negative][place + empty];
        others = _mm_or_si128(others, _mm_subs_epu8(run, nine));
        no_digit |= empty ^ (characters == (place != NO_POINT));
    }
    return _mm_testz_si128(others, others) && !no_digit;
}

/* ---- Rows ---- */

CSV_VECTORS static bool read_texts(const struct table_scan *scan, struct scanned_row *row,
                                   const struct csv_plain *record)
{
    const char *bytes = record->bytes;
    bool known = true;
    for (size_t i = 0; i < scan->text_count; i++) {
        const struct text_field *at = &scan->texts[i];
        const uint32_t start = record->ends[(ptrdiff_t)at->field - 1] + 1;
        bool found = false;
        const struct category_slot *slot =
            category_index_find(&found, &at->categories, bytes + start, record->ends[at->field] - start);
        known &= found;
        row->dividends[at->column] = (struct halves){.low = slot->code};
        row->divisors[at->column] = slot->one;
    }
    return known;
}

/* The four dividends from `halves` on. */
CSV_VECTORS static inline __m256d join(const struct halves *halves)
{
    const __m256i four = _mm256_loadu_si256((const void *)halves);
    const __m256i apart = _mm256_permutevar8x32_epi32(four, _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
    const __m256d high = _mm256_cvtepi32_pd(_mm256_castsi256_si128(apart));
    const __m256d low = _mm256_cvtepi32_pd(_mm256_extracti128_si256(apart, 1));
    return _mm256_add_pd(_mm256_mul_pd(high, _mm256_set1_pd(1e8)), low);
}

/* What is wrong with four values of the columns from `i` on: out of range, missing where they must not, or
 * not whole. */
CSV_VECTORS static inline __m256d wrong_values(const struct table_scan *scan, size_t i, __m256d value)
{
    const __m256d below = _mm256_cmp_pd(value, _mm256_loadu_pd(scan->lowest + i), _CMP_LT_OQ);
    const __m256d above = _mm256_cmp_pd(value, _mm256_loadu_pd(scan->highest + i), _CMP_GT_OQ);
    const __m256d missing = _mm256_cmp_pd(value, value, _CMP_UNORD_Q);
    const __m256d whole = _mm256_round_pd(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    const __m256d broken = _mm256_cmp_pd(value, whole, _CMP_NEQ_OQ);
    const __m256d needed = _mm256_castsi256_pd(_mm256_loadu_si256((const void *)(scan->required + i)));
    const __m256d entire = _mm256_castsi256_pd(_mm256_loadu_si256((const void *)(scan->whole + i)));
    return _mm256_or_pd(_mm256_or_pd(below, above),
                        _mm256_or_pd(_mm256_and_pd(missing, needed), _mm256_and_pd(broken, entire)));
}

/* Divides; false when a value is one that its column does not take. */
CSV_VECTORS static bool finish_row(const struct table_scan *scan, struct scanned_row *row)
{
    const __m256d exact = _mm256_set1_pd(0x1p53); /* what is less is so in a double */
    __m256d wrong = _mm256_setzero_pd();
    for (size_t i = 0; i < scan->width; i += LANES) {
        const __m256d dividend = join(row->dividends + i);
        const __m256d value = _mm256_div_pd(dividend, _mm256_loadu_pd(row->divisors + i));
        wrong = _mm256_or_pd(wrong, _mm256_cmp_pd(dividend, exact, _CMP_GE_OQ));
        wrong = _mm256_or_pd(wrong, wrong_values(scan, i, value));
        _mm256_storeu_pd(row->values + i, value);
    }
    for (size_t i = 0; i < row->long_count; i++)
        row->values[row->long_numbers[i].column] = row->long_numbers[i].value;
    return _mm256_movemask_pd(wrong) == 0;
}

/* Reads the rows at hand up to the first that is not taken. */
CSV_VECTORS static void read_rows(struct table_scan *scan, struct csv_reader *csv)
{
    const size_t found = csv_peek(csv, scan->field_count, scan->records, scan->most_rows);
    size_t split = 0;
    while (split < found && read_texts(scan, &scan->rows[split], &scan->records[split]) &&
           read_numbers(scan, &scan->rows[split], &scan->records[split]))
        split++;
    size_t finished = 0;
    while (finished < split && finish_row(scan, &scan->rows[finished]))
        finished++;
    scan->most_rows = finished < found                            ? 1
                      : 2 * scan->most_rows < scan->rows_together ? 2 * scan->most_rows
                                                                  : scan->rows_together;
    scan->row_count = finished;
    scan->next_row = 0;
}

bool table_scan_next(struct table_scan *scan, struct csv_reader *csv, double *row)
{
    if (scan->next_row == scan->row_count)
        read_rows(scan, csv);
    if (scan->next_row == scan->row_count)
        return false;
    csv_pass(csv, &scan->records[scan->next_row]);
    memcpy(row, scan->rows[scan->next_row].values, scan->width * sizeof *row);
    scan->next_row++;
    return true;
}

int table_scan_new(struct table_scan **out, const struct table_schema *schema, const int *column_of_field,
                   size_t field_count, struct error *err)
{
    *out = NULL;
    if (!csv_index_works())
        return 0;
    struct table_scan *scan = calloc(1, sizeof *scan);
    if (!scan || !(scan->numbers = calloc(field_count, sizeof *scan->numbers)) ||
        !(scan->texts = calloc(field_count, sizeof *scan->texts))) {
        table_scan_free(scan);
        return error_set(err, ERROR_INTERNAL, "out of memory");
    }
    scan->width = schema->column_count;
    scan->field_count = field_count;
    const size_t fitting = VALUES / schema->column_count + 1;
    scan->most_rows = scan->rows_together = fitting < ROWS ? fitting : ROWS;
    for (size_t i = 0; i < ROWS * WIDEST; i++)
        scan->rows[i / WIDEST].divisors[i % WIDEST] =
            (double)NAN; /* of columns without a field it stays so */
    for (size_t i = 0; i < field_count; i++) {
        const uint32_t place = (uint32_t)column_of_field[i];
        const struct column *column = &schema->columns[place];
        scan->lowest[place] = column->lowest;
        scan->highest[place] = column->highest;
        scan->required[place] = column->required ? UINT64_MAX : 0;
        scan->whole[place] = column->kind != COLUMN_NUMBER ? UINT64_MAX : 0;
        if (column->kind != COLUMN_CATEGORY) {
            scan->numbers[scan->number_count++] = (struct number_field){(uint32_t)i, place};
            continue;
        }
        struct text_field *text = &scan->texts[scan->text_count];
        *text = (struct text_field){.field = (uint32_t)i, .column = place};
        if (category_index_make(&text->categories, column, err)) {
            table_scan_free(scan);
            return -1;
        }
        scan->text_count++;
    }
    *out = scan;
    return 0;
}

void table_scan_free(struct table_scan *scan)
{
    if (!scan)
        return;
    for (size_t i = 0; i < scan->text_count; i++)
        category_index_free(&scan->texts[i].categories);
    free(scan->numbers);
    free(scan->texts);
    free(scan);
}

#else

int table_scan_new(struct table_scan **out, const struct table_schema *schema, const int *column_of_field,
                   size_t field_count, struct error *err)
{
    (void)schema, (void)column_of_field, (void)field_count, (void)err;
    *out = NULL;
    return 0;
}

bool table_scan_next(struct table_scan *scan, struct csv_reader *csv, double *row)
{
    (void)scan, (void)csv, (void)row;
    return false;
}

void table_scan_free(struct table_scan *scan)
{
    (void)scan;
}

#endif
