-- Accounts (access)
CREATE TABLE account (
    id BLOB NOT NULL PRIMARY KEY,
    login_index BLOB NOT NULL UNIQUE,
    login_sealed BLOB NOT NULL,
    name_sealed BLOB NOT NULL,
    password_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    must_change_password INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    locked_until INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE account_role (
    account_id BLOB NOT NULL REFERENCES account,
    role TEXT NOT NULL,
    granted_by BLOB,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, role)
) STRICT;

CREATE TABLE session (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account,
    kind TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE TABLE refresh_token (
    token_hash BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES session,
    issued_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE TABLE email_token (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account,
    purpose TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE TABLE mail (
    id BLOB NOT NULL PRIMARY KEY,
    recipient_sealed BLOB NOT NULL,
    subject_sealed BLOB NOT NULL,
    body_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency_key (
    account_id BLOB NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    response_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT;

-- Establishment
CREATE TABLE organisation (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE headcount (
    organisation_id BLOB NOT NULL REFERENCES organisation,
    kind TEXT NOT NULL,
    approved INTEGER NOT NULL,
    occupied INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, kind),
    CHECK (occupied >= 0 AND planned >= 0 AND occupied + planned <= approved)
) STRICT;

-- Examinations (regulation)
CREATE TABLE examination (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    year INTEGER NOT NULL,
    track TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    stage TEXT NOT NULL,
    profile TEXT NOT NULL,
    profile_hash BLOB,
    registration_opens INTEGER NOT NULL,
    registration_closes INTEGER NOT NULL,
    publicity_ends TEXT,
    created_by BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    announced_at INTEGER
) STRICT;

CREATE TABLE subject (
    id BLOB NOT NULL PRIMARY KEY,
    examination_id BLOB NOT NULL REFERENCES examination,
    component TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    bank TEXT NOT NULL,
    blueprint TEXT NOT NULL,
    opens_at INTEGER NOT NULL,
    closes_at INTEGER NOT NULL,
    seed_sealed BLOB,
    pool TEXT,
    papers_root BLOB,
    locked_at INTEGER,
    UNIQUE (examination_id, component)
) STRICT;

CREATE TABLE post (
    id BLOB NOT NULL PRIMARY KEY,
    examination_id BLOB NOT NULL REFERENCES examination,
    organisation_id BLOB NOT NULL REFERENCES organisation,
    code TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    headcount_kind TEXT NOT NULL,
    quota INTEGER NOT NULL,
    requirements TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (examination_id, code)
) STRICT;

-- Registration
CREATE TABLE candidate (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES account,
    resident_index BLOB NOT NULL UNIQUE,
    resident_sealed BLOB NOT NULL,
    facts_sealed BLOB NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE photo (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES account,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    content_sealed BLOB NOT NULL,
    uploaded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE application (
    id BLOB NOT NULL PRIMARY KEY,
    examination_id BLOB NOT NULL REFERENCES examination,
    post_id BLOB NOT NULL REFERENCES post,
    account_id BLOB NOT NULL REFERENCES account,
    state TEXT NOT NULL,
    facts_sealed BLOB NOT NULL,
    screening_sealed BLOB NOT NULL,
    submitted_at INTEGER NOT NULL,
    reviewed_at INTEGER,
    reviewed_by BLOB,
    reason_sealed BLOB,
    ticket_no TEXT,
    room TEXT,
    seat INTEGER,
    UNIQUE (examination_id, ticket_no)
) STRICT;
CREATE INDEX application_account ON application (account_id);
CREATE INDEX application_post ON application (post_id, state);

-- Bank
CREATE TABLE stimulus (
    id BLOB NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    code TEXT NOT NULL,
    content_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (bank, code)
) STRICT;

CREATE TABLE item (
    id BLOB NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    code TEXT NOT NULL,
    section TEXT NOT NULL,
    topic TEXT NOT NULL,
    difficulty TEXT NOT NULL,
    kind TEXT NOT NULL,
    stimulus_id BLOB REFERENCES stimulus,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    author_id BLOB NOT NULL,
    reviewer_id BLOB,
    updated_at INTEGER NOT NULL,
    UNIQUE (bank, code)
) STRICT;
CREATE INDEX item_bank_state ON item (bank, state);

CREATE TABLE item_version (
    item_id BLOB NOT NULL REFERENCES item,
    version INTEGER NOT NULL,
    content_sealed BLOB NOT NULL,
    content_hash BLOB NOT NULL,
    author_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (item_id, version)
) STRICT;

-- Assembly and sitting
CREATE TABLE paper (
    id BLOB NOT NULL PRIMARY KEY,
    subject_id BLOB NOT NULL REFERENCES subject,
    application_id BLOB NOT NULL REFERENCES application,
    content_sealed BLOB NOT NULL,
    hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (subject_id, application_id)
) STRICT;

CREATE TABLE attempt (
    id BLOB NOT NULL PRIMARY KEY,
    subject_id BLOB NOT NULL REFERENCES subject,
    application_id BLOB NOT NULL REFERENCES application,
    account_id BLOB NOT NULL REFERENCES account,
    paper_id BLOB NOT NULL REFERENCES paper,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    closes_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by TEXT,
    digest BLOB,
    UNIQUE (subject_id, application_id)
) STRICT;

CREATE TABLE response (
    attempt_id BLOB NOT NULL REFERENCES attempt,
    position INTEGER NOT NULL,
    answer TEXT,
    flagged INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (attempt_id, position)
) STRICT;

-- Marking
CREATE TABLE objective_mark (
    attempt_id BLOB NOT NULL REFERENCES attempt,
    position INTEGER NOT NULL,
    awarded INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (attempt_id, position)
) STRICT;

CREATE TABLE script (
    id BLOB NOT NULL PRIMARY KEY,
    attempt_id BLOB NOT NULL REFERENCES attempt,
    position INTEGER NOT NULL,
    blind_code TEXT NOT NULL UNIQUE,
    max INTEGER NOT NULL,
    state TEXT NOT NULL,
    final_mark INTEGER,
    resolved_by TEXT,
    UNIQUE (attempt_id, position)
) STRICT;

CREATE TABLE script_mark (
    script_id BLOB NOT NULL REFERENCES script,
    ordinal INTEGER NOT NULL,
    marker_id BLOB NOT NULL,
    mark INTEGER NOT NULL,
    comment_sealed BLOB NOT NULL,
    marked_at INTEGER NOT NULL,
    PRIMARY KEY (script_id, ordinal),
    UNIQUE (script_id, marker_id)
) STRICT;

CREATE TABLE panel_mark (
    application_id BLOB NOT NULL REFERENCES application,
    component TEXT NOT NULL,
    examiner INTEGER NOT NULL,
    mark INTEGER NOT NULL,
    entered_by BLOB NOT NULL,
    entered_at INTEGER NOT NULL,
    PRIMARY KEY (application_id, component, examiner)
) STRICT;

CREATE TABLE component_mark (
    application_id BLOB NOT NULL REFERENCES application,
    component TEXT NOT NULL,
    state TEXT NOT NULL,
    mark INTEGER,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (application_id, component)
) STRICT;

-- Ranking
CREATE TABLE ranking (
    application_id BLOB NOT NULL REFERENCES application,
    phase TEXT NOT NULL,
    post_id BLOB NOT NULL REFERENCES post,
    total INTEGER,
    rank INTEGER,
    outcome TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (application_id, phase)
) STRICT;
CREATE INDEX ranking_post ON ranking (post_id, phase);
-- One live application of a person in an examination.
CREATE UNIQUE INDEX application_one_live ON application (examination_id, account_id)
    WHERE state <> 'withdrawn';

-- The ledger: decisions, and their places in the log.
CREATE TABLE decision (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    examination_id BLOB,
    nonce BLOB NOT NULL CHECK (length(nonce) = 32),
    payload_sealed BLOB NOT NULL,
    leaf BLOB NOT NULL,
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32)
) STRICT;
CREATE INDEX decision_examination ON decision (examination_id, id);

CREATE TABLE ledger (
    idx INTEGER NOT NULL PRIMARY KEY,
    decision_id BLOB NOT NULL UNIQUE REFERENCES decision,
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32)
) STRICT;

CREATE TABLE checkpoint (
    size INTEGER NOT NULL PRIMARY KEY,
    root BLOB NOT NULL CHECK (length(root) = 32),
    at INTEGER NOT NULL
) STRICT;

-- Entries are only ever added. The insert guards also stop INSERT OR REPLACE, which does not
-- fire delete triggers unless recursive_triggers is on.
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision
BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision
BEGIN SELECT RAISE(ABORT, 'decisions are never deleted'); END;
CREATE TRIGGER decision_no_replace BEFORE INSERT ON decision
WHEN EXISTS (SELECT 1 FROM decision WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'decisions are never replaced'); END;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is never cut'); END;
CREATE TRIGGER ledger_dense BEFORE INSERT ON ledger
WHEN NEW.idx <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM ledger)
    OR EXISTS (SELECT 1 FROM ledger WHERE decision_id = NEW.decision_id)
BEGIN SELECT RAISE(ABORT, 'ledger indexes are dense'); END;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON checkpoint
WHEN NEW.size <= (SELECT COALESCE(MAX(size), -1) FROM checkpoint)
BEGIN SELECT RAISE(ABORT, 'checkpoints grow'); END;
