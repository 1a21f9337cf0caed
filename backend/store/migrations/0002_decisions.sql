-- The audit trail of decisions (backend/store/decision.h): rows are added and never change.

CREATE TABLE decision (
    id @integer NOT NULL PRIMARY KEY, -- without gaps
    recorded @integer NOT NULL,
    identity TEXT NOT NULL,
    advisor TEXT NOT NULL,
    client @integer NOT NULL,
    input_hash TEXT NOT NULL,
    model_name TEXT NOT NULL,
    model_version TEXT NOT NULL,
    model_hash TEXT NOT NULL,
    probability @real NOT NULL,
    score @real NOT NULL,
    threshold @real NOT NULL,
    proposed TEXT NOT NULL CHECK (proposed IN ('granted', 'refused')),
    reasons_against TEXT NOT NULL,
    reasons_for TEXT NOT NULL,
    decided TEXT NOT NULL CHECK (decided IN ('granted', 'refused')),
    motive TEXT NOT NULL,
    previous @integer REFERENCES decision (id),
    request_id TEXT NOT NULL,
    previous_hash TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    CHECK (decided = proposed OR motive <> '')
) @table;

CREATE INDEX decision_client ON decision (client, id);
CREATE INDEX decision_recorded ON decision (recorded, id);

-- Requests with an Idempotency-Key, so that one that is sent again is answered and not recorded again.
CREATE TABLE decision_request (
    identity TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    decision @integer NOT NULL REFERENCES decision (id),
    PRIMARY KEY (identity, key)
) @by_key;

@begin_sqlite
CREATE TRIGGER decision_not_changed BEFORE UPDATE ON decision
BEGIN
    SELECT RAISE(ABORT, 'decisions are never changed');
END;
CREATE TRIGGER decision_not_removed BEFORE DELETE ON decision
BEGIN
    SELECT RAISE(ABORT, 'decisions are never removed');
END;
@end_sqlite

@begin_postgres
CREATE FUNCTION decision_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'decisions are never changed or removed';
END
$$;
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION decision_append_only();
@end_postgres
