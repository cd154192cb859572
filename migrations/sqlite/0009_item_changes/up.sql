-- Which items were written to, in the order in which the one writer did, so that whoever keeps
-- something of them in memory learns what to read again. Only the triggers write here.
CREATE TABLE item_change (
    mark INTEGER NOT NULL PRIMARY KEY,
    item_id BLOB NOT NULL
) STRICT;

CREATE TRIGGER item_added AFTER INSERT ON item
BEGIN INSERT INTO item_change (item_id) VALUES (NEW.id); END;

CREATE TRIGGER item_changed AFTER UPDATE ON item
BEGIN INSERT INTO item_change (item_id) VALUES (NEW.id); END;
