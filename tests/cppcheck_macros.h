/* What cppcheck, which does not read system headers, has to know of jansson's loops. */
#define json_array_foreach(array, index, value)                                                              \
    for (index = 0; (value = json_array_get(array, index)) != 0; index++)
#define json_object_foreach(object, key, value)                                                              \
    while ((key = next_key(object)) && (value = next_value(object)))
