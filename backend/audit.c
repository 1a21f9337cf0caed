/* Checks and exports the audit trail of decisions: audit check|export [--database URL] … */
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/decisions.h"
#include "shared/base/config.h"
#include "shared/base/file.h"
#include "shared/base/instant.h"

static const char usage[] =
    "Usage: audit check [--database URL | --file FILE] [--anchor ID:HASH]\n"
    "       audit export [--database URL] [--anchor ID:HASH]\n"
    "\n"
    "check reads the audit trail of decisions, from the store or from an export, and names every decision "
    "that "
    "was\n"
    "changed, removed or moved. It ends with an anchor, the id and hash of the last decision: keep it "
    "elsewhere "
    "and\n"
    "give it back later, for a trail that was cut off at its end, or written anew as a whole, is told by it "
    "alone.\n"
    "export writes the trail as NDJSON, one decision a line, to standard output.\n"
    "\n"
    "  --database URL    the store, sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE\n"
    "                    (default: DATABASE_URL, else sqlite:data/clairscore.db)\n"
    "  --file FILE       an export; - for standard input\n"
    "  --anchor ID:HASH  check: this decision must be the one of that time; an export may begin behind it.\n"
    "                    export: only what came behind it\n"
    "\n"
    "Ends with 0 when nothing was changed, 1 when something was, 2 when asked wrongly, 3 when the trail "
    "cannot be "
    "read.\n";

enum { UNCHANGED = 0, CHANGED = 1, ASKED_WRONGLY = 2, NOT_READ = 3 };
enum { CHANGES_TOLD = 100, EXPORT_ROWS = 1000 /* read at once */ };

struct arguments {
    bool export;
    const char *database, *file;
    bool anchored;
    struct anchor anchor;
};

/* 0 to go on, 1 after --help, -1 when something is wrong. */
static int read_arguments(struct arguments *out, int argc, char **argv)
{
    static const struct option options[] = {{"database", required_argument, NULL, 'b'},
                                            {"file", required_argument, NULL, 'f'},
                                            {"anchor", required_argument, NULL, 'a'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    bool fine = true;
    for (int option;
         (option = getopt_long(argc, argv, "", options, NULL)) != -1;) { /* NOLINT(concurrency-mt-unsafe) */
        switch (option) {
        case 'b':
            out->database = optarg;
            break;
        case 'f':
            out->file = optarg;
            break;
        case 'a':
            out->anchored = anchor_read(&out->anchor, optarg);
            if (!out->anchored)
                fprintf(stderr, "audit: --anchor %s: expected the ID:HASH that a check ended with\n", optarg);
            fine = fine && out->anchored;
            break;
        case 'h':
            fputs(usage, stdout);
            return 1;
        default:
            fine = false;
        }
    }
    const char *action = optind + 1 == argc ? argv[optind] : "";
    out->export = strcmp(action, "export") == 0;
    fine = fine && (out->export || strcmp(action, "check") == 0) &&
           !(out->file && (out->database || out->export));
    if (!fine)
        fputs(usage, stderr);
    return fine ? 0 : -1;
}

/* Opens the store, which has to be there: one that is made now would be an empty trail that nobody changed.
 */
static int open_store(struct database **out, const struct arguments *arguments, struct error *err)
{
    static const char sqlite[] = "sqlite:";
    struct config config;
    if (config_read(&config, CONFIG_BACKEND, err))
        return -1;
    const char *url = arguments->database ? arguments->database : config.database_url;
    if (strncmp(url, sqlite, sizeof sqlite - 1) == 0 && !file_exists(url + sizeof sqlite - 1))
        return error_set(err, ERROR_NOT_FOUND, "%s: there is no such store", url);
    return database_open(out, url, 1, err);
}

/* ---- check ---- */

static void tell_change(void *context, const char *change)
{
    uint64_t *told = context;
    if ((*told)++ < CHANGES_TOLD)
        puts(change);
}

/* Leads the chain along the lines of an export. */
static int check_file(struct chain *chain, const char *path, struct error *err)
{
    static char line[DECISION_LINE + 2]; /* with the line feed and the terminator */
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!file)
        return error_set(err, ERROR_NOT_FOUND, "%s: it cannot be read", path);
    while (fgets(line, sizeof line, file)) {
        size_t length = strlen(line);
        bool whole = length > 0 && line[length - 1] == '\n';
        chain_follow(chain, line, whole ? length - 1 : length);
        for (int rest = whole ? '\n' : 0; rest != '\n' && rest != EOF;)
            rest = fgetc(file);
    }
    int status = ferror(file) ? error_set(err, ERROR_IO, "%s: it cannot be read to its end", path) : 0;
    if (file != stdin)
        fclose(file);
    return status;
}

static int check(const struct arguments *arguments, struct error *err)
{
    uint64_t told = 0;
    char anchor[ANCHOR_TEXT];
    struct database *database = NULL;
    struct chain chain = chain_start(arguments->anchored ? &arguments->anchor : NULL, tell_change, &told);
    int status = arguments->file
                     ? check_file(&chain, arguments->file, err)
                     : (open_store(&database, arguments, err) || decisions_check(database, &chain, err));
    database_close(database);
    if (status)
        return NOT_READ;
    bool unchanged = chain_end(&chain);
    if (told > CHANGES_TOLD)
        printf("… and %" PRIu64 " more.\n", told - CHANGES_TOLD);
    anchor_format(anchor, &chain.last);
    if (unchanged)
        printf("%" PRIu64 " decisions, unchanged. Anchor: %s\n", chain.seen, anchor);
    else
        printf("%" PRIu64 " decisions, %" PRIu64 " changes.\n", chain.seen, told);
    return unchanged ? UNCHANGED : CHANGED;
}

/* ---- export ---- */

struct output {
    struct buffer line;
    int64_t last;
    size_t rows;
};

static int write_decision(void *context, const struct decision *decision, struct error *err)
{
    struct output *output = context;
    buffer_clear(&output->line);
    if (decision_write(&output->line, decision, err) || buffer_append_text(&output->line, "\n", err))
        return -1;
    if (fwrite(output->line.data, 1, output->line.length, stdout) != output->line.length)
        return error_set(err, ERROR_IO, "standard output cannot be written");
    output->last = decision->id;
    output->rows++;
    return 0;
}

static int export(const struct arguments *arguments, struct error *err)
{
    const struct decision_filter all = {-1, INSTANT_FIRST, INT64_MAX};
    struct output output = {.line = buffer_new(DECISION_LINE + 1), .last = arguments->anchor.id};
    const struct decision_visitor visitor = {write_decision, &output};
    struct database *database = NULL;
    int status = open_store(&database, arguments, err);
    do {
        output.rows = 0;
        if (!status)
            status = decisions_export(database, &all, output.last, INT64_MAX, EXPORT_ROWS, &visitor, err);
    } while (!status && output.rows == EXPORT_ROWS);
    database_close(database);
    buffer_free(&output.line);
    if (!status && fflush(stdout))
        status = error_set(err, ERROR_IO, "standard output cannot be written");
    return status ? NOT_READ : 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct error err = {0};
    int asked = read_arguments(&arguments, argc, argv);
    if (asked)
        return asked > 0 ? EXIT_SUCCESS : ASKED_WRONGLY;
    if (sodium_init() < 0)
        error_set(&err, ERROR_INTERNAL, "no random numbers");
    int exit_code = err.code           ? NOT_READ
                    : arguments.export ? export(&arguments, &err)
                                       : check(&arguments, &err);
    if (exit_code == NOT_READ)
        fprintf(stderr, "audit: %s\n", err.message);
    return exit_code;
}
