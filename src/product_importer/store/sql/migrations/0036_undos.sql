-- Undos: imports whose plan is computed from the log of changes instead of from a file.

-- Locked at once: locks on rows that are followed by one on the table could deadlock with imports that run.
LOCK TABLE imports IN ACCESS EXCLUSIVE MODE;

CREATE TABLE undos (
    import_id bigint PRIMARY KEY REFERENCES imports ON DELETE CASCADE,
    -- What is undone: an import, a deletion of all products, or all changes after a moment.
    undone_import bigint REFERENCES imports,
    undone_deletion bigint REFERENCES deletions,
    moment timestamptz,
    -- Which part of it: null for all.
    products bigint[],
    skus text[],
    fields text[],
    CHECK (num_nonnulls(undone_import, undone_deletion, moment) = 1)
);
CREATE INDEX undos_undone_import ON undos (undone_import) WHERE undone_import IS NOT NULL;

-- The status of an undone import before: it gets it back if the undo is undone.
ALTER TABLE imports ADD COLUMN status_before text;

INSERT INTO import_transitions (status, follows) VALUES
    ('completed', 'undone'), ('failed', 'undone'), ('cancelled', 'undone'),
    ('undone', 'completed'), ('undone', 'failed'), ('undone', 'cancelled');
