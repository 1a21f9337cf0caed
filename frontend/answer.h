/* Reading the backend's answers: what is absent or of another type gives a harmless value. */
#ifndef CLAIRSCORE_FRONTEND_ANSWER_H
#define CLAIRSCORE_FRONTEND_ANSWER_H

#include <jansson.h>
#include <math.h>

/* The object's text called `name`, or "". Borrowed. */
static inline const char *answer_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* The object's number called `name`, or NAN, which is shown as a dash. */
static inline double answer_number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

#endif
