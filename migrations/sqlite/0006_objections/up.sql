-- What candidates object to in the publicity period, and what was decided about it.
CREATE TABLE objection (
    id BLOB NOT NULL PRIMARY KEY,
    examination_id BLOB NOT NULL REFERENCES examination,
    application_id BLOB NOT NULL REFERENCES application,
    number INTEGER NOT NULL,
    text_sealed BLOB NOT NULL,
    filed_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason_sealed BLOB,
    decided_by BLOB REFERENCES account,
    decided_at INTEGER,
    UNIQUE (examination_id, number)
) STRICT;
CREATE INDEX objection_application ON objection (application_id);
