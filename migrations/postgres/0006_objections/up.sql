-- What candidates object to in the publicity period, and what was decided about it.
CREATE TABLE objection (
    id BYTEA NOT NULL PRIMARY KEY,
    examination_id BYTEA NOT NULL REFERENCES examination,
    application_id BYTEA NOT NULL REFERENCES application,
    number INTEGER NOT NULL,
    text_sealed BYTEA NOT NULL,
    filed_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason_sealed BYTEA,
    decided_by BYTEA REFERENCES account,
    decided_at BIGINT,
    UNIQUE (examination_id, number)
);
CREATE INDEX objection_application ON objection (application_id);

GRANT SELECT, INSERT, UPDATE ON objection TO keju_app;
