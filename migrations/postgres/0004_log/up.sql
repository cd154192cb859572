-- One log for each examination year, signed and published. What was decided so far stays together
-- in the log of the year of its first decision, so that every root that was noted elsewhere holds.
-- An examination's year decides where its decisions go; what belongs to none goes by the calendar.
CREATE TABLE log (
    year INTEGER NOT NULL PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    vkey TEXT NOT NULL,
    key_sealed BYTEA NOT NULL,
    opened_at BIGINT NOT NULL
);

ALTER TABLE decision DISABLE TRIGGER decision_guard;
ALTER TABLE decision ADD COLUMN year INTEGER NOT NULL DEFAULT 0;
-- Whom a decision is about, for the receipt that only this person gets.
ALTER TABLE decision ADD COLUMN subject_id BYTEA;
UPDATE decision SET year = (SELECT EXTRACT(YEAR FROM to_timestamp(MIN(at) / 1000000)
    AT TIME ZONE 'Asia/Shanghai')::INTEGER FROM decision);
ALTER TABLE decision ALTER COLUMN year DROP DEFAULT;
CREATE INDEX decision_subject ON decision (subject_id);
ALTER TABLE decision ENABLE ALWAYS TRIGGER decision_guard;

ALTER TABLE ledger DISABLE TRIGGER ledger_guard;
ALTER TABLE ledger ADD COLUMN year INTEGER;
UPDATE ledger SET year = decision.year FROM decision WHERE decision.id = decision_id;
ALTER TABLE ledger ALTER COLUMN year SET NOT NULL;
ALTER TABLE ledger DROP CONSTRAINT ledger_pkey;
ALTER TABLE ledger ADD PRIMARY KEY (year, idx);
ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_guard;
CREATE OR REPLACE FUNCTION keju_dense() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.idx <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM ledger WHERE year = NEW.year) THEN
        RAISE EXCEPTION 'ledger places follow each other: % does not', NEW.idx;
    END IF;
    RETURN NEW;
END $$;

ALTER TABLE checkpoint DISABLE TRIGGER checkpoint_guard;
ALTER TABLE checkpoint ADD COLUMN year INTEGER;
-- The log's own signature line over the checkpoint; those fixed before there was a key have none.
ALTER TABLE checkpoint ADD COLUMN signature TEXT NOT NULL DEFAULT '';
UPDATE checkpoint SET year = (SELECT MAX(year) FROM decision);
ALTER TABLE checkpoint ALTER COLUMN year SET NOT NULL;
ALTER TABLE checkpoint ALTER COLUMN signature DROP DEFAULT;
ALTER TABLE checkpoint DROP CONSTRAINT checkpoint_pkey;
ALTER TABLE checkpoint ADD PRIMARY KEY (year, size);
ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_guard;

-- Checkpoints only grow: of two nodes that fix one at the same moment, one succeeds.
CREATE FUNCTION keju_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size <= (SELECT COALESCE(MAX(size), -1) FROM checkpoint WHERE year = NEW.year) THEN
        RAISE EXCEPTION 'checkpoints grow: % does not', NEW.size;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON checkpoint
    FOR EACH ROW EXECUTE FUNCTION keju_grows();
ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_grows;

-- What witnesses signed.
CREATE TABLE cosignature (
    year INTEGER NOT NULL,
    size BIGINT NOT NULL,
    witness TEXT NOT NULL,
    line TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (year, size, witness)
);
CREATE TRIGGER cosignature_guard BEFORE UPDATE OR DELETE ON cosignature
    FOR EACH ROW EXECUTE FUNCTION keju_refuse();
CREATE TRIGGER cosignature_guard_all BEFORE TRUNCATE ON cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION keju_refuse();
ALTER TABLE cosignature ENABLE ALWAYS TRIGGER cosignature_guard;
ALTER TABLE cosignature ENABLE ALWAYS TRIGGER cosignature_guard_all;

GRANT SELECT, INSERT ON log, cosignature TO keju_app;
GRANT INSERT (year, subject_id) ON decision TO keju_app;
