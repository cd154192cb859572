-- Which items were written to, each by the number of its transaction, so that whoever keeps something
-- of them in memory learns what to read again: everything from the oldest transaction on that was
-- open when it was looked last. Only the trigger writes here.
CREATE TABLE item_change (
    mark BIGINT NOT NULL,
    item_id BYTEA NOT NULL
);
CREATE INDEX item_change_mark ON item_change (mark);

CREATE FUNCTION keju_note_item_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO item_change VALUES (pg_current_xact_id()::text::bigint, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER item_changed AFTER INSERT OR UPDATE ON item
    FOR EACH ROW EXECUTE FUNCTION keju_note_item_change();

GRANT SELECT, INSERT ON item_change TO keju_app;
