#include "frontend/account.h"

#include <string.h>

/* Who may what. */
static const struct {
    const char *name;
    unsigned rights;
} roles[ROLE_COUNT] = {
    [ROLE_ADVISOR] = {"advisor", RIGHT_CLIENTS | RIGHT_DECIDE},
    [ROLE_ANALYST] = {"analyst", RIGHT_CLIENTS | RIGHT_MODEL | RIGHT_BATCHES},
    [ROLE_ADMINISTRATOR] = {"administrator", RIGHT_CLIENTS | RIGHT_DECIDE | RIGHT_MODEL | RIGHT_BATCHES},
};

const char *account_role_name(enum account_role role)
{
    return roles[role].name;
}

bool account_role_read(enum account_role *out, const char *name)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if (strcmp(name, roles[role].name) == 0) {
            *out = (enum account_role)role;
            return true;
        }
    return false;
}

bool account_may(enum account_role role, unsigned rights)
{
    return (roles[role].rights & rights) == rights;
}

bool account_login_fits(const char *login)
{
    for (const char *at = login; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return *login && strlen(login) < ACCOUNT_LOGIN;
}
