-- A sign-up claims neither address nor resident ID number until its address is verified.
CREATE TABLE sign_up (
    token_hash BLOB NOT NULL PRIMARY KEY,
    login_sealed BLOB NOT NULL,
    name_sealed BLOB NOT NULL,
    resident_sealed BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_up_expires ON sign_up (expires_at);

CREATE TABLE password_reset (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX password_reset_expires ON password_reset (expires_at);

-- Failures in a row by login, whether or not there is such an account: who tries cannot tell.
CREATE TABLE sign_in_guard (
    login_index BLOB NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    locked_until INTEGER
) STRICT;
CREATE INDEX sign_in_guard_failed ON sign_in_guard (failed_at);

-- Which key seals this database; one row.
CREATE TABLE installation (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    key_check BLOB NOT NULL
) STRICT;

-- Holiday arrangements that were entered, over those that ship with the program.
CREATE TABLE working_calendar (
    year INTEGER NOT NULL PRIMARY KEY,
    arrangement TEXT NOT NULL,
    entered_by BLOB NOT NULL,
    entered_at INTEGER NOT NULL
) STRICT;

-- Accounts that never verified their address hold nobody's place any longer: they sign up again.
DELETE FROM email_token;
DELETE FROM candidate WHERE account_id IN (SELECT id FROM account WHERE state = 'unverified');
DELETE FROM account_role WHERE account_id IN (SELECT id FROM account WHERE state = 'unverified');
DELETE FROM account WHERE state = 'unverified';
DROP TABLE email_token;
ALTER TABLE account DROP COLUMN failures;
ALTER TABLE account DROP COLUMN locked_until;
