-- Imported clients, one population an import. What a start reads (client) is apart from what one page reads
-- (client_detail).

CREATE TABLE population (
    id @identity,
    state TEXT NOT NULL CHECK (state IN ('loading', 'current', 'previous')),
    source TEXT NOT NULL,
    catalogue TEXT NOT NULL,
    model TEXT NOT NULL,
    client_count @integer NOT NULL DEFAULT 0
) @table;

CREATE UNIQUE INDEX population_current ON population (state) WHERE state = 'current';

CREATE TABLE client (
    population @integer NOT NULL REFERENCES population (id),
    id @integer NOT NULL,
    outcome @integer CHECK (outcome IN (0, 1)),
    margin @real NOT NULL,
    features @bytes NOT NULL, -- float32, native byte order
    PRIMARY KEY (population, id)
) @by_key;

CREATE TABLE client_detail (
    population @integer NOT NULL REFERENCES population (id),
    id @integer NOT NULL,
    application @bytes NOT NULL, -- float64, native byte order
    history @bytes,
    PRIMARY KEY (population, id)
) @by_key;
