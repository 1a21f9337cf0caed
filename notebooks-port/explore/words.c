#include "notebooks-port/explore/words.h"

#include <math.h>

#include "shared/base/number.h"
#include "shared/features/catalogue.h"

enum { DECIMALS = 4 };

static const struct column *column_of(size_t column)
{
    return &home_credit_schema(TABLE_APPLICATION)->columns[column];
}

const char *words_column(size_t column, enum language language)
{
    int id = catalogue_find(column_of(column)->name);
    return id < 0 ? column_of(column)->name : catalogue_feature((size_t)id)->label[language];
}

const char *words_level(size_t column, size_t level, enum language language)
{
    const char *label = catalogue_category_label(column_of(column), level, language);
    return label ? label : column_of(column)->categories[level];
}

double words_direction(size_t column)
{
    int id = catalogue_find(column_of(column)->name);
    return id >= 0 && catalogue_feature((size_t)id)->unit == UNIT_DAYS ? -1 : 1;
}

json_t *words_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *words_value(const struct column *column, double value, enum language language)
{
    char text[NUMBER_TEXT];
    if (isnan(value))
        return json_null();
    if (column->kind == COLUMN_CATEGORY)
        return json_string(column->categories[(size_t)value]);
    number_format(text, value, value == floor(value) ? 0 : DECIMALS, language);
    return json_string(text);
}
