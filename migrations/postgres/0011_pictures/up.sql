-- Pictures of items and stimuli, each once, by the SHA-256 of its bytes.
CREATE TABLE picture (
    hash BYTEA NOT NULL PRIMARY KEY,
    media TEXT NOT NULL,
    content_sealed BYTEA NOT NULL
);

-- Which banks have which pictures.
CREATE TABLE bank_picture (
    bank TEXT NOT NULL,
    hash BYTEA NOT NULL REFERENCES picture,
    added_by BYTEA NOT NULL REFERENCES account,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (bank, hash)
);
CREATE INDEX bank_picture_hash ON bank_picture (hash);

-- Who wrote a stimulus; nobody knows of those that are there.
ALTER TABLE stimulus ADD COLUMN author_id BYTEA REFERENCES account;

GRANT SELECT, INSERT ON picture, bank_picture TO keju_app;
