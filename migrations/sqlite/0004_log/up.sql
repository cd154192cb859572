-- One log for each examination year, signed and published. What was decided so far stays together
-- in the log of the year of its first decision, so that every root that was noted elsewhere holds.
-- An examination's year decides where its decisions go; what belongs to none goes by the calendar.
CREATE TABLE log (
    year INTEGER NOT NULL PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    vkey TEXT NOT NULL,
    key_sealed BLOB NOT NULL,
    opened_at INTEGER NOT NULL
) STRICT;

DROP TRIGGER decision_no_update;
ALTER TABLE decision ADD COLUMN year INTEGER NOT NULL DEFAULT 0;
-- Whom a decision is about, for the receipt that only this person gets.
ALTER TABLE decision ADD COLUMN subject_id BLOB;
UPDATE decision SET year = COALESCE(
    (SELECT CAST(strftime('%Y', MIN(at) / 1000000 + 8 * 3600, 'unixepoch') AS INTEGER) FROM decision), 0);
CREATE INDEX decision_subject ON decision (subject_id);
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision
BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END;

DROP TRIGGER ledger_no_update;
DROP TRIGGER ledger_no_delete;
DROP TRIGGER ledger_dense;
ALTER TABLE ledger RENAME TO ledger_of_one;
CREATE TABLE ledger (
    year INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    decision_id BLOB NOT NULL UNIQUE REFERENCES decision,
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
    PRIMARY KEY (year, idx)
) STRICT;
INSERT INTO ledger
SELECT decision.year, idx, decision_id, ledger_of_one.leaf_hash
FROM ledger_of_one JOIN decision ON decision.id = decision_id ORDER BY idx;
DROP TABLE ledger_of_one;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is never cut'); END;
CREATE TRIGGER ledger_dense BEFORE INSERT ON ledger
WHEN NEW.idx <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM ledger WHERE year = NEW.year)
    OR EXISTS (SELECT 1 FROM ledger WHERE decision_id = NEW.decision_id)
BEGIN SELECT RAISE(ABORT, 'ledger indexes are dense'); END;

DROP TRIGGER checkpoint_no_update;
DROP TRIGGER checkpoint_no_delete;
DROP TRIGGER checkpoint_grows;
ALTER TABLE checkpoint RENAME TO checkpoint_of_one;
CREATE TABLE checkpoint (
    year INTEGER NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL CHECK (length(root) = 32),
    at INTEGER NOT NULL,
    -- The log's own signature line over the checkpoint; those fixed before there was a key have none.
    signature TEXT NOT NULL,
    PRIMARY KEY (year, size)
) STRICT;
INSERT INTO checkpoint
SELECT (SELECT MAX(year) FROM decision), size, root, at, '' FROM checkpoint_of_one ORDER BY size;
DROP TABLE checkpoint_of_one;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON checkpoint
WHEN NEW.size <= (SELECT COALESCE(MAX(size), -1) FROM checkpoint WHERE year = NEW.year)
BEGIN SELECT RAISE(ABORT, 'checkpoints grow'); END;

-- What witnesses signed.
CREATE TABLE cosignature (
    year INTEGER NOT NULL,
    size INTEGER NOT NULL,
    witness TEXT NOT NULL,
    line TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (year, size, witness)
) STRICT;
CREATE TRIGGER cosignature_no_update BEFORE UPDATE ON cosignature
BEGIN SELECT RAISE(ABORT, 'cosignatures are never changed'); END;
CREATE TRIGGER cosignature_no_delete BEFORE DELETE ON cosignature
BEGIN SELECT RAISE(ABORT, 'cosignatures are never deleted'); END;
CREATE TRIGGER cosignature_no_replace BEFORE INSERT ON cosignature
WHEN EXISTS (SELECT 1 FROM cosignature
             WHERE year = NEW.year AND size = NEW.size AND witness = NEW.witness)
BEGIN SELECT RAISE(ABORT, 'cosignatures are never replaced'); END;
