/* The audit trail of decisions: rows that are added and never change, one chain (decision.h) whatever the
 * number of replicas that write. Thread-safe.
 *
 * Triggers of the database refuse UPDATE and DELETE; who removes them, or writes the file itself, is found
 * out by decisions_check. A writer holds LOCK_DECISIONS from reading the last decision to its commit. */
#ifndef CLAIRSCORE_BACKEND_DECISIONS_H
#define CLAIRSCORE_BACKEND_DECISIONS_H

#include "backend/store/database.h"
#include "backend/store/decision.h"

enum { DECISION_KEY = 129 /* bytes of an Idempotency-Key with the terminator */ };

/* What is asked beside the decision itself. */
struct decision_demand {
    bool expects_previous; /* record only if the client's latest decision is `previous`; 0: only if none is
                              there */
    int64_t previous;
    const char *key;       /* Idempotency-Key of the decision's identity; NULL: none */
    const char *body_hash; /* of the request that carries it */
};

enum decision_outcome {
    DECISION_RECORDED, /* the decision is complete: id, time, previous, hashes */
    DECISION_REPEATED, /* the key was used for the same request: the decision is the one recorded then */
    DECISION_KEY_USED, /* the key was used for another request: nothing was recorded */
    DECISION_OUTDATED  /* the client's latest decision is another: it is in `latest` (id 0: there is none) */
};

/* Records a decision, whole or not at all. `decision` comes with everything but id, time, previous and the
 * two hashes. When the database breaks away while it commits, nobody knows whether it is recorded
 * (ERROR_UNAVAILABLE): a key makes it safe to ask again. */
int decisions_record(enum decision_outcome *out, struct database *database, struct decision *decision,
                     const struct decision_demand *demand, struct decision *latest, struct error *err);

/* What became of the request with this key: 1 with `*out` DECISION_REPEATED or DECISION_KEY_USED and the
 * decision filled, 0 when the key is new. */
int decisions_find_request(enum decision_outcome *out, struct decision *decision, struct database *database,
                           const char *identity, const struct decision_demand *demand, struct error *err);

/* One decision. ERROR_NOT_FOUND. */
int decisions_find(struct decision *out, struct database *database, int64_t id, struct error *err);

/* The last of all decisions: 1, or 0 with the beginning of the chain when there is none. */
int decisions_last(struct anchor *out, struct database *database, struct error *err);

/* Which decisions: of one client or all (-1), recorded at `from` or later and before `to`. */
struct decision_filter {
    int64_t client, from, to;
};

/* Where a page of a list begins: behind the decision of this time and id. */
struct decision_cursor {
    int64_t time, id;
};

/* Calls `visit` for each decision, in the order of its function, until it returns non-zero (-1 with `err`
 * filled fails, 1 stops). */
struct decision_visitor {
    int (*visit)(void *context, const struct decision *decision, struct error *err);
    void *context;
};

/* The latest ones first, up to `limit` behind `cursor` (NULL: from the latest). */
int decisions_list(struct database *database, const struct decision_filter *filter,
                   const struct decision_cursor *cursor, size_t limit, const struct decision_visitor *visitor,
                   struct error *err);

/* In the order of the chain, those behind id `after` up to id `up_to`, at most `limit`. */
int decisions_export(struct database *database, const struct decision_filter *filter, int64_t after,
                     int64_t up_to, size_t limit, const struct decision_visitor *visitor, struct error *err);

/* What was decided on one day (UTC). */
struct decision_day {
    int64_t day; /* since 1 January 1970 */
    int64_t granted, refused;
    int64_t granted_against, refused_against; /* those of them that were not what the model proposed */
};

/* Counts the decisions of `count` days in a row, of which out[0].day is the first. */
int decisions_count_days(struct decision_day *out, size_t count, struct database *database,
                         struct error *err);

/* Leads the chain along all decisions as they are stored. -1 only when the database fails. */
int decisions_check(struct database *database, struct chain *chain, struct error *err);

#endif
