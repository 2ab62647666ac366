-- Events are packed already; trying to compress them again costs an import some percent of its time.
ALTER TABLE outbox ALTER COLUMN payload SET STORAGE EXTERNAL;
