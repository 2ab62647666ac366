-- Rejected rows are corrected and resubmitted: an import of its own, whose rows move in the ledger of the first import.

-- kind: what an import does with the file. of_import: the import that it corrects, or otherwise follows.
-- left_out: the records of a resubmission's file that are left out, because they aren't rejected any more.
ALTER TABLE imports
    ADD COLUMN kind text NOT NULL DEFAULT 'import' CHECK (kind IN ('import', 'resubmission', 'undo')),
    ADD COLUMN of_import bigint REFERENCES imports (id) ON DELETE SET NULL,
    ADD COLUMN left_out bigint[] NOT NULL DEFAULT '{}';
CREATE INDEX imports_of ON imports (of_import) WHERE of_import IS NOT NULL;

-- A chunk of the phase resubmitted takes rows from "invalid" and adds them to other counts; its "first" is the id of
-- the import that did this.
ALTER TABLE import_chunks
    DROP CONSTRAINT import_chunks_phase_check,
    ADD CONSTRAINT import_chunks_phase_check CHECK (phase IN ('reading', 'saving', 'deactivating', 'resubmitted'));

-- Rows are grouped by their first errors. A header may be longer than an entry of an index.
ALTER TABLE import_rejects
    ADD COLUMN code text COLLATE "C" GENERATED ALWAYS AS (left(errors -> 0 ->> 'code', 100)) STORED,
    ADD COLUMN header text COLLATE "C" GENERATED ALWAYS AS (left(errors -> 0 ->> 'column', 100)) STORED;
CREATE INDEX import_rejects_faults ON import_rejects (import_id, code, record) INCLUDE (header);
