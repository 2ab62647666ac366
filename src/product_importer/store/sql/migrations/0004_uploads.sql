-- Uploads, and requests that are to be done once.

CREATE TABLE uploads (
    id text PRIMARY KEY,
    filename text NOT NULL,
    source text NOT NULL,
    -- NULL where the sender doesn't say before the end.
    length bigint CHECK (length >= received),
    received bigint NOT NULL DEFAULT 0,
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    writer uuid,
    writer_seen_at timestamptz
);
CREATE INDEX uploads_expires_at ON uploads (expires_at);
CREATE INDEX uploads_source ON uploads (source);

CREATE TABLE idempotency_keys (
    key text PRIMARY KEY,
    fingerprint bytea NOT NULL,
    import_id bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_import_id ON idempotency_keys (import_id);

-- Whether the import's file lies in the storage, to be removed once nobody needs it.
ALTER TABLE imports ADD COLUMN file_kept boolean NOT NULL DEFAULT false;
CREATE INDEX imports_file_kept ON imports (source) WHERE file_kept;
