/* What is known of somebody who has signed in: name, where the account is kept, role. Sessions carry it. */
#ifndef CLAIRSCORE_FRONTEND_ACCOUNT_H
#define CLAIRSCORE_FRONTEND_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

enum { ACCOUNT_LOGIN = 65 /* bytes of a name with its terminator */ };

/* What accounts may do. The order is that of power: of several roles the last one counts. */
enum account_role { ROLE_ADVISOR, ROLE_ANALYST, ROLE_ADMINISTRATOR, ROLE_COUNT };

/* What a route of the dashboard needs, as flags: http_route's `scope`. 0 is everybody who has signed in. */
enum account_right {
    RIGHT_CLIENTS = 1 << 0, /* see clients, explain, compare, simulate */
    RIGHT_DECIDE = 1 << 1,  /* record decisions about clients */
    RIGHT_MODEL = 1 << 2,   /* the model and its monitoring */
    RIGHT_BATCHES = 1 << 3  /* score whole portfolios */
};

/* Where an account is kept. A name may occur once in each place: they are different people's. */
enum account_source { ACCOUNT_OF_FILE, ACCOUNT_OF_ENVIRONMENT, ACCOUNT_OF_OPENID, ACCOUNT_SOURCES };

struct account {
    char login[ACCOUNT_LOGIN]; /* empty: nobody */
    enum account_source source;
    enum account_role role;
    /* Each time all sessions of the account are to end this goes up by one; sessions of an earlier one are
     * refused (accounts_stands). */
    uint32_t generation;
};

/* "advisor", "analyst", "administrator", and back; false when `name` is none of them. */
const char *account_role_name(enum account_role role);
bool account_role_read(enum account_role *out, const char *name);

/* Whether the role has all of these rights. */
bool account_may(enum account_role role, unsigned rights);

/* Whether a name may be an account's: 1 to ACCOUNT_LOGIN - 1 bytes, no control characters. */
bool account_login_fits(const char *login);

#endif
