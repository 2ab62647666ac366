-- Undos of single change sets: of what somebody has edited or deleted.

ALTER TABLE undos
    -- The number of the change set. The log may forget it, so this is no reference.
    ADD COLUMN undone_change bigint,
    DROP CONSTRAINT undos_check,
    ADD CONSTRAINT undos_check CHECK (num_nonnulls(undone_import, undone_deletion, undone_change, moment) = 1);
CREATE INDEX undos_undone_deletion ON undos (undone_deletion) WHERE undone_deletion IS NOT NULL;
