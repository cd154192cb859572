-- Draws by lot: custodians commit to secrets, a public beacon gives its value, and both together
-- are the seed.
CREATE TABLE draw (
    id BYTEA NOT NULL PRIMARY KEY,
    examination_id BYTEA NOT NULL REFERENCES examination,
    -- The name that goes into the seed: `2026-gwy/seats/1`.
    code TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    beacon TEXT NOT NULL,
    beacon_at BIGINT NOT NULL,
    -- What salts the members' commitments.
    member_key_sealed BYTEA NOT NULL,
    params TEXT NOT NULL,
    pool_root BYTEA,
    pool_count INTEGER NOT NULL,
    -- The decision that fixed all this; its leaf goes into the seed.
    committed_by BYTEA REFERENCES decision,
    -- The checkpoint that its witnesses had signed in time; none in a rehearsal.
    witnessed_size BIGINT,
    contributions TEXT NOT NULL,
    beacon_value TEXT,
    result_hash BYTEA,
    void_reason TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (examination_id, purpose, number)
);
-- One draw at a time for each purpose.
CREATE UNIQUE INDEX draw_standing ON draw (examination_id, purpose) WHERE state <> 'void';

CREATE TABLE draw_custodian (
    draw_id BYTEA NOT NULL REFERENCES draw,
    number INTEGER NOT NULL,
    account_id BYTEA NOT NULL REFERENCES account,
    office TEXT NOT NULL,
    commitment BYTEA,
    secret_sealed BYTEA,
    PRIMARY KEY (draw_id, number),
    UNIQUE (draw_id, account_id)
);

-- Whom a draw puts in order: candidates of an interview, examiners, markers.
CREATE TABLE draw_member (
    draw_id BYTEA NOT NULL REFERENCES draw,
    id BYTEA NOT NULL,
    stratum TEXT NOT NULL,
    commitment BYTEA NOT NULL,
    content_sealed BYTEA NOT NULL,
    state TEXT NOT NULL,
    place INTEGER,
    -- Whose place this member took, from the reserve.
    replaces BYTEA,
    PRIMARY KEY (draw_id, id)
);

GRANT SELECT, INSERT, UPDATE ON draw, draw_custodian, draw_member TO keju_app;
