/* 02_model: from Home Credit tables to a model the backend serves. Reads top to bottom like its notebook;
 * each step is a function of notebooks-port/model, which does it and tells it in the report. */
#include <stdio.h>

#include "notebooks-port/model/choose.h"
#include "notebooks-port/model/compare.h"
#include "notebooks-port/model/data.h"
#include "notebooks-port/model/decide.h"
#include "notebooks-port/model/learning.h"
#include "notebooks-port/model/serve.h"
#include "notebooks-port/model/stability.h"
#include "notebooks-port/model/validate.h"
#include "shared/base/embed.h"
#include "shared/base/progress.h"
#include "shared/base/temporary.h"

EMBED(model_texts_fr, "notebooks-port/model/fr.json");
EMBED(model_texts_en, "notebooks-port/model/en.json");
EMBED(model_search_space, "notebooks-port/search_space.json");

static int run(struct study *study, struct error *err)
{
    /* 1. Read: the same features as import and serving build. */
    if (data_read(study, err))
        return -1;

    /* 2. Split: every row is predicted by a model that did not see it, and some rows are seen by no choice.
     */
    if (data_split(study, err))
        return -1;

    /* 3. Compare: the dummy is the floor; each method learns from raw and from SMOTE data. */
    if (compare_methods(study, err))
        return -1;

    /* 4. Eliminate: how few features would do as well. */
    if (choose_features(study, err))
        return -1;

    /* 5. Search: parameters by TPE, for the AUC or for the business. */
    if (choose_by_search(study, model_search_space, err))
        return -1;

    /* 6. Choose: settled, compared and found parameters compete on the same folds. */
    if (choose_parameters(study, err))
        return -1;

    /* 7. Cross-validate: the choice on all rows, rounds by early stopping inside each training part. */
    if (validate_all(study, err))
        return -1;

    /* 8. Calibrate: a probability of 10 % is to mean that one in ten defaults. */
    if (decide_calibrate(study, err))
        return -1;

    /* 9. Rank: what the order of the clients is worth at every threshold. */
    if (decide_curves(study, err))
        return -1;

    /* 10. Weigh recall: F-beta for beta 2 to 6, each with the threshold that is best by it. */
    if (decide_f_beta(study, err))
        return -1;

    /* 11. Weigh money: the threshold from which refusing costs less than granting. */
    if (decide_money(study, err))
        return -1;

    /* 12. Check: all of the above on rows that had no part in it. */
    if (decide_hold_out(study, err))
        return -1;

    /* 13. Learn more? Scores as the training part grows. */
    if (learning_measure(study, err))
        return -1;

    /* 14. Train again: does another seed decide alike? */
    if (stability_measure(study, err))
        return -1;

    /* 15. Be fair: who would be granted, by gender and age. */
    if (serve_fairness(study, err))
        return -1;

    /* 16. Train the model, on all rows, and see what it looks at. */
    if (serve_train(study, err))
        return -1;

    /* 17. Try it on other rows, when there are some. */
    if (serve_try_elsewhere(study, err))
        return -1;

    /* 18. Write the artifact and the report. */
    return serve_write(study, err);
}

int main(int count, char **arguments)
{
    struct error err = {0};
    struct study study = {.texts = {[LANGUAGE_FR] = model_texts_fr, [LANGUAGE_EN] = model_texts_en}};
    double started = progress_clock_s();
    temporary_remove_on_signals();
    int status = options_read(&study.options, count, arguments, &err);
    if (status > 0)
        return 0;
    if (status == 0)
        status = run(&study, &err);
    if (status)
        fprintf(stderr, "02_model: %s\n", err.message);
    else if (study.served && !study.options.report_only)
        printf("\nWritten and checked: %s; report: %s/model.html (%.1f s in all)\n", study.options.out,
               study.options.report, progress_clock_s() - started);
    else
        printf("\nReport: %s/model.html; no artifact%s (%.1f s in all)\n", study.options.report,
               study.served ? ""
                            : ": the columns are not the catalogue's, so the backend could not fill them",
               progress_clock_s() - started);
    study_free(&study);
    return status ? 1 : 0;
}
