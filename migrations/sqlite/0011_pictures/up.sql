-- Pictures of items and stimuli, each once, by the SHA-256 of its bytes.
CREATE TABLE picture (
    hash BLOB NOT NULL PRIMARY KEY,
    media TEXT NOT NULL,
    content_sealed BLOB NOT NULL
) STRICT;

-- Which banks have which pictures.
CREATE TABLE bank_picture (
    bank TEXT NOT NULL,
    hash BLOB NOT NULL REFERENCES picture,
    added_by BLOB NOT NULL REFERENCES account,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (bank, hash)
) STRICT;
CREATE INDEX bank_picture_hash ON bank_picture (hash);

-- Who wrote a stimulus; nobody knows of those that are there.
ALTER TABLE stimulus ADD COLUMN author_id BLOB REFERENCES account;
