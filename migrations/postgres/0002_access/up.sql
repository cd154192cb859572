-- A sign-up claims neither address nor resident ID number until its address is verified.
CREATE TABLE sign_up (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    login_sealed BYTEA NOT NULL,
    name_sealed BYTEA NOT NULL,
    resident_sealed BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_up_expires ON sign_up (expires_at);

CREATE TABLE password_reset (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    account_id BYTEA NOT NULL REFERENCES account,
    expires_at BIGINT NOT NULL
);
CREATE INDEX password_reset_expires ON password_reset (expires_at);

-- Failures in a row by login, whether or not there is such an account: who tries cannot tell.
CREATE TABLE sign_in_guard (
    login_index BYTEA NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    failed_at BIGINT NOT NULL,
    locked_until BIGINT
);
CREATE INDEX sign_in_guard_failed ON sign_in_guard (failed_at);

-- Which key seals this database; one row.
CREATE TABLE installation (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    key_check BYTEA NOT NULL
);

-- Holiday arrangements that were entered, over those that ship with the program.
CREATE TABLE working_calendar (
    year INTEGER NOT NULL PRIMARY KEY,
    arrangement TEXT NOT NULL,
    entered_by BYTEA NOT NULL,
    entered_at BIGINT NOT NULL
);

-- Accounts that never verified their address hold nobody's place any longer: they sign up again.
DELETE FROM email_token;
DELETE FROM candidate WHERE account_id IN (SELECT id FROM account WHERE state = 'unverified');
DELETE FROM account_role WHERE account_id IN (SELECT id FROM account WHERE state = 'unverified');
DELETE FROM account WHERE state = 'unverified';
DROP TABLE email_token;
ALTER TABLE account DROP COLUMN failures;
ALTER TABLE account DROP COLUMN locked_until;

GRANT SELECT, INSERT, UPDATE, DELETE ON sign_up, password_reset, sign_in_guard,
    working_calendar TO keju_app;
GRANT SELECT, INSERT ON installation TO keju_app;
-- A login that owns nothing sees which migrations there are, and makes none.
GRANT SELECT ON __diesel_schema_migrations TO keju_app;

-- Places in the log follow each other without a gap, whoever writes them.
CREATE FUNCTION keju_dense() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.idx <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM ledger) THEN
        RAISE EXCEPTION 'ledger places follow each other: % does not', NEW.idx;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_dense BEFORE INSERT ON ledger
    FOR EACH ROW EXECUTE FUNCTION keju_dense();
ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_dense;
