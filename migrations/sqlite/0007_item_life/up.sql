-- Who may see a bank. One without a row here is open to all authors and reviewers. Rows stay when
-- access is taken back, so that a bank is not open again when nobody is left in it.
CREATE TABLE bank_access (
    bank TEXT NOT NULL,
    account_id BLOB NOT NULL REFERENCES account,
    granted_by BLOB NOT NULL REFERENCES account,
    granted_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (bank, account_id)
) STRICT;

-- Who has seen an item that papers may hold, with its key. Only ever added to.
CREATE TABLE key_view (
    id BLOB NOT NULL PRIMARY KEY,
    item_id BLOB NOT NULL REFERENCES item,
    version INTEGER NOT NULL,
    account_id BLOB NOT NULL REFERENCES account,
    viewed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX key_view_item ON key_view (item_id, id);
CREATE TRIGGER key_view_no_update BEFORE UPDATE ON key_view
BEGIN SELECT RAISE(ABORT, 'views of keys are never changed'); END;
CREATE TRIGGER key_view_no_delete BEFORE DELETE ON key_view
BEGIN SELECT RAISE(ABORT, 'views of keys are never deleted'); END;

-- What author and reviewers say to each other about an item.
CREATE TABLE item_comment (
    id BLOB NOT NULL PRIMARY KEY,
    item_id BLOB NOT NULL REFERENCES item,
    version INTEGER NOT NULL,
    account_id BLOB NOT NULL REFERENCES account,
    text_sealed BLOB NOT NULL,
    written_at INTEGER NOT NULL
) STRICT;
CREATE INDEX item_comment_item ON item_comment (item_id, written_at);

-- Figures of items from answers: shares in millionths, parameters and standard errors in
-- thousandths. The newest of an item count.
CREATE TABLE item_figure (
    id BLOB NOT NULL PRIMARY KEY,
    item_id BLOB NOT NULL REFERENCES item,
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
    recorded_by BLOB NOT NULL REFERENCES account,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX item_figure_item ON item_figure (item_id, recorded_at);
