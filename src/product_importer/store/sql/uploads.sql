-- Uploads: files on their way to the storage, or waiting there to be imported.

-- name: begin
-- Creates an upload; returns no row if the maximum number of uploads is open.
-- Concurrent transactions don't see each other, so they may exceed the maximum a little.
INSERT INTO uploads (id, filename, source, length, note, expires_at, author)
SELECT :id, :filename, :source, :length, :note, now() + :hours * interval '1 hour', :author
WHERE (SELECT count(*) FROM uploads WHERE expires_at > now()) < :most_open
RETURNING id, filename, source, length, received, note, created_at, expires_at, author, sender

-- name: get
-- Returns the upload with the id $1, if it hasn't expired.
SELECT id, filename, source, length, received, note, created_at, expires_at, author, sender
FROM uploads
WHERE id = $1 AND expires_at > now()

-- name: of_source
-- Returns the upload whose file is at the source $1, if it hasn't expired.
SELECT id, filename, source, length, received, note, created_at, expires_at, author, sender
FROM uploads
WHERE source = $1 AND expires_at > now()

-- name: take
-- Lets a writer send bytes of the upload from the offset on; no row if another writer was active within "seconds".
-- One writer may send at a time. A writer that was silent for longer has gone, with its process or its connection.
UPDATE uploads
SET writer = :writer, writer_seen_at = now(), sender = coalesce(:sender, sender)
WHERE id = :id AND received = :offset AND expires_at > now()
  AND (writer IS NULL OR writer_seen_at < now() - :seconds * interval '1 second')
RETURNING id, filename, source, length, received, note, created_at, expires_at, author, sender

-- name: record
-- Records that $3 bytes of the upload $1 have arrived from the writer $2, and lets the upload wait $4 hours from now.
UPDATE uploads
SET received = $3, writer_seen_at = now(), expires_at = now() + $4 * interval '1 hour'
WHERE id = $1 AND writer = $2
RETURNING id, filename, source, length, received, note, created_at, expires_at, author, sender

-- name: release
-- Ends the turn of the writer $2 of the upload $1.
UPDATE uploads SET writer = NULL WHERE id = $1 AND writer = $2

-- name: complete
-- Completes the upload $1 with the bytes that have arrived, and lets it wait $2 hours from now.
UPDATE uploads SET length = received, expires_at = now() + $2 * interval '1 hour' WHERE id = $1
RETURNING id, filename, source, length, received, note, created_at, expires_at, author, sender

-- name: give_up
-- Makes the upload $1 expire at once; returns no row if there is none.
UPDATE uploads SET expires_at = '-infinity', writer = NULL WHERE id = $1 AND expires_at > now()
RETURNING id, source

-- name: expired
-- Returns the uploads that have expired.
SELECT id, source FROM uploads WHERE expires_at <= now()

-- name: forget
-- Deletes the upload $1.
DELETE FROM uploads WHERE id = $1

-- name: lock_key
-- Waits for other requests with the idempotency key $1, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('idempotency key ' || $1, lock_number(0)))

-- name: done_once
-- Returns the use of the idempotency key $1 in the last 24 hours.
SELECT import_id, fingerprint FROM idempotency_keys WHERE key = $1 AND created_at > now() - interval '24 hours'

-- name: note_once
-- Records that the key $1 was used for the request with the fingerprint $2, which made the import $3.
INSERT INTO idempotency_keys (key, fingerprint, import_id) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET fingerprint = $2, import_id = $3, created_at = now()

-- name: forget_keys
-- Deletes idempotency keys that are older than 24 hours.
DELETE FROM idempotency_keys WHERE created_at <= now() - interval '24 hours'

-- name: lock_upload
-- Returns the upload $1, if it hasn't expired, and locks it for the rest of the transaction.
SELECT id, filename, source, length, received, note, created_at, expires_at, author, sender
FROM uploads
WHERE id = $1 AND expires_at > now()
FOR UPDATE

-- name: create_import
-- Creates a queued import of a file in the storage; returns its id. The file may hold corrected rows of another import.
INSERT INTO imports (source, filename, options, bytes_total, file_kept, background, author, of_import, kind)
VALUES (
    :source, :filename, :options, :bytes_total, true, :background, :author, :of_import,
    CASE WHEN :of_import::bigint IS NULL THEN 'import' ELSE 'resubmission' END
)
RETURNING id

-- name: keep
-- Lets the upload $1 wait $2 hours from now.
UPDATE uploads SET expires_at = now() + $2 * interval '1 hour' WHERE id = $1

-- name: lock_file
-- Waits for other transactions that remove or reuse the file at the source $1, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('kept file ' || $1, lock_number(0)))

-- name: needed
-- Returns whether the file at the source $1 is still needed by an upload, by an import that may run, or by one that has
-- ended: failed and cancelled imports keep their file for $2 days, or $3 if that is more, others for $3 days.
SELECT EXISTS (SELECT FROM uploads WHERE source = $1 AND expires_at > now())
    OR EXISTS (
        SELECT FROM imports
        WHERE source = $1 AND file_kept
          AND (status IN ('queued', 'running', 'waiting')
               OR finished_at > now() - interval '1 day'
                   * CASE WHEN status IN ('failed', 'cancelled') THEN greatest($2::float8, $3::float8) ELSE $3 END)
    )

-- name: expired_files
-- Returns the sources, by name and after the source $3, of the kept files of imports that ended $2 days ago, or $1 if
-- they failed or were cancelled, at most $4. Another import may still need such a file.
SELECT DISTINCT source
FROM imports
WHERE file_kept AND finished_at <= now() - $2::float8 * interval '1 day' AND source > $3
  AND (status NOT IN ('failed', 'cancelled') OR finished_at <= now() - $1::float8 * interval '1 day')
ORDER BY source
LIMIT $4

-- name: oldest_kept
-- Returns the import that ended first among those whose file is kept, without the files $2. Files of imports that failed
-- or were cancelled less than $1 days ago are left out: they may be resumed.
SELECT id, source
FROM imports
WHERE file_kept AND finished_at IS NOT NULL AND source <> ALL($2::text[])
  AND (status NOT IN ('failed', 'cancelled') OR finished_at <= now() - $1::float8 * interval '1 day')
ORDER BY finished_at
LIMIT 1

-- name: upload_again
-- Creates a complete upload, :id, of the kept file of the import :import_id, that waits :hours; no row if the file isn't
-- kept.
INSERT INTO uploads (id, filename, source, length, received, note, expires_at, author)
SELECT :id, filename, source, bytes_total, bytes_total, '', now() + :hours * interval '1 hour', :author
FROM imports
WHERE id = :import_id AND file_kept AND fetch_url IS NULL
RETURNING id, filename, source, length, received, note, created_at, expires_at, author, sender

-- name: repeat_import
-- Creates a queued import of the kept file of the import :import_id; returns its id, or no row if the file isn't kept.
INSERT INTO imports (source, filename, options, bytes_total, file_kept, background, author, origin)
SELECT source, filename, :options, bytes_total, true, :background, :author, origin
FROM imports
WHERE id = :import_id AND file_kept AND fetch_url IS NULL
RETURNING id

-- name: file_removed
-- Records that the file at the source $1 is gone. The import can't be resumed any more, so the URL isn't needed, either.
UPDATE imports SET file_kept = false, fetch_url = NULL WHERE source = $1 AND file_kept

-- name: expire_questions
-- Ends the imports that have waited for answers for $1 hours; returns a row for each. One that a schedule began fails,
-- since nobody may have seen it waiting; others are cancelled.
UPDATE imports
SET status = CASE WHEN author LIKE 'schedule:%' THEN 'failed' ELSE 'cancelled' END,
    phase = CASE WHEN author LIKE 'schedule:%' THEN 'finished' ELSE phase END,
    finished_at = now(),
    message = 'Nobody answered the questions about the file in time. Nothing was changed.'
WHERE status = 'waiting' AND questions_at <= now() - $1 * interval '1 hour'
RETURNING id
