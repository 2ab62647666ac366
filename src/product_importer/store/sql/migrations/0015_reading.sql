-- How far the present owner has read the file, which it notes with its heartbeats: rows read and rejected, and, of
-- a sample of the rows to be saved, how many products show already. "reading_pace": bytes a second.
-- "reading_seconds": how long it read, known once it has.
ALTER TABLE imports
    ADD COLUMN rows_read bigint NOT NULL DEFAULT 0,
    ADD COLUMN rows_rejected bigint NOT NULL DEFAULT 0,
    ADD COLUMN rows_sampled bigint NOT NULL DEFAULT 0,
    ADD COLUMN rows_sampled_unchanged bigint NOT NULL DEFAULT 0,
    ADD COLUMN reading_pace float8,
    ADD COLUMN reading_seconds float8;
