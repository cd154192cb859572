-- Papers that hold a leaked item can be recalled: others are drawn, by another draw, and take their
-- place once they are locked. A recalled draw keeps its result and makes room for the next.
DROP INDEX draw_standing;
CREATE UNIQUE INDEX draw_standing ON draw (examination_id, purpose)
    WHERE state NOT IN ('void', 'recalled');

-- The decision in the log of an examination that its papers hold a leaked item.
CREATE TABLE paper_leak (
    decision_id BLOB NOT NULL PRIMARY KEY REFERENCES decision,
    examination_id BLOB NOT NULL REFERENCES examination,
    item_id BLOB NOT NULL REFERENCES item
) STRICT;
CREATE INDEX paper_leak_item ON paper_leak (item_id);
CREATE INDEX paper_leak_examination ON paper_leak (examination_id);

-- What recalled papers were drawn from, once others have taken their place: they follow from it and
-- from the seed of their draw.
CREATE TABLE recalled_paper (
    draw_id BLOB NOT NULL REFERENCES draw,
    subject_id BLOB NOT NULL REFERENCES subject,
    blueprint TEXT NOT NULL,
    pool TEXT NOT NULL,
    PRIMARY KEY (draw_id, subject_id)
) STRICT;
