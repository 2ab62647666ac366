-- Uploads: files on their way to the storage, or waiting there to be imported.

-- name: begin
-- Those that begin at the same moment don't see each other, and may be a few too many.
INSERT INTO uploads (id, filename, source, length, note, expires_at, author)
SELECT $1, $2, $3, $4, $5, now() + $6 * interval '1 hour', $8
WHERE (SELECT count(*) FROM uploads WHERE expires_at > now()) < $7
RETURNING id, filename, source, length, received, note, created_at, expires_at, author

-- name: get
SELECT id, filename, source, length, received, note, created_at, expires_at, author
FROM uploads
WHERE id = $1 AND expires_at > now()

-- name: of_source
SELECT id, filename, source, length, received, note, created_at, expires_at, author
FROM uploads
WHERE source = $1 AND expires_at > now()

-- name: take
-- One sender at a time. One that wasn't heard of for a while has gone, with its process or its connection.
UPDATE uploads
SET writer = $3, writer_seen_at = now()
WHERE id = $1 AND received = $2 AND expires_at > now()
  AND (writer IS NULL OR writer_seen_at < now() - $4 * interval '1 second')
RETURNING id, filename, source, length, received, note, created_at, expires_at, author

-- name: record
UPDATE uploads
SET received = $3, writer_seen_at = now(), expires_at = now() + $4 * interval '1 hour'
WHERE id = $1 AND writer = $2
RETURNING id, filename, source, length, received, note, created_at, expires_at, author

-- name: release
UPDATE uploads SET writer = NULL WHERE id = $1 AND writer = $2

-- name: complete
UPDATE uploads SET length = received, expires_at = now() + $2 * interval '1 hour' WHERE id = $1
RETURNING id, filename, source, length, received, note, created_at, expires_at, author

-- name: give_up
UPDATE uploads SET expires_at = '-infinity', writer = NULL WHERE id = $1 AND expires_at > now()
RETURNING id, source

-- name: expired
SELECT id, source FROM uploads WHERE expires_at <= now()

-- name: forget
DELETE FROM uploads WHERE id = $1

-- name: lock_key
SELECT pg_advisory_xact_lock(hashtextextended('idempotency key ' || $1, lock_number(0)))

-- name: done_once
SELECT import_id, fingerprint FROM idempotency_keys WHERE key = $1 AND created_at > now() - interval '24 hours'

-- name: note_once
INSERT INTO idempotency_keys (key, fingerprint, import_id) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET fingerprint = $2, import_id = $3, created_at = now()

-- name: forget_keys
DELETE FROM idempotency_keys WHERE created_at <= now() - interval '24 hours'

-- name: lock_upload
SELECT id, filename, source, length, received, note, created_at, expires_at, author
FROM uploads
WHERE id = $1 AND expires_at > now()
FOR UPDATE

-- name: create_import
INSERT INTO imports (source, filename, options, bytes_total, file_kept, background, author)
VALUES ($1, $2, $3, $4, true, $5, $6)
RETURNING id

-- name: keep
UPDATE uploads SET expires_at = now() + $2 * interval '1 hour' WHERE id = $1

-- name: needed
-- Whether an upload or an import, that may still run or be resumed, has its file there.
SELECT EXISTS (SELECT FROM uploads WHERE source = $1 AND expires_at > now())
    OR EXISTS (
        SELECT FROM imports
        WHERE source = $1 AND file_kept
          AND (status IN ('queued', 'running')
               OR status IN ('failed', 'cancelled') AND finished_at > now() - $2 * interval '1 day')
    )

-- name: ended_with_file
SELECT DISTINCT source
FROM imports
WHERE file_kept AND status NOT IN ('queued', 'running')

-- name: file_removed
UPDATE imports SET file_kept = false WHERE source = $1 AND file_kept
