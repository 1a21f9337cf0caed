#include "notebooks-port/portfolio/fields.h"

#include <math.h>

#define FIELD_ENTRY(name, kind, column, stratum, missing, step) {#name, kind, column, stratum, missing, step},
const struct field FIELDS[FIELD_COUNT] = {FIELD_LIST(FIELD_ENTRY)};
#undef FIELD_ENTRY

static const double RETIRED_DAYS = 365243, AMOUNT_STEP = 4.5;
enum {
    PLACES = 3, /* flags: registered but not living there, registered not working, living not working */
    DOCUMENTS = APPLICATION_FLAG_DOCUMENT_21 - APPLICATION_FLAG_DOCUMENT_2 + 1,
    OCCUPATIONS = OCCUPATION_TYPE_COUNT + 1 /* the last stands for none */
};

static size_t clipped(double value, size_t levels)
{
    if (isnan(value) || value >= (double)levels)
        return levels - 1;
    return value < 0 ? 0 : (size_t)value;
}

static size_t band(double value, const double *edges, size_t count)
{
    size_t i = 0;
    while (i < count && value >= edges[i])
        i++;
    return i;
}

static const double GOODS_EDGES[] = {150000, 225000, 270000, 450000, 450001, 675000, 675001, 900001};
static const double CREDIT_EDGES[] = {135001, 225000, 270000, 450000, 540000, 675000, 900000, 1125000};
enum { AMOUNT_BANDS = sizeof GOODS_EDGES / sizeof *GOODS_EDGES + 1 };

size_t field_strata(enum stratum stratum)
{
    switch (stratum) {
    case STRATUM_ONE:
        return 1;
    case STRATUM_RETIRED:
    case STRATUM_CONTRACT:
        return 2;
    case STRATUM_GENDER:
        return CODE_GENDER_COUNT;
    case STRATUM_FAMILY:
        return NAME_FAMILY_STATUS_COUNT;
    case STRATUM_GENDER_EDUCATION:
        return (size_t)CODE_GENDER_COUNT * NAME_EDUCATION_TYPE_COUNT;
    case STRATUM_OCCUPATION:
        return OCCUPATIONS;
    case STRATUM_CONTRACT_GOODS:
    case STRATUM_CONTRACT_CREDIT:
        return AMOUNT_BANDS + 1;
    case STRATUM_PAPERS:
        return 3;
    case STRATUM_RATING:
        return 4;
    case STRATUM_REGIONS:
        return 1u << PLACES;
    case STRATUM_OBSERVED:
        return 7;
    case STRATUM_DEFAULTED:
        return 4;
    }
    return 1;
}

static bool revolving(const double *values)
{
    return values[FIELD_OF_NAME_CONTRACT_TYPE] == CONTRACT_TYPE_REVOLVING_LOANS;
}

size_t field_stratum(enum stratum stratum, const double *values)
{
    switch (stratum) {
    case STRATUM_ONE:
        return 0;
    case STRATUM_RETIRED:
        return values[FIELD_OF_RETIRED] == 1;
    case STRATUM_CONTRACT:
        return revolving(values);
    case STRATUM_GENDER:
        return clipped(values[FIELD_OF_CODE_GENDER], CODE_GENDER_COUNT);
    case STRATUM_FAMILY:
        return clipped(values[FIELD_OF_NAME_FAMILY_STATUS], NAME_FAMILY_STATUS_COUNT);
    case STRATUM_GENDER_EDUCATION:
        return clipped(values[FIELD_OF_CODE_GENDER], CODE_GENDER_COUNT) * NAME_EDUCATION_TYPE_COUNT +
               clipped(values[FIELD_OF_NAME_EDUCATION_TYPE], NAME_EDUCATION_TYPE_COUNT);
    case STRATUM_OCCUPATION:
        return clipped(values[FIELD_OF_OCCUPATION_TYPE], OCCUPATIONS);
    case STRATUM_PAPERS:
        return revolving(values) ? 0 : values[FIELD_OF_RETIRED] == 1 ? 2 : 1;
    case STRATUM_CONTRACT_GOODS:
        return revolving(values) ? AMOUNT_BANDS : band(values[FIELD_OF_GOODS], GOODS_EDGES, AMOUNT_BANDS - 1);
    case STRATUM_CONTRACT_CREDIT:
        return revolving(values) ? AMOUNT_BANDS
                                 : band(values[FIELD_OF_GOODS] * values[FIELD_OF_CREDIT_TO_GOODS],
                                        CREDIT_EDGES, AMOUNT_BANDS - 1);
    case STRATUM_RATING:
        return clipped(values[FIELD_OF_REGION_RATING_CLIENT], 4);
    case STRATUM_REGIONS:
        return clipped(values[FIELD_OF_REGIONS], 1u << PLACES);
    case STRATUM_OBSERVED:
        return clipped(values[FIELD_OF_OBS_30_CNT_SOCIAL_CIRCLE], 7);
    case STRATUM_DEFAULTED:
        return clipped(values[FIELD_OF_DEF_30_CNT_SOCIAL_CIRCLE], 4);
    }
    return 0;
}

bool field_conditions(enum stratum stratum, size_t of)
{
    switch (stratum) {
    case STRATUM_ONE:
        return false;
    case STRATUM_RETIRED:
        return of == FIELD_OF_RETIRED;
    case STRATUM_CONTRACT:
        return of == FIELD_OF_NAME_CONTRACT_TYPE;
    case STRATUM_GENDER:
        return of == FIELD_OF_CODE_GENDER;
    case STRATUM_FAMILY:
        return of == FIELD_OF_NAME_FAMILY_STATUS;
    case STRATUM_GENDER_EDUCATION:
        return of == FIELD_OF_CODE_GENDER || of == FIELD_OF_NAME_EDUCATION_TYPE;
    case STRATUM_OCCUPATION:
        return of == FIELD_OF_OCCUPATION_TYPE || of == FIELD_OF_MISSING_OCCUPATION;
    case STRATUM_PAPERS:
        return of == FIELD_OF_NAME_CONTRACT_TYPE || of == FIELD_OF_RETIRED;
    case STRATUM_CONTRACT_GOODS:
        return of == FIELD_OF_NAME_CONTRACT_TYPE || of == FIELD_OF_GOODS;
    case STRATUM_CONTRACT_CREDIT:
        return of == FIELD_OF_NAME_CONTRACT_TYPE || of == FIELD_OF_GOODS || of == FIELD_OF_CREDIT_TO_GOODS;
    case STRATUM_RATING:
        return of == FIELD_OF_REGION_RATING_CLIENT;
    case STRATUM_REGIONS:
        return of == FIELD_OF_REGIONS;
    case STRATUM_OBSERVED:
        return of == FIELD_OF_OBS_30_CNT_SOCIAL_CIRCLE;
    case STRATUM_DEFAULTED:
        return of == FIELD_OF_DEF_30_CNT_SOCIAL_CIRCLE;
    }
    return false;
}

bool field_applies(size_t field, const double *values)
{
    int missing = FIELDS[field].missing;
    if (missing >= 0 && values[missing] == 1)
        return false;
    switch (field) {
    case FIELD_OF_EMPLOYED:
    case FIELD_OF_MISSING_OCCUPATION:
    case FIELD_OF_OCCUPATION_TYPE:
    case FIELD_OF_ORGANIZATION_TYPE:
        return values[FIELD_OF_RETIRED] != 1;
    case FIELD_OF_OWN_CAR_AGE:
        return values[FIELD_OF_FLAG_OWN_CAR] == YES_NO_LETTER_Y;
    case FIELD_OF_MISSING_GOODS:
        return revolving(values);
    default:
        return true;
    }
}

const struct column *field_categories(size_t field)
{
    int position = field == FIELD_OF_ORGANIZATION_TYPE ? APPLICATION_ORGANIZATION_TYPE : FIELDS[field].column;
    const struct column *column =
        position < 0 ? NULL : &home_credit_schema(TABLE_APPLICATION)->columns[position];
    return column != NULL && column->kind == COLUMN_CATEGORY ? column : NULL;
}

/* Flags of neighbouring columns as the bits of one number. */
static double pattern_read(const double *row, int count, int first)
{
    unsigned long bits = 0;
    for (int i = 0; i < count; i++)
        if (row[first + i] == 1)
            bits |= 1ul << i;
    return (double)bits;
}

static void pattern_write(double *row, int count, int first, double value)
{
    unsigned long bits = isnan(value) ? 0 : (unsigned long)value;
    for (int i = 0; i < count; i++)
        row[first + i] = (bits >> i & 1) != 0;
}

static void read_virtual(double *values, const double *row)
{
    bool retired = row[APPLICATION_DAYS_EMPLOYED] == RETIRED_DAYS;
    double credit = row[APPLICATION_AMT_CREDIT], goods = row[APPLICATION_AMT_GOODS_PRICE];
    values[FIELD_OF_RETIRED] = retired;
    values[FIELD_OF_EMPLOYED] = row[APPLICATION_DAYS_EMPLOYED];
    values[FIELD_OF_MISSING_OCCUPATION] = isnan(row[APPLICATION_OCCUPATION_TYPE]);
    values[FIELD_OF_ORGANIZATION_TYPE] = row[APPLICATION_ORGANIZATION_TYPE];
    values[FIELD_OF_MISSING_GOODS] = isnan(goods);
    values[FIELD_OF_GOODS] = isnan(goods) ? credit : goods;
    values[FIELD_OF_CREDIT_TO_GOODS] = credit / values[FIELD_OF_GOODS];
    double annuity = row[APPLICATION_AMT_ANNUITY];
    values[FIELD_OF_CREDIT_TO_ANNUITY] = annuity > 0 ? credit / annuity : NAN;
    values[FIELD_OF_REGIONS] = pattern_read(row, PLACES, APPLICATION_REG_REGION_NOT_LIVE_REGION);
    values[FIELD_OF_CITIES] = pattern_read(row, PLACES, APPLICATION_REG_CITY_NOT_LIVE_CITY);
    values[FIELD_OF_DOCUMENTS] = pattern_read(row, DOCUMENTS, APPLICATION_FLAG_DOCUMENT_2);
}

void fields_read(double *values, const double *row)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        values[i] = FIELDS[i].column >= 0 ? row[FIELDS[i].column] : NAN;
    read_virtual(values, row);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (FIELDS[i].missing >= 0 && isnan(values[FIELDS[i].missing]))
            values[FIELDS[i].missing] = isnan(values[i]);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (!field_applies(i, values))
            values[i] = NAN;
}

static void mend(double *values)
{
    const double first_work_days = 16 * 365.25;
    double earliest = values[FIELD_OF_DAYS_BIRTH] + first_work_days;
    if (values[FIELD_OF_EMPLOYED] < earliest)
        values[FIELD_OF_EMPLOYED] = ceil(earliest * 0.97);
    if (values[FIELD_OF_DAYS_REGISTRATION] < values[FIELD_OF_DAYS_BIRTH])
        values[FIELD_OF_DAYS_REGISTRATION] = values[FIELD_OF_DAYS_BIRTH];
    if (values[FIELD_OF_DAYS_ID_PUBLISH] < values[FIELD_OF_DAYS_BIRTH])
        values[FIELD_OF_DAYS_ID_PUBLISH] = values[FIELD_OF_DAYS_BIRTH];
    if (values[FIELD_OF_OBS_60_CNT_SOCIAL_CIRCLE] > values[FIELD_OF_OBS_30_CNT_SOCIAL_CIRCLE])
        values[FIELD_OF_OBS_60_CNT_SOCIAL_CIRCLE] = values[FIELD_OF_OBS_30_CNT_SOCIAL_CIRCLE];
    if (values[FIELD_OF_DEF_30_CNT_SOCIAL_CIRCLE] > values[FIELD_OF_OBS_30_CNT_SOCIAL_CIRCLE])
        values[FIELD_OF_DEF_30_CNT_SOCIAL_CIRCLE] = values[FIELD_OF_OBS_30_CNT_SOCIAL_CIRCLE];
    if (values[FIELD_OF_DEF_60_CNT_SOCIAL_CIRCLE] > values[FIELD_OF_DEF_30_CNT_SOCIAL_CIRCLE])
        values[FIELD_OF_DEF_60_CNT_SOCIAL_CIRCLE] = values[FIELD_OF_DEF_30_CNT_SOCIAL_CIRCLE];
}

static double amount(double value)
{
    return nearbyint(value / AMOUNT_STEP) * AMOUNT_STEP;
}

void fields_write(double *row, double *values)
{
    mend(values);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (FIELDS[i].column >= 0)
            row[FIELDS[i].column] = values[i];

    bool retired = values[FIELD_OF_RETIRED] == 1;
    row[APPLICATION_DAYS_EMPLOYED] = retired ? RETIRED_DAYS : values[FIELD_OF_EMPLOYED];
    row[APPLICATION_FLAG_EMP_PHONE] = !retired;
    row[APPLICATION_FLAG_MOBIL] = 1;
    row[APPLICATION_ORGANIZATION_TYPE] = retired ? ORGANIZATION_TYPE_XNA : values[FIELD_OF_ORGANIZATION_TYPE];
    double family = values[FIELD_OF_NAME_FAMILY_STATUS];
    bool couple = family == NAME_FAMILY_STATUS_MARRIED || family == NAME_FAMILY_STATUS_CIVIL_MARRIAGE;
    row[APPLICATION_CNT_FAM_MEMBERS] = values[FIELD_OF_CNT_CHILDREN] + 1 + couple;

    double goods = values[FIELD_OF_GOODS], credit = amount(goods * values[FIELD_OF_CREDIT_TO_GOODS]);
    row[APPLICATION_AMT_CREDIT] = credit;
    row[APPLICATION_AMT_GOODS_PRICE] = values[FIELD_OF_MISSING_GOODS] == 1 ? NAN : goods;
    row[APPLICATION_AMT_ANNUITY] = amount(credit / values[FIELD_OF_CREDIT_TO_ANNUITY]);

    pattern_write(row, PLACES, APPLICATION_REG_REGION_NOT_LIVE_REGION, values[FIELD_OF_REGIONS]);
    pattern_write(row, PLACES, APPLICATION_REG_CITY_NOT_LIVE_CITY, values[FIELD_OF_CITIES]);
    pattern_write(row, DOCUMENTS, APPLICATION_FLAG_DOCUMENT_2, values[FIELD_OF_DOCUMENTS]);
}
