#include "notebooks-port/ml/linear.h"

#include <lbfgs.h>
#include <limits.h>
#include <linear.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Newton ---- */

/* liblinear penalises the intercept as the coefficient of a column that is this everywhere: so large that the
 * coefficient, hence the penalty, stays small. */
static const double INTERCEPT_COLUMN = 10;

/* Rows as liblinear takes them: the values that are not 0, counted from 1, then the intercept and an end. */
struct sparse {
    struct feature_node *nodes;
    struct feature_node **rows;
    double *labels;
};

static int make_sparse(struct sparse *out, const struct examples *data, struct error *err)
{
    size_t filled = 0, cells = data->rows * data->columns;
    for (size_t i = 0; i < cells; i++)
        filled += data->values[i] != 0;
    out->nodes = malloc((filled + 2 * data->rows) * sizeof *out->nodes);
    out->rows = malloc(data->rows * sizeof(struct feature_node *));
    out->labels = malloc(data->rows * sizeof *out->labels);
    if (!out->nodes || !out->rows || !out->labels)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", data->rows);
    struct feature_node *node = out->nodes;
    for (size_t r = 0; r < data->rows; r++) {
        const float *values = data->values + r * data->columns;
        out->rows[r] = node;
        out->labels[r] = data->labels[r];
        for (size_t c = 0; c < data->columns; c++)
            if (values[c] != 0)
                *node++ = (struct feature_node){(int)c + 1, (double)values[c]};
        *node++ = (struct feature_node){(int)data->columns + 1, INTERCEPT_COLUMN};
        *node++ = (struct feature_node){-1, 0};
    }
    return 0;
}

static void say_nothing(const char *text)
{
    (void)text;
}

static int fit_newton(struct linear *out, const struct sparse *sparse, const struct examples *data,
                      const struct linear_options *options, struct error *err)
{
    int labels[2] = {0, 1};
    double weights[2] = {options->class_weights[0], options->class_weights[1]};
    const struct problem problem = {.l = (int)data->rows,
                                    .n = (int)data->columns + 1,
                                    .y = sparse->labels,
                                    .x = sparse->rows,
                                    .bias = INTERCEPT_COLUMN};
    const struct parameter parameter = {.solver_type = L2R_LR,
                                        .eps = options->tolerance,
                                        .C = options->c,
                                        .nr_weight = 2,
                                        .weight_label = labels,
                                        .weight = weights};
    const char *wrong = check_parameter(&problem, &parameter);
    if (wrong)
        return error_set(err, ERROR_INVALID, "logistic regression: %s", wrong);
    set_print_string_function(say_nothing);
    struct model *model = train(&problem, &parameter);
    double sign = model->label[0] == 1 ? 1 : -1; /* the first label met is liblinear's positive one */
    for (size_t c = 0; c < data->columns; c++)
        out->coefficients[c] = sign * model->w[c];
    out->intercept = sign * model->w[data->columns] * INTERCEPT_COLUMN;
    free_and_destroy_model(&model);
    return 0;
}

/* ---- L-BFGS ---- */

/* Rows are summed in this many parts, whatever the number of threads, so that sums keep their order. */
enum { PARTS = 32 };

struct objective {
    const struct examples *data;
    const struct linear_options *options;
    double *gradients; /* PARTS × (columns + 1) */
};

/* Loss of the rows first..last − 1 and its gradient. */
static double sum_part(const struct objective *objective, const double *w, double *gradient, size_t first,
                       size_t last)
{
    const struct examples *data = objective->data;
    size_t columns = data->columns;
    double loss = 0;
    memset(gradient, 0, (columns + 1) * sizeof *gradient);
    for (size_t r = first; r < last; r++) {
        const float *values = data->values + r * columns;
        double weight = objective->options->class_weights[data->labels[r]];
        double margin = w[columns];
        for (size_t c = 0; c < columns; c++)
            margin += w[c] * (double)values[c];
        double against = data->labels[r] ? -margin : margin;
        loss += weight * (against > 0 ? against + log1p(exp(-against)) : log1p(exp(against)));
        double pull = weight * (1 / (1 + exp(-margin)) - data->labels[r]);
        for (size_t c = 0; c < columns; c++)
            gradient[c] += pull * (double)values[c];
        gradient[columns] += pull;
    }
    return loss;
}

static lbfgsfloatval_t evaluate(void *instance, const lbfgsfloatval_t *w, lbfgsfloatval_t *gradient,
                                int count, lbfgsfloatval_t step)
{
    const struct objective *objective = instance;
    size_t rows = objective->data->rows, width = (size_t)count;
    double losses[PARTS], sum = 0, square = 0, strength = 1 / objective->options->c;
    (void)step;
#pragma omp parallel for
    for (size_t p = 0; p < PARTS; p++)
        losses[p] = sum_part(objective, w, objective->gradients + p * width, p * rows / PARTS,
                             (p + 1) * rows / PARTS);
    for (size_t c = 0; c < width; c++)
        gradient[c] = c + 1 < width ? strength * w[c] : 0;
    for (size_t p = 0; p < PARTS; p++) {
        sum += losses[p];
        for (size_t c = 0; c < width; c++)
            gradient[c] += objective->gradients[p * width + c];
    }
    for (size_t c = 0; c + 1 < width; c++)
        square += w[c] * w[c];
    return sum + strength * square / 2;
}

/* With scikit-learn's memory and criteria. A stop before convergence is no error: the steps were limited. */
static int fit_lbfgs(struct linear *out, const struct examples *data, const struct linear_options *options,
                     struct error *err)
{
    size_t width = data->columns + 1;
    lbfgs_parameter_t parameter;
    lbfgs_parameter_init(&parameter);
    parameter.m = 10;
    parameter.past = 1;
    parameter.delta = 2.2e-9;
    parameter.epsilon = 1e-9;
    parameter.max_iterations = (int)options->iterations;
    struct objective objective = {data, options, malloc(PARTS * width * sizeof(double))};
    lbfgsfloatval_t *w = lbfgs_malloc((int)width);
    if (!objective.gradients || !w) {
        free(objective.gradients);
        lbfgs_free(w);
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu columns", width);
    }
    int said = lbfgs((int)width, w, NULL, evaluate, NULL, &objective, &parameter);
    memcpy(out->coefficients, w, data->columns * sizeof *out->coefficients);
    out->intercept = w[data->columns];
    free(objective.gradients);
    lbfgs_free(w);
    return said == LBFGSERR_OUTOFMEMORY ? error_set(err, ERROR_INTERNAL, "out of memory for L-BFGS") : 0;
}

int linear_train(struct linear *out, const struct examples *data, const struct linear_options *options,
                 struct error *err)
{
    *out = (struct linear){.columns = data->columns};
    if (data->rows >= INT_MAX || data->columns >= INT_MAX - 1)
        return error_set(err, ERROR_LIMIT, "%zu rows of %zu columns are more than the solvers count",
                         data->rows, data->columns);
    out->coefficients = calloc(data->columns + 1, sizeof *out->coefficients);
    if (!out->coefficients)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu columns", data->columns);
    if (options->iterations > 0)
        return fit_lbfgs(out, data, options, err);
    struct sparse sparse = {0};
    int status = make_sparse(&sparse, data, err);
    if (status == 0)
        status = fit_newton(out, &sparse, data, options, err);
    free(sparse.nodes);
    free(sparse.rows);
    free(sparse.labels);
    return status;
}

void linear_predict(const struct linear *linear, const struct examples *data, double *scores)
{
#pragma omp parallel for
    for (size_t r = 0; r < data->rows; r++) {
        const float *values = data->values + r * data->columns;
        double margin = linear->intercept;
        for (size_t c = 0; c < data->columns; c++)
            margin += linear->coefficients[c] * (double)values[c];
        scores[r] = 1 / (1 + exp(-margin));
    }
}

void linear_free(struct linear *linear)
{
    free(linear->coefficients);
    *linear = (struct linear){0};
}
