-- Products that a file lacks may be deleted, and above a share their number has to be confirmed.

ALTER TABLE import_chunks ADD COLUMN removed bigint NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN to_confirm bigint;
