-- API keys: what identifies them, a hash of the secret, what they may do. A key that is revoked stays, for records
-- name it.

CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash @bytes NOT NULL, -- BLAKE2b-256
    scopes @integer NOT NULL, -- flags: 1 score, 2 read, 4 decide, 8 operate
    created @integer NOT NULL,
    expires @integer, -- NULL: never
    revoked @integer,
    last_used @integer -- to the minute
) @by_key;
