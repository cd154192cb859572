-- Accounts (access)
CREATE TABLE account (
    id BYTEA NOT NULL PRIMARY KEY,
    login_index BYTEA NOT NULL UNIQUE,
    login_sealed BYTEA NOT NULL,
    name_sealed BYTEA NOT NULL,
    password_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    must_change_password BOOLEAN NOT NULL,
    failures INTEGER NOT NULL,
    locked_until BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE account_role (
    account_id BYTEA NOT NULL REFERENCES account,
    role TEXT NOT NULL,
    granted_by BYTEA,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, role)
);

CREATE TABLE session (
    id BYTEA NOT NULL PRIMARY KEY,
    account_id BYTEA NOT NULL REFERENCES account,
    kind TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE refresh_token (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    session_id BYTEA NOT NULL REFERENCES session,
    issued_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE email_token (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    account_id BYTEA NOT NULL REFERENCES account,
    purpose TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE mail (
    id BYTEA NOT NULL PRIMARY KEY,
    recipient_sealed BYTEA NOT NULL,
    subject_sealed BYTEA NOT NULL,
    body_sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    attempts INTEGER NOT NULL,
    next_attempt_at BIGINT NOT NULL
);

CREATE TABLE idempotency_key (
    account_id BYTEA NOT NULL,
    key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    response_sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, key)
);

-- Establishment
CREATE TABLE organisation (
    id BYTEA NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE headcount (
    organisation_id BYTEA NOT NULL REFERENCES organisation,
    kind TEXT NOT NULL,
    approved INTEGER NOT NULL,
    occupied INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, kind),
    CHECK (occupied >= 0 AND planned >= 0 AND occupied + planned <= approved)
);

-- Examinations (regulation)
CREATE TABLE examination (
    id BYTEA NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    year INTEGER NOT NULL,
    track TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    stage TEXT NOT NULL,
    profile TEXT NOT NULL,
    profile_hash BYTEA,
    registration_opens BIGINT NOT NULL,
    registration_closes BIGINT NOT NULL,
    publicity_ends TEXT,
    created_by BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    announced_at BIGINT
);

CREATE TABLE subject (
    id BYTEA NOT NULL PRIMARY KEY,
    examination_id BYTEA NOT NULL REFERENCES examination,
    component TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    bank TEXT NOT NULL,
    blueprint TEXT NOT NULL,
    opens_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    seed_sealed BYTEA,
    pool TEXT,
    papers_root BYTEA,
    locked_at BIGINT,
    UNIQUE (examination_id, component)
);

CREATE TABLE post (
    id BYTEA NOT NULL PRIMARY KEY,
    examination_id BYTEA NOT NULL REFERENCES examination,
    organisation_id BYTEA NOT NULL REFERENCES organisation,
    code TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    headcount_kind TEXT NOT NULL,
    quota INTEGER NOT NULL,
    requirements TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (examination_id, code)
);

-- Registration
CREATE TABLE candidate (
    account_id BYTEA NOT NULL PRIMARY KEY REFERENCES account,
    resident_index BYTEA NOT NULL UNIQUE,
    resident_sealed BYTEA NOT NULL,
    facts_sealed BYTEA NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE photo (
    account_id BYTEA NOT NULL PRIMARY KEY REFERENCES account,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    content_sealed BYTEA NOT NULL,
    uploaded_at BIGINT NOT NULL
);

CREATE TABLE application (
    id BYTEA NOT NULL PRIMARY KEY,
    examination_id BYTEA NOT NULL REFERENCES examination,
    post_id BYTEA NOT NULL REFERENCES post,
    account_id BYTEA NOT NULL REFERENCES account,
    state TEXT NOT NULL,
    facts_sealed BYTEA NOT NULL,
    screening_sealed BYTEA NOT NULL,
    submitted_at BIGINT NOT NULL,
    reviewed_at BIGINT,
    reviewed_by BYTEA,
    reason_sealed BYTEA,
    ticket_no TEXT,
    room TEXT,
    seat INTEGER,
    UNIQUE (examination_id, ticket_no)
);
CREATE INDEX application_account ON application (account_id);
CREATE INDEX application_post ON application (post_id, state);

-- Bank
CREATE TABLE stimulus (
    id BYTEA NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    code TEXT NOT NULL,
    content_sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (bank, code)
);

CREATE TABLE item (
    id BYTEA NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    code TEXT NOT NULL,
    section TEXT NOT NULL,
    topic TEXT NOT NULL,
    difficulty TEXT NOT NULL,
    kind TEXT NOT NULL,
    stimulus_id BYTEA REFERENCES stimulus,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    author_id BYTEA NOT NULL,
    reviewer_id BYTEA,
    updated_at BIGINT NOT NULL,
    UNIQUE (bank, code)
);
CREATE INDEX item_bank_state ON item (bank, state);

CREATE TABLE item_version (
    item_id BYTEA NOT NULL REFERENCES item,
    version INTEGER NOT NULL,
    content_sealed BYTEA NOT NULL,
    content_hash BYTEA NOT NULL,
    author_id BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (item_id, version)
);

-- Assembly and sitting
CREATE TABLE paper (
    id BYTEA NOT NULL PRIMARY KEY,
    subject_id BYTEA NOT NULL REFERENCES subject,
    application_id BYTEA NOT NULL REFERENCES application,
    content_sealed BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (subject_id, application_id)
);

CREATE TABLE attempt (
    id BYTEA NOT NULL PRIMARY KEY,
    subject_id BYTEA NOT NULL REFERENCES subject,
    application_id BYTEA NOT NULL REFERENCES application,
    account_id BYTEA NOT NULL REFERENCES account,
    paper_id BYTEA NOT NULL REFERENCES paper,
    state TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by TEXT,
    digest BYTEA,
    UNIQUE (subject_id, application_id)
);

CREATE TABLE response (
    attempt_id BYTEA NOT NULL REFERENCES attempt,
    position INTEGER NOT NULL,
    answer TEXT,
    flagged BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (attempt_id, position)
);

-- Marking
CREATE TABLE objective_mark (
    attempt_id BYTEA NOT NULL REFERENCES attempt,
    position INTEGER NOT NULL,
    awarded BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (attempt_id, position)
);

CREATE TABLE script (
    id BYTEA NOT NULL PRIMARY KEY,
    attempt_id BYTEA NOT NULL REFERENCES attempt,
    position INTEGER NOT NULL,
    blind_code TEXT NOT NULL UNIQUE,
    max BIGINT NOT NULL,
    state TEXT NOT NULL,
    final_mark BIGINT,
    resolved_by TEXT,
    UNIQUE (attempt_id, position)
);

CREATE TABLE script_mark (
    script_id BYTEA NOT NULL REFERENCES script,
    ordinal INTEGER NOT NULL,
    marker_id BYTEA NOT NULL,
    mark BIGINT NOT NULL,
    comment_sealed BYTEA NOT NULL,
    marked_at BIGINT NOT NULL,
    PRIMARY KEY (script_id, ordinal),
    UNIQUE (script_id, marker_id)
);

CREATE TABLE panel_mark (
    application_id BYTEA NOT NULL REFERENCES application,
    component TEXT NOT NULL,
    examiner INTEGER NOT NULL,
    mark BIGINT NOT NULL,
    entered_by BYTEA NOT NULL,
    entered_at BIGINT NOT NULL,
    PRIMARY KEY (application_id, component, examiner)
);

CREATE TABLE component_mark (
    application_id BYTEA NOT NULL REFERENCES application,
    component TEXT NOT NULL,
    state TEXT NOT NULL,
    mark BIGINT,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (application_id, component)
);

-- Ranking
CREATE TABLE ranking (
    application_id BYTEA NOT NULL REFERENCES application,
    phase TEXT NOT NULL,
    post_id BYTEA NOT NULL REFERENCES post,
    total BIGINT,
    rank INTEGER,
    outcome TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (application_id, phase)
);
CREATE INDEX ranking_post ON ranking (post_id, phase);
-- One live application of a person in an examination.
CREATE UNIQUE INDEX application_one_live ON application (examination_id, account_id)
    WHERE state <> 'withdrawn';

-- The ledger: decisions in the order they were made known (an outbox), and their places in the
-- log, which one sequencer assigns below the oldest open transaction.
CREATE TABLE decision (
    id BYTEA NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    examination_id BYTEA,
    nonce BYTEA NOT NULL CHECK (length(nonce) = 32),
    payload_sealed BYTEA NOT NULL,
    leaf BYTEA NOT NULL,
    leaf_hash BYTEA NOT NULL CHECK (length(leaf_hash) = 32),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX decision_examination ON decision (examination_id, id);
CREATE INDEX decision_order ON decision (xid, seq);

CREATE TABLE ledger (
    idx BIGINT NOT NULL PRIMARY KEY,
    decision_id BYTEA NOT NULL UNIQUE REFERENCES decision,
    leaf_hash BYTEA NOT NULL CHECK (length(leaf_hash) = 32)
);

CREATE TABLE checkpoint (
    size BIGINT NOT NULL PRIMARY KEY,
    root BYTEA NOT NULL CHECK (length(root) = 32),
    at BIGINT NOT NULL
);

-- Entries are only ever added. The guards are ENABLE ALWAYS, so that
-- session_replication_role does not skip them, and cover TRUNCATE.
CREATE FUNCTION keju_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$;

CREATE TRIGGER decision_guard BEFORE UPDATE OR DELETE ON decision
    FOR EACH ROW EXECUTE FUNCTION keju_refuse();
CREATE TRIGGER decision_guard_all BEFORE TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION keju_refuse();
CREATE TRIGGER ledger_guard BEFORE UPDATE OR DELETE ON ledger
    FOR EACH ROW EXECUTE FUNCTION keju_refuse();
CREATE TRIGGER ledger_guard_all BEFORE TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION keju_refuse();
CREATE TRIGGER checkpoint_guard BEFORE UPDATE OR DELETE ON checkpoint
    FOR EACH ROW EXECUTE FUNCTION keju_refuse();
CREATE TRIGGER checkpoint_guard_all BEFORE TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION keju_refuse();
ALTER TABLE decision ENABLE ALWAYS TRIGGER decision_guard;
ALTER TABLE decision ENABLE ALWAYS TRIGGER decision_guard_all;
ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_guard;
ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_guard_all;
ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_guard;
ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_guard_all;

-- The application works under a role that does not own the tables. On the ledger it may read and
-- add, and only to the columns that are its to fill: not to xid or seq.
DO $$ BEGIN
    CREATE ROLE keju_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT keju_app TO CURRENT_USER;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO keju_app;
REVOKE ALL ON decision, ledger, checkpoint FROM keju_app;
GRANT SELECT ON decision, ledger, checkpoint TO keju_app;
GRANT INSERT (id, at, kind, examination_id, nonce, payload_sealed, leaf, leaf_hash)
    ON decision TO keju_app;
GRANT INSERT ON ledger, checkpoint TO keju_app;
