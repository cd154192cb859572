-- Who may see a bank. One without a row here is open to all authors and reviewers. Rows stay when
-- access is taken back, so that a bank is not open again when nobody is left in it.
CREATE TABLE bank_access (
    bank TEXT NOT NULL,
    account_id BYTEA NOT NULL REFERENCES account,
    granted_by BYTEA NOT NULL REFERENCES account,
    granted_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (bank, account_id)
);

-- Who has seen an item that papers may hold, with its key. Only ever added to.
CREATE TABLE key_view (
    id BYTEA NOT NULL PRIMARY KEY,
    item_id BYTEA NOT NULL REFERENCES item,
    version INTEGER NOT NULL,
    account_id BYTEA NOT NULL REFERENCES account,
    viewed_at BIGINT NOT NULL
);
CREATE INDEX key_view_item ON key_view (item_id, id);
CREATE TRIGGER key_view_guard BEFORE UPDATE OR DELETE ON key_view
    FOR EACH ROW EXECUTE FUNCTION keju_refuse();
CREATE TRIGGER key_view_guard_all BEFORE TRUNCATE ON key_view
    FOR EACH STATEMENT EXECUTE FUNCTION keju_refuse();
ALTER TABLE key_view ENABLE ALWAYS TRIGGER key_view_guard;
ALTER TABLE key_view ENABLE ALWAYS TRIGGER key_view_guard_all;

-- What author and reviewers say to each other about an item.
CREATE TABLE item_comment (
    id BYTEA NOT NULL PRIMARY KEY,
    item_id BYTEA NOT NULL REFERENCES item,
    version INTEGER NOT NULL,
    account_id BYTEA NOT NULL REFERENCES account,
    text_sealed BYTEA NOT NULL,
    written_at BIGINT NOT NULL
);
CREATE INDEX item_comment_item ON item_comment (item_id, written_at);

-- Figures of items from answers: shares in millionths, parameters and standard errors in
-- thousandths. The newest of an item count.
CREATE TABLE item_figure (
    id BYTEA NOT NULL PRIMARY KEY,
    item_id BYTEA NOT NULL REFERENCES item,
    version INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    facility_ppm INTEGER NOT NULL,
    discrimination_ppm INTEGER,
    a_milli INTEGER,
    b_milli INTEGER,
    c_milli INTEGER,
    se_a_milli INTEGER,
    se_b_milli INTEGER,
    se_c_milli INTEGER,
    source TEXT NOT NULL,
    recorded_by BYTEA NOT NULL REFERENCES account,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX item_figure_item ON item_figure (item_id, recorded_at);

GRANT SELECT, INSERT ON key_view, item_comment, item_figure TO keju_app;
GRANT SELECT, INSERT, UPDATE ON bank_access TO keju_app;
