#include "notebooks-port/model/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "notebooks-port/ml/tpe.h"
#include "notebooks-port/option.h"
#include "shared/base/buffer.h"
#include "shared/base/number.h"

enum { DEFAULT_TRIALS = 10, QUICK_TRIALS = 2, DEFAULT_RETRAININGS = 5, QUICK_RETRAININGS = 2 };

static const struct {
    const char *name;
    enum section section;
} section_names[] = {
    {"comparison", SECTION_COMPARISON}, {"elimination", SECTION_ELIMINATION},
    {"search", SECTION_SEARCH},         {"hold-out", SECTION_HOLD_OUT},
    {"learning", SECTION_LEARNING},     {"stability", SECTION_STABILITY},
};
enum { SECTION_NAMES = sizeof section_names / sizeof *section_names };

static const char *const goal_names[] = {
    [GOAL_AUC] = "auc", [GOAL_MONEY] = "money", [GOAL_F_BETA] = "f_beta"};

static const char HELP[] =
    "Usage: 02_model --data DIR|FILE --out models/NAME [options]\n\n"
    "Compares methods, chooses features, parameters and thresholds, cross-validates, calibrates, trains, "
    "and\n"
    "tells all of it in a report. Writes the artifact that the backend serves.\n\n"
    "  --data DIR|FILE      folder with application_train.csv and, where known, the history tables; or a "
    "matrix\n"
    "                       as 01_explore writes it (SK_ID_CURR, TARGET, features). A matrix whose columns "
    "are\n"
    "                       not the catalogue's is studied, but nothing can serve it: no artifact is "
    "written\n"
    "  --out DIR            the artifact's folder; replaced when it is there\n"
    "  --report DIR         folder of model.html and model.json (default reports/NAME)\n"
    "  --report-only        write the report and no artifact\n"
    "  --lang fr|en         language of the report (default fr)\n"
    "  --sections LIST      which of comparison, elimination, search, hold-out, learning, stability to do "
    "beside\n"
    "                       the training; \"all\" (default) or \"none\": the short way to a model\n"
    "  --quick              three folds, fewer rounds, methods and replicates: rough figures in seconds\n"
    "  --seed N             of splits and training (default 7)\n"
    "  --folds FILE         CSV with SK_ID_CURR and fold, for comparable cross-validation\n"
    "  --hold-out SHARE     rows that no choice sees, 0 to 0.5 (default 0.2)\n"
    "  --test DIR|FILE      other rows to try the model on\n\n"
    "Search of parameters:\n"
    "  --trials N           how many (default 10; 0: none)\n"
    "  --goal GOAL          auc (default), money, or f_beta\n"
    "  --beta N             of f_beta (default 2)\n"
    "  --space FILE         the space searched, in JSON (default notebooks-port/search_space.json)\n"
    "  --journal FILE       keeps the trials, to be taken up again after an interruption\n\n"
    "What errors cost:\n"
    "  --missed-cost X      of a granted default (default 10)\n"
    "  --refused-cost X     of a refused good client (default 1)\n"
    "  --loss-given-default X --margin X\n"
    "                       instead: shares of the credit's amount lost with a default, earned with a good "
    "client\n\n"
    "  --stability N        retrainings to compare (default 5)\n\n"
    "Examples:\n"
    "  02_model --data data/demo --out models/mine\n"
    "  02_model --data DIR --folds DIR/folds.csv --out models/mine --sections none\n"
    "  02_model --data DIR --report-only --sections search --trials 50 --goal money --journal trials.ndjson\n"
    "  02_model --data reports/explore/original.csv --report-only --lang en\n";

enum {
    OPTION_DATA = 256,
    OPTION_OUT,
    OPTION_REPORT,
    OPTION_REPORT_ONLY,
    OPTION_LANG,
    OPTION_SECTIONS,
    OPTION_QUICK,
    OPTION_SEED,
    OPTION_FOLDS,
    OPTION_HOLD_OUT,
    OPTION_TEST,
    OPTION_TRIALS,
    OPTION_GOAL,
    OPTION_BETA,
    OPTION_SPACE,
    OPTION_JOURNAL,
    OPTION_MISSED,
    OPTION_REFUSED,
    OPTION_LOSS,
    OPTION_MARGIN,
    OPTION_STABILITY,
    OPTION_HELP
};

static const struct option known[] = {
    {"data", required_argument, NULL, OPTION_DATA},
    {"out", required_argument, NULL, OPTION_OUT},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"report-only", no_argument, NULL, OPTION_REPORT_ONLY},
    {"lang", required_argument, NULL, OPTION_LANG},
    {"sections", required_argument, NULL, OPTION_SECTIONS},
    {"quick", no_argument, NULL, OPTION_QUICK},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"folds", required_argument, NULL, OPTION_FOLDS},
    {"hold-out", required_argument, NULL, OPTION_HOLD_OUT},
    {"test", required_argument, NULL, OPTION_TEST},
    {"trials", required_argument, NULL, OPTION_TRIALS},
    {"goal", required_argument, NULL, OPTION_GOAL},
    {"beta", required_argument, NULL, OPTION_BETA},
    {"space", required_argument, NULL, OPTION_SPACE},
    {"journal", required_argument, NULL, OPTION_JOURNAL},
    {"missed-cost", required_argument, NULL, OPTION_MISSED},
    {"refused-cost", required_argument, NULL, OPTION_REFUSED},
    {"loss-given-default", required_argument, NULL, OPTION_LOSS},
    {"margin", required_argument, NULL, OPTION_MARGIN},
    {"stability", required_argument, NULL, OPTION_STABILITY},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

const char *options_goal_name(enum search_goal goal)
{
    return goal_names[goal];
}

static int read_real(double *out, const char *option, const char *text, double low, double high,
                     struct error *err)
{
    if (!number_read(out, text, strlen(text)) || *out < low || *out > high)
        return error_set(err, ERROR_INVALID, "--%s: \"%s\" is not a number from %g to %g", option, text, low,
                         high);
    return 0;
}

static int read_whole(unsigned *out, const char *option, const char *text, unsigned least, unsigned most,
                      struct error *err)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value < least || value > most)
        return error_set(err, ERROR_INVALID, "--%s: \"%s\" is not a whole number from %u to %u", option, text,
                         least, most);
    *out = (unsigned)value;
    return 0;
}

static int read_sections(unsigned *out, const char *text, struct error *err)
{
    *out = 0;
    if (strcmp(text, "none") == 0)
        return 0;
    for (const char *rest = text; rest;) {
        size_t length = strcspn(rest, ",");
        unsigned found = length == 3 && strncmp(rest, "all", 3) == 0 ? SECTIONS_ALL : 0;
        for (int i = 0; i < SECTION_NAMES; i++)
            if (strlen(section_names[i].name) == length && strncmp(rest, section_names[i].name, length) == 0)
                found = section_names[i].section;
        if (!found)
            return error_set(err, ERROR_INVALID,
                             "--sections: \"%.*s\" is none of comparison, elimination, search, hold-out, "
                             "learning, stability, all and none",
                             (int)(length < 40 ? length : 40), rest);
        *out |= found;
        rest = rest[length] ? rest + length + 1 : NULL;
    }
    return 0;
}

static int read_goal(enum search_goal *out, const char *text, struct error *err)
{
    for (int i = 0; i <= GOAL_F_BETA; i++)
        if (strcmp(text, goal_names[i]) == 0) {
            *out = (enum search_goal)i;
            return 0;
        }
    return error_set(err, ERROR_INVALID, "--goal: \"%s\" is none of auc, money and f_beta", text);
}

/* What was said, where a default depends on other options. NULL: not said. */
struct said {
    const char *trials, *retrainings, *report;
    const char *missed, *refused, *loss, *margin;
};

static int read_option(struct options *options, struct said *said, int option, struct error *err)
{
    switch (option) {
    case OPTION_DATA:
        options->data = optarg;
        return 0;
    case OPTION_OUT:
        options->out = optarg;
        return 0;
    case OPTION_REPORT:
        said->report = optarg;
        return 0;
    case OPTION_REPORT_ONLY:
        options->report_only = true;
        return 0;
    case OPTION_LANG:
        if (strcmp(optarg, "fr") != 0 && strcmp(optarg, "en") != 0)
            return error_set(err, ERROR_INVALID, "--lang: \"%s\" is neither fr nor en", optarg);
        options->language = language_choose(optarg, NULL);
        return 0;
    case OPTION_SECTIONS:
        return read_sections(&options->sections, optarg, err);
    case OPTION_QUICK:
        options->quick = true;
        return 0;
    case OPTION_SEED:
        return option_whole(&options->seed, "seed", optarg, UINT64_MAX, err);
    case OPTION_FOLDS:
        options->folds = optarg;
        return 0;
    case OPTION_HOLD_OUT:
        return read_real(&options->hold_out, "hold-out", optarg, 0, 0.5, err);
    case OPTION_TEST:
        options->test = optarg;
        return 0;
    case OPTION_TRIALS:
        said->trials = optarg;
        return read_whole(&options->trials, "trials", optarg, 0, TPE_TRIALS, err);
    case OPTION_GOAL:
        return read_goal(&options->goal, optarg, err);
    case OPTION_BETA:
        return read_real(&options->beta, "beta", optarg, 0.01, 100, err);
    case OPTION_SPACE:
        options->space = optarg;
        return 0;
    case OPTION_JOURNAL:
        options->journal = optarg;
        return 0;
    case OPTION_MISSED:
        said->missed = optarg;
        return read_real(&options->missed_cost, "missed-cost", optarg, 1e-9, 1e9, err);
    case OPTION_REFUSED:
        said->refused = optarg;
        return read_real(&options->refused_cost, "refused-cost", optarg, 1e-9, 1e9, err);
    case OPTION_LOSS:
        said->loss = optarg;
        return 0;
    case OPTION_MARGIN:
        said->margin = optarg;
        return 0;
    case OPTION_STABILITY:
        said->retrainings = optarg;
        return read_whole(&options->retrainings, "stability", optarg, 2, OPTIONS_RETRAININGS, err);
    default:
        return error_set(err, ERROR_INVALID, "unknown option; --help lists them");
    }
}

static int settle_costs(struct options *options, const struct said *said, struct error *err)
{
    options->by_amount = said->loss || said->margin;
    if (!options->by_amount)
        return 0;
    if (!said->loss || !said->margin)
        return error_set(err, ERROR_INVALID, "--loss-given-default and --margin go together");
    if (said->missed || said->refused)
        return error_set(err, ERROR_INVALID,
                         "costs are a ratio (--missed-cost, --refused-cost) or shares of the credit's amount "
                         "(--loss-given-default, --margin), not both");
    if (read_real(&options->missed_cost, "loss-given-default", said->loss, 1e-6, 10, err))
        return -1;
    return read_real(&options->refused_cost, "margin", said->margin, 1e-6, 10, err);
}

/* The last part of a path. */
static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Adds an option to the command line that is told: folders and files without their places, and not where the
 * report goes, which changes nothing. */
static void describe_option(struct buffer *line, const struct option *option)
{
    struct stat found;
    const char *before = "";
    const char *value = option->has_arg ? optarg : "";
    switch (option->val) {
    case OPTION_REPORT:
        return;
    case OPTION_DATA:
    case OPTION_TEST:
        value = stat(optarg, &found) == 0 && S_ISREG(found.st_mode) ? "FILE" : "DIR";
        break;
    case OPTION_OUT:
        before = "models/";
        value = last_part(optarg);
        break;
    case OPTION_FOLDS:
    case OPTION_SPACE:
    case OPTION_JOURNAL:
        value = "FILE";
        break;
    default:
        break;
    }
    buffer_append_format(line, NULL, " --%s%s%s%s", option->name, *value ? " " : "", before, value);
}

static int settle(struct options *options, const struct said *said, struct error *err)
{
    if (!options->data)
        return error_set(err, ERROR_INVALID,
                         "--data is needed: the folder of the Home Credit tables, or a matrix in a CSV file");
    if (!options->out && !options->report_only)
        return error_set(err, ERROR_INVALID,
                         "--out DIR is needed: where the artifact goes (or --report-only)");
    options->name = options->out ? last_part(options->out) : "model";
    if (!*options->name)
        return error_set(err, ERROR_INVALID, "--out: \"%s\" should not end in a slash", options->out);
    int length = said->report
                     ? snprintf(options->report, sizeof options->report, "%s", said->report)
                     : snprintf(options->report, sizeof options->report, "reports/%s", options->name);
    if (length < 1 || (size_t)length >= sizeof options->report)
        return error_set(err, ERROR_LIMIT, "--report: not a path that can be");
    if (!said->trials && options->quick)
        options->trials = QUICK_TRIALS;
    if (!said->retrainings && options->quick)
        options->retrainings = QUICK_RETRAININGS;
    if (options->trials == 0)
        options->sections &= ~(unsigned)SECTION_SEARCH;
    if (options->hold_out == 0)
        options->sections &= ~(unsigned)SECTION_HOLD_OUT;
    return settle_costs(options, said, err);
}

int options_read(struct options *out, int count, char **arguments, struct error *err)
{
    struct said said = {0};
    *out = (struct options){.seed = 7,
                            .language = LANGUAGE_FR,
                            .sections = SECTIONS_ALL,
                            .trials = DEFAULT_TRIALS,
                            .retrainings = DEFAULT_RETRAININGS,
                            .goal = GOAL_AUC,
                            .beta = 2,
                            .hold_out = 0.2,
                            .missed_cost = 10,
                            .refused_cost = 1};
    struct buffer line = buffer_new(OPTIONS_COMMAND - 1);
    int status = buffer_append_text(&line, "02_model", err);
    int place = 0;
    for (int option = 0; status == 0 && (option = getopt_long(count, arguments, "", known, &place)) != -1;) {
        if (option == OPTION_HELP) {
            fputs(HELP, stdout);
            status = 1;
            break;
        }
        status = read_option(out, &said, option, err);
        if (status == 0)
            describe_option(&line, &known[place]);
    }
    snprintf(out->command, sizeof out->command, "%s", line.data ? line.data : "");
    buffer_free(&line);
    if (status)
        return status;
    if (optind < count)
        return error_set(err, ERROR_INVALID, "\"%s\": not expected; --help shows how to call",
                         arguments[optind]);
    return settle(out, &said, err);
}
