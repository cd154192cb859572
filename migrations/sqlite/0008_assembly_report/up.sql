-- What the committee reads of the locked papers of a subject, as JSON.
CREATE TABLE assembly_report (
    subject_id BLOB NOT NULL PRIMARY KEY REFERENCES subject,
    report TEXT NOT NULL
) STRICT;

-- In how many papers of a subject an item is.
CREATE TABLE item_use (
    subject_id BLOB NOT NULL REFERENCES subject,
    item_id BLOB NOT NULL REFERENCES item,
    version INTEGER NOT NULL,
    papers INTEGER NOT NULL,
    PRIMARY KEY (subject_id, item_id)
) STRICT;
CREATE INDEX item_use_item ON item_use (item_id);
