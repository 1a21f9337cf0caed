/* One made-up client: the application, the tendencies behind the history, the risk. */
#ifndef CLAIRSCORE_PORTFOLIO_CLIENT_H
#define CLAIRSCORE_PORTFOLIO_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "notebooks-port/portfolio/description.h"

struct client {
    int64_t id;
    double values[FIELD_COUNT];
    double row[APPLICATION_COLUMNS]; /* key included, TARGET drawn */
    double probability;              /* of default: the truth */
    bool defaulted;
};

/* What a client's numbers are drawn for: each purpose has a random stream of its own, so that a change
 * to one table leaves the others as they were. */
enum purpose { PURPOSE_CLIENT, PURPOSE_RISK, PURPOSE_BUREAU, PURPOSE_PREVIOUS, PURPOSE_LOAN, PURPOSE_CARD };

/* Draws client `id`; the same seed and id give the same client. */
void client_draw(struct client *out, const struct description *description, uint64_t seed, int64_t id);

#endif
