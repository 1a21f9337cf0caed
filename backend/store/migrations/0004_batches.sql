-- Batches of applications to score. Large values lie in tables of their own, so that what changes often stays
-- small; an input goes when it is scored.

CREATE TABLE batch (
    number @identity,
    id TEXT NOT NULL UNIQUE,
    idempotency_key TEXT UNIQUE,
    content TEXT NOT NULL, -- hash of what was sent
    format TEXT NOT NULL CHECK (format IN ('csv', 'ndjson')),
    tables @integer NOT NULL, -- bit set of the history tables that came with it
    bytes @integer NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'running', 'done', 'failed', 'cancelled')),
    created @integer NOT NULL,
    started @integer,
    finished @integer,
    failure TEXT,
    total @integer, -- rows; known once all chunks are there
    chunks @integer NOT NULL DEFAULT 0,
    chunks_done @integer NOT NULL DEFAULT 0,
    rows_done @integer NOT NULL DEFAULT 0,
    rows_rejected @integer NOT NULL DEFAULT 0,
    worker TEXT, -- the process that cuts the file into chunks
    lease @integer NOT NULL DEFAULT 0 -- until when it is believed to live
) @table;

CREATE INDEX batch_open ON batch (number) WHERE state IN ('received', 'running');
CREATE INDEX batch_finished ON batch (finished) WHERE finished IS NOT NULL;

CREATE TABLE batch_chunk (
    batch @integer NOT NULL REFERENCES batch (number),
    number @integer NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dropped')),
    first_line @integer NOT NULL,
    row_count @integer NOT NULL,
    rejected @integer NOT NULL DEFAULT 0,
    errors TEXT, -- the first rejected rows, a JSON array
    worker TEXT,
    lease @integer NOT NULL DEFAULT 0,
    PRIMARY KEY (batch, number)
) @by_key;

CREATE INDEX batch_chunk_waiting ON batch_chunk (batch, number) WHERE state = 'waiting';

CREATE TABLE batch_input (
    batch @integer NOT NULL,
    number @integer NOT NULL,
    input @bytes NOT NULL,
    histories @bytes,
    PRIMARY KEY (batch, number)
) @table;

CREATE TABLE batch_result (
    batch @integer NOT NULL,
    number @integer NOT NULL,
    result @bytes NOT NULL, -- NDJSON
    PRIMARY KEY (batch, number)
) @table;
