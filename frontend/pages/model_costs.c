/* What errors cost, and what other costs of them would change: threshold, decisions and money. The page shows
 * it for the costs in its address; its script does the same at once while a cost is moved. */
#include "frontend/pages/model_costs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/backend_client.h"
#include "frontend/pages/model_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/view/confusion.h"

enum { MISSED, REFUSED, COSTS, TYPED_BYTES = 32, POLICIES = 3, FIGURE_NAME = 48, KEY_BYTES = 64 };
static const double COST_LEAST = 0.01, COST_MOST = 1e9, THOUSAND = 1000;
static const char *const cost_names[COSTS] = {"missed_cost", "refused_cost"};

/* ---- What is asked for ------------------------------------------------------------------------------- */

/* A cost of the address: as it was typed, and what it says. */
struct cost_field {
    const char *typed; /* "" when there is none */
    double value;      /* NaN: none, or wrong */
    bool wrong;
};

/* Bytes of the blank that groups digits at this place: a plain, no-break or narrow no-break space; 0 for
 * none. */
static size_t blank_at(const char *text)
{
    static const char *const blanks[] = {" ", "\u00a0", "\u202f"};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
        if (strncmp(text, blanks[i], strlen(blanks[i])) == 0)
            return strlen(blanks[i]);
    return 0;
}

/* People write decimals with a comma and group digits with blanks. */
static struct cost_field read_cost(const struct http_exchange *exchange, const char *name)
{
    struct cost_field cost = {.typed = http_query(exchange, name), .value = NAN};
    char plain[TYPED_BYTES];
    size_t length = 0;
    if (!cost.typed || strlen(cost.typed) >= TYPED_BYTES)
        cost.typed = "";
    for (const char *at = cost.typed; *at;) {
        size_t blank = blank_at(at);
        if (blank == 0)
            plain[length++] = *at == ',' ? '.' : *at;
        at += blank ? blank : 1;
    }
    double value;
    if (length > 0 && number_read(&value, plain, length) && value >= COST_LEAST && value <= COST_MOST)
        cost.value = value;
    cost.wrong = length > 0 && isnan(cost.value);
    return cost;
}

static void ask(struct backend_call *call, const struct cost_field costs[COSTS])
{
    int length = snprintf(call->path, BACKEND_PATH, "/model/performance?points=%d", MODEL_COSTS_CUTS);
    for (size_t i = 0; i < COSTS; i++)
        if (!isnan(costs[i].value))
            length += snprintf(call->path + length, BACKEND_PATH - (size_t)length, "&%s=%.12g", cost_names[i],
                               costs[i].value);
}

/* ---- The form ---------------------------------------------------------------------------------------- */

/* The end of a slider on which `value` lies in the first quarter: 1, 2 or 5 times a power of ten. */
static double slider_end(double value)
{
    static const double steps[] = {1, 2, 5, 10};
    double wanted = 4 * value, power = pow(10, floor(log10(wanted)));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] * power >= wanted * (1 - 1e-9))
            return steps[i] * power;
    return 10 * power;
}

static json_t *plain_number(double value)
{
    char text[NUMBER_TEXT];
    snprintf(text, sizeof text, "%.12g", value);
    return json_string(text);
}

/* The same as somebody types it in their language. */
static json_t *typed_number(double value, enum language language)
{
    char text[NUMBER_TEXT];
    snprintf(text, sizeof text, "%.12g", value);
    char *point = language == LANGUAGE_FR ? strchr(text, '.') : NULL;
    if (point)
        *point = ',';
    return json_string(text);
}

static json_t *field_view(const struct http_exchange *exchange, size_t which, const struct cost_field *cost,
                          double value)
{
    enum { SLIDER_STEPS = 100 };
    char label[KEY_BYTES], help[KEY_BYTES];
    double end = slider_end(value);
    snprintf(label, sizeof label, "%s.%s.label", "model_costs.fields", cost_names[which]);
    snprintf(help, sizeof help, "%s.%s.help", "model_costs.fields", cost_names[which]);
    json_t *view = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "name", cost_names[which], "label",
                             page_text(exchange, label), "help", page_text(exchange, help), "slider",
                             plain_number(value), "step", plain_number(end / SLIDER_STEPS), "end",
                             plain_number(fmin(end, COST_MOST)));
    json_object_set_new(view, "least", plain_number(fmax(end / SLIDER_STEPS, COST_LEAST)));
    json_object_set_new(view, "wrong", json_boolean(cost->wrong));
    json_object_set_new(view, "value",
                        cost->wrong ? json_string(cost->typed) : typed_number(value, exchange->language));
    return view;
}

/* ---- Figures ----------------------------------------------------------------------------------------- */

/* What is compared: refusing from a threshold on, or nobody. */
struct policy {
    const char *name;                           /* in data-figure, for the script */
    double threshold, refused, recall, good;    /* shares; threshold NaN for nobody */
    double cost_client, cost_thousand, savings; /* the last of a thousand, against granting all */
};

static struct policy policy_of(const char *name, const json_t *choice, double clients)
{
    return (struct policy){.name = name,
                           .threshold = answer_number(choice, "threshold"),
                           .refused = answer_number(choice, "refused_share"),
                           .recall = answer_number(choice, "recall"),
                           .good = answer_number(choice, "false_positive_rate"),
                           .cost_client = answer_number(choice, "cost") / clients,
                           .cost_thousand = answer_number(choice, "cost") / clients * THOUSAND,
                           .savings = answer_number(choice, "savings") / clients * THOUSAND};
}

static struct policy grant_all(const json_t *performance, double clients)
{
    double cost = answer_number(performance, "defaults") *
                  answer_number(json_object_get(performance, "costs"), "missed") / clients;
    return (struct policy){
        .name = "all", .threshold = NAN, .cost_client = cost, .cost_thousand = cost * THOUSAND};
}

/* A row of the comparison: one figure of each policy. */
static void add_row(json_t *rows, const struct http_exchange *exchange, const char *name,
                    const double values[POLICIES], const struct policy policies[POLICIES], bool is_share)
{
    char label[KEY_BYTES], text[NUMBER_TEXT], figure[FIGURE_NAME];
    json_t *cells = json_array();
    snprintf(label, sizeof label, "%s.%s", "model_costs.rows", name);
    for (size_t i = 0; i < POLICIES; i++) {
        if (is_share)
            number_format_percent(text, values[i], 1, exchange->language);
        else
            model_costs_format(text, values[i], exchange->language);
        snprintf(figure, sizeof figure, "%s.%s", policies[i].name, name);
        json_array_append_new(cells, json_pack("{s:s, s:s}", "figure", figure, "text", text));
    }
    json_array_append_new(rows, json_pack("{s:s, s:o}", "label", page_text(exchange, label), "cells", cells));
}

static json_t *rows_view(const struct http_exchange *exchange, const struct policy p[POLICIES])
{
    json_t *rows = json_array();
    add_row(rows, exchange, "threshold", (double[]){p[0].threshold, p[1].threshold, p[2].threshold}, p, true);
    add_row(rows, exchange, "refused", (double[]){p[0].refused, p[1].refused, p[2].refused}, p, true);
    add_row(rows, exchange, "recall", (double[]){p[0].recall, p[1].recall, p[2].recall}, p, true);
    add_row(rows, exchange, "good", (double[]){p[0].good, p[1].good, p[2].good}, p, true);
    add_row(rows, exchange, "cost_client", (double[]){p[0].cost_client, p[1].cost_client, p[2].cost_client},
            p, false);
    add_row(rows, exchange, "cost_thousand",
            (double[]){p[0].cost_thousand, p[1].cost_thousand, p[2].cost_thousand}, p, false);
    add_row(rows, exchange, "savings", (double[]){p[0].savings, p[1].savings, p[2].savings}, p, false);
    return rows;
}

/* "For 1,000 applications … less than …": `saved` of a thousand. */
static json_t *saving_text(const struct http_exchange *exchange, const char *against, double saved,
                           double cost)
{
    static const double NOTHING = 0.005;
    char key[KEY_BYTES], amount[NUMBER_TEXT], total[NUMBER_TEXT];
    model_costs_format(amount, fabs(saved), exchange->language);
    model_costs_format(total, cost, exchange->language);
    snprintf(key, sizeof key, "model_costs.%s_%s", against,
             fabs(saved) < NOTHING ? "same"
             : saved > 0           ? "less"
                                   : "more");
    return i18n_say(page_site(exchange)->i18n, exchange->language, key,
                    I18N_VALUES("amount", amount, "cost", total));
}

static json_t *words_view(const struct http_exchange *exchange, const struct policy *chosen,
                          const struct policy *own)
{
    char threshold[NUMBER_TEXT], present[NUMBER_TEXT];
    number_format_percent(threshold, chosen->threshold, 1, exchange->language);
    number_format_percent(present, own->threshold, 1, exchange->language);
    bool same = strcmp(threshold, present) == 0;
    return json_pack(
        "{s:o, s:o, s:o}", "choice",
        i18n_say(page_site(exchange)->i18n, exchange->language,
                 same ? "model_costs.choice_same" : "model_costs.choice",
                 I18N_VALUES("threshold", threshold, "own", present)),
        "all", saving_text(exchange, "all", chosen->savings, chosen->cost_thousand), "own",
        saving_text(exchange, "own", own->cost_thousand - chosen->cost_thousand, chosen->cost_thousand));
}

/* ---- The page ---------------------------------------------------------------------------------------- */

static int fill_view(json_t *view, const struct http_exchange *exchange, const json_t *performance,
                     const struct cost_field costs[COSTS], struct error *err)
{
    const json_t *analytic = json_object_get(performance, "analytic"),
                 *told = json_object_get(performance, "costs");
    double clients = answer_number(performance, "clients");
    json_t *curve = NULL, *fields = json_array();
    if (model_costs_curve(&curve, exchange, performance, err)) {
        json_decref(fields);
        return -1;
    }
    const struct policy policies[POLICIES] = {policy_of("chosen", analytic, clients),
                                              policy_of("own", json_object_get(performance, "own"), clients),
                                              grant_all(performance, clients)};
    json_array_append_new(fields,
                          field_view(exchange, MISSED, &costs[MISSED], answer_number(told, "missed")));
    json_array_append_new(fields,
                          field_view(exchange, REFUSED, &costs[REFUSED], answer_number(told, "refused")));
    json_object_set_new(view, "fields", fields);
    json_object_set_new(view, "words", words_view(exchange, &policies[0], &policies[1]));
    json_object_set_new(view, "rows", rows_view(exchange, policies));
    json_object_set_new(view, "confusion",
                        confusion_view(json_object_get(analytic, "confusion"), exchange->language));
    json_object_set_new(view, "curve", curve);
    return 0;
}

void model_costs_show(struct http_exchange *exchange)
{
    struct error err = {0};
    struct backend_call call = {0};
    const struct cost_field costs[COSTS] = {read_cost(exchange, cost_names[MISSED]),
                                            read_cost(exchange, cost_names[REFUSED])};
    ask(&call, costs);
    backend_client_run(page_site(exchange)->backend, &call, 1, exchange->request_id, exchange->language);
    if (call.outcome == BACKEND_OK) {
        json_t *view = model_page_view(exchange, "costs", json_object_get(call.answer, "model"));
        int status = fill_view(view, exchange, call.answer, costs, &err);
        model_page_answer(exchange, status, "model_costs", "model_costs.js", view, &err);
    } else if (call.outcome == BACKEND_UNKNOWN) {
        /* The artifact does not tell: the page says so. */
        page_answer(exchange, 200, "model_costs", model_page_view(exchange, "costs", NULL));
    } else {
        page_backend_failed(exchange, &call);
    }
    backend_calls_clean(&call, 1);
}
