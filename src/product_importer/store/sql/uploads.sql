-- Uploads: files on their way to the storage, or waiting there to be imported.

-- name: begin
-- Makes an upload, unless as many are open as may be; no row then.
-- Those that begin at the same moment don't see each other, and may be a few too many.
INSERT INTO uploads (id, filename, source, length, note, expires_at, author)
SELECT :id, :filename, :source, :length, :note, now() + :hours * interval '1 hour', :author
WHERE (SELECT count(*) FROM uploads WHERE expires_at > now()) < :most_open
RETURNING id, filename, source, length, received, note, created_at, expires_at, author, sender

-- name: get
-- The upload with the id $1, if it hasn't expired.
SELECT id, filename, source, length, received, note, created_at, expires_at, author, sender
FROM uploads
WHERE id = $1 AND expires_at > now()

-- name: of_source
-- The upload whose file is at the source $1, if it hasn't expired.
SELECT id, filename, source, length, received, note, created_at, expires_at, author, sender
FROM uploads
WHERE source = $1 AND expires_at > now()

-- name: take
-- Lets a writer send bytes of the upload from the offset on; no row where another one does that was heard of within so
-- many seconds.
-- One at a time. One that wasn't heard of for a while has gone, with its process or its connection.
UPDATE uploads
SET writer = :writer, writer_seen_at = now(), sender = coalesce(:sender, sender)
WHERE id = :id AND received = :offset AND expires_at > now()
  AND (writer IS NULL OR writer_seen_at < now() - :seconds * interval '1 second')
RETURNING id, filename, source, length, received, note, created_at, expires_at, author, sender

-- name: record
-- Notes that $3 bytes of the upload $1 have come from the writer $2, and that it waits $4 hours from now.
UPDATE uploads
SET received = $3, writer_seen_at = now(), expires_at = now() + $4 * interval '1 hour'
WHERE id = $1 AND writer = $2
RETURNING id, filename, source, length, received, note, created_at, expires_at, author, sender

-- name: release
-- Ends the turn of the writer $2 of the upload $1.
UPDATE uploads SET writer = NULL WHERE id = $1 AND writer = $2

-- name: complete
-- Makes what has come of the upload $1 all of it, and lets it wait $2 hours from now.
UPDATE uploads SET length = received, expires_at = now() + $2 * interval '1 hour' WHERE id = $1
RETURNING id, filename, source, length, received, note, created_at, expires_at, author, sender

-- name: give_up
-- Has the upload $1 expire at once; no row where there is none.
UPDATE uploads SET expires_at = '-infinity', writer = NULL WHERE id = $1 AND expires_at > now()
RETURNING id, source

-- name: expired
-- The uploads that have expired.
SELECT id, source FROM uploads WHERE expires_at <= now()

-- name: forget
-- Deletes the upload $1.
DELETE FROM uploads WHERE id = $1

-- name: lock_key
-- Waits for other requests with the idempotency key $1, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('idempotency key ' || $1, lock_number(0)))

-- name: done_once
-- What the idempotency key $1 was used for in the last 24 hours.
SELECT import_id, fingerprint FROM idempotency_keys WHERE key = $1 AND created_at > now() - interval '24 hours'

-- name: note_once
-- Notes that the key $1 was used for the request with the fingerprint $2, which made the import $3.
INSERT INTO idempotency_keys (key, fingerprint, import_id) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET fingerprint = $2, import_id = $3, created_at = now()

-- name: forget_keys
-- Deletes idempotency keys of more than 24 hours ago.
DELETE FROM idempotency_keys WHERE created_at <= now() - interval '24 hours'

-- name: lock_upload
-- The upload $1, if it hasn't expired, locked for the rest of the transaction.
SELECT id, filename, source, length, received, note, created_at, expires_at, author, sender
FROM uploads
WHERE id = $1 AND expires_at > now()
FOR UPDATE

-- name: create_import
-- Makes a queued import of a file in the storage; returns its id.
INSERT INTO imports (source, filename, options, bytes_total, file_kept, background, author)
VALUES (:source, :filename, :options, :bytes_total, true, :background, :author)
RETURNING id

-- name: keep
-- Lets the upload $1 wait $2 hours from now.
UPDATE uploads SET expires_at = now() + $2 * interval '1 hour' WHERE id = $1

-- name: needed
-- Whether an upload, or an import that may still run or be resumed, needs the file at the source $1; imports that ended
-- without completing keep theirs for $2 days.
SELECT EXISTS (SELECT FROM uploads WHERE source = $1 AND expires_at > now())
    OR EXISTS (
        SELECT FROM imports
        WHERE source = $1 AND file_kept
          AND (status IN ('queued', 'running')
               OR status IN ('failed', 'cancelled') AND finished_at > now() - $2 * interval '1 day')
    )

-- name: ended_with_file
-- The sources of files that are kept though their imports have ended.
SELECT DISTINCT source
FROM imports
WHERE file_kept AND status NOT IN ('queued', 'running')

-- name: file_removed
-- Notes that the file at the source $1 is gone.
UPDATE imports SET file_kept = false WHERE source = $1 AND file_kept
