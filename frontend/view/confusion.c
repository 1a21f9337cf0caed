#include "frontend/view/confusion.h"

#include <stdio.h>

#include "frontend/answer.h"
#include "shared/base/number.h"

static void add(json_t *view, const char *name, double count, double all, enum language language)
{
    char text[NUMBER_TEXT], key[32];
    number_format(text, count, 0, language);
    json_object_set_new(view, name, json_string(text));
    number_format_percent(text, all > 0 ? count / all : (double)NAN, 1, language);
    snprintf(key, sizeof key, "%s_share", name);
    json_object_set_new(view, key, json_string(text));
}

json_t *confusion_view(const json_t *confusion, enum language language)
{
    double granted_repaid = answer_number(confusion, "true_negatives");
    double granted_defaulted = answer_number(confusion, "false_negatives");
    double refused_repaid = answer_number(confusion, "false_positives");
    double refused_defaulted = answer_number(confusion, "true_positives");
    double granted = granted_repaid + granted_defaulted, refused = refused_repaid + refused_defaulted;
    double all = granted + refused;
    json_t *view = json_object();
    add(view, "granted_repaid", granted_repaid, all, language);
    add(view, "granted_defaulted", granted_defaulted, all, language);
    add(view, "refused_repaid", refused_repaid, all, language);
    add(view, "refused_defaulted", refused_defaulted, all, language);
    add(view, "granted", granted, all, language);
    add(view, "refused", refused, all, language);
    add(view, "repaid", granted_repaid + refused_repaid, all, language);
    add(view, "defaulted", granted_defaulted + refused_defaulted, all, language);
    add(view, "all", all, all, language);
    return view;
}
