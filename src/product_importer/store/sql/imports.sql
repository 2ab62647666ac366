-- Imports: their life, lease, progress and rejected rows.

-- name: create
-- Makes a queued import of the file at the source; returns its id.
INSERT INTO imports (source, filename, options, bytes_total, author)
VALUES (:source, :filename, :options, :bytes_total, :author)
RETURNING id

-- name: states
-- The imports with these ids ($1), the highest first, each with the sums of its chunks' counters.
SELECT
    i.id, i.status, i.phase, i.filename, i.source, i.options, i.message, i.author,
    i.encoding, i.delimiter, i.header, i.mapping,
    i.warnings, i.bytes_total, i.bytes_done, i.records_total, i.created_at, i.started_at, i.finished_at,
    i.rows_read, i.rows_rejected, i.rows_sampled, i.rows_sampled_unchanged, i.reading_pace, i.reading_seconds,
    coalesce(c.read, 0)::bigint AS read,
    coalesce(c.created, 0)::bigint AS created,
    coalesce(c.updated, 0)::bigint AS updated,
    coalesce(c.unchanged, 0)::bigint AS unchanged,
    coalesce(c.duplicate, 0)::bigint AS duplicate,
    coalesce(c.invalid, 0)::bigint AS invalid,
    coalesce(c.skipped, 0)::bigint AS skipped,
    coalesce(c.deactivated, 0)::bigint AS deactivated,
    coalesce(c.saved, 0)::bigint AS saved,
    -- Of the present owner only: a resumed import's pause is not its speed.
    coalesce(c.read_by_owner, 0)::bigint AS read_by_owner,
    extract(epoch FROM coalesce(i.finished_at, now()) - i.lease_started_at)::float8 AS owner_seconds,
    -- A chunk's time is that at which its transaction began.
    extract(epoch FROM now() - c.saving_since)::float8 AS saving_seconds
FROM imports AS i
LEFT JOIN LATERAL (
    SELECT
        sum(read) AS read, sum(created) AS created, sum(updated) AS updated, sum(unchanged) AS unchanged,
        sum(duplicate) AS duplicate, sum(invalid) AS invalid, sum(skipped) AS skipped,
        sum(deactivated) AS deactivated,
        -- Not what an import that gave up counted: it will be read again.
        sum(read) FILTER (WHERE phase = 'saving') AS saved,
        sum(read) FILTER (WHERE lease_token = i.lease_token) AS read_by_owner,
        min(committed_at) FILTER (WHERE lease_token = i.lease_token) AS saving_since
    FROM import_chunks
    WHERE import_id = i.id
) AS c ON true
-- The ids come as texts: asyncpg looks up how it reads any other array, on each connection, which takes 10 ms.
WHERE i.id = ANY($1::text[]::bigint[])
ORDER BY i.id DESC

-- name: recent
-- The ids of the latest imports, at most $1, of those below the id $2, or of all where that is null.
SELECT id FROM imports WHERE $2::bigint IS NULL OR id < $2 ORDER BY id DESC LIMIT $1

-- name: numbers
-- How many imports there are of each status.
SELECT status, count(*) AS number FROM imports GROUP BY status

-- name: interrupted
-- The ids of imports whose process is gone; $1 is the class of their locks.
SELECT i.id
FROM imports AS i
WHERE i.status = 'running'
  AND NOT advisory_held($1, i.id)
ORDER BY i.id

-- name: due
-- Imports that a worker is to run, at most $2, the oldest first; $1 is the class of their locks.
-- Left to the workers, and nobody runs it, or somebody who has let the lease run out.
SELECT i.id, i.lease_token
FROM imports AS i
WHERE i.background AND i.status IN ('queued', 'running')
  AND (i.lease_expires_at < now() OR NOT advisory_held($1, i.id))
ORDER BY i.id
LIMIT $2

-- name: suspected
-- Whether the last owner of the import $1 ended without a word and without having saved anything.
-- An owner that stops in good order takes its attempt back; one that has saved something has shown that it can.
SELECT EXISTS (
    SELECT FROM imports AS i
    WHERE i.id = $1 AND i.attempts > 0 AND i.status IN ('queued', 'running')
      AND NOT EXISTS (
          SELECT FROM import_chunks AS c WHERE c.import_id = i.id AND c.lease_token = i.lease_token
      )
)

-- name: lock_for_now
-- Takes an import's lock ($1: the class, $2: the second number) until the transaction ends, if nobody holds it; says
-- whether it did.
SELECT pg_try_advisory_xact_lock($1::integer, $2::integer)

-- name: hand_over
-- Leaves the import $1 to the workers, with all its attempts.
UPDATE imports
SET background = true, attempts = 0, status = 'queued', phase = 'waiting', message = '',
    finished_at = NULL, cancel_requested_at = NULL
WHERE id = $1

-- name: handed_over
-- Whether the import $1 was left to the workers.
SELECT background FROM imports WHERE id = $1

-- name: release
-- Gives an import back, under the owner's token; no row where another has it.
-- The owner stops without having come to the end. That costs no attempt.
UPDATE imports
SET status = CASE WHEN background THEN 'queued' ELSE status END,
    phase = CASE WHEN background THEN 'waiting' ELSE phase END,
    attempts = greatest(attempts - 1, 0), lease_expires_at = NULL
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: lock
-- Takes an import's lock ($1: the class, $2: the second number), if nobody holds it; says whether it did.
SELECT pg_try_advisory_lock($1::integer, $2::integer)

-- name: terminate_owner
-- Ends the sessions with these names ($2), if the lease of the import $1 ran out; a row for each.
-- The sessions, by their names, of an owner that let its lease run out. One that came after that is no such
-- owner: it has the lock and is about to take the lease.
SELECT pg_terminate_backend(a.pid)
FROM pg_stat_activity AS a, imports AS i
WHERE i.id = $1 AND i.lease_expires_at < now() AND a.backend_start < i.lease_expires_at
  AND a.datname = current_database() AND a.application_name = ANY($2::text[]) AND a.pid <> pg_backend_pid()

-- name: take_lease
-- The status of the import $1, whose row is locked for the rest of the transaction.
-- FOR UPDATE waits for chunks that a former owner has in flight: they hold FOR KEY SHARE.
SELECT status FROM imports WHERE id = $1 FOR UPDATE

-- name: start
-- Gives the import $1 to a new owner for $2 seconds; returns the owner's token and the number of attempts.
UPDATE imports
SET status = 'running', phase = 'reading', message = '', finished_at = NULL,
    -- Somebody may have cancelled it after its owner had gone.
    cancel_requested_at = CASE WHEN $3 THEN NULL ELSE cancel_requested_at END,
    warnings = '{}', bytes_done = 0, rows_read = 0, rows_rejected = 0, rows_sampled = 0, rows_sampled_unchanged = 0,
    reading_pace = NULL, reading_seconds = NULL, started_at = coalesce(started_at, now()),
    lease_token = lease_token + 1, lease_started_at = now(), lease_expires_at = now() + $2 * interval '1 second',
    attempts = 1 + CASE
        WHEN $3 OR EXISTS (
            SELECT FROM import_chunks AS c WHERE c.import_id = $1 AND c.lease_token = imports.lease_token
        ) THEN 0
        ELSE attempts
    END
WHERE id = $1
RETURNING lease_token, attempts

-- name: forget_given_up
-- Deletes the counts of the import $1 that belong to attempts which gave up before saving.
DELETE FROM import_chunks WHERE import_id = $1 AND phase = 'reading'

-- name: forget_rejects
-- Deletes the rejected rows of the import $1 that no saved chunk covers: they will be read again.
DELETE FROM import_rejects AS r
WHERE r.import_id = $1
  AND NOT EXISTS (
      SELECT FROM import_chunks AS c
      WHERE c.import_id = $1 AND c.phase = 'saving' AND r.record BETWEEN c.first AND c.last
  )

-- name: forget_warnings
-- Deletes the warnings of the import $1: they will be given again.
DELETE FROM import_warnings WHERE import_id = $1

-- name: warn
-- Notes how many warnings of each code an import has, under the owner's token; no row where another has it.
UPDATE imports SET warnings = :counts WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: record_warnings
-- Stores warnings of an import, numbered from 1 in the order in which they are given.
INSERT INTO import_warnings (import_id, number, code, line, record, header, value, message)
SELECT :import_id, w.number, w.code, w.line, w.record, w.header, w.value, w.message
FROM unnest(:codes::text[], :lines::bigint[], :records::bigint[], :headers::text[], :values::text[], :messages::text[])
    WITH ORDINALITY AS w (code, line, record, header, value, message, number)

-- name: present
-- Those of these keys ($1) that have a product.
SELECT sku_key FROM products WHERE sku_key = ANY($1::text[])

-- name: zero_led_lengths
-- The lengths of products' keys that are digits and begin with a zero, of a sample of 10,000.
-- The index is ordered by bytes, so the keys that begin with a zero stand together in it.
SELECT DISTINCT length(p.sku_key) AS length
FROM (SELECT sku_key FROM products WHERE sku_key >= '0' AND sku_key < '1' LIMIT 10000) AS p
WHERE p.sku_key ~ '^0[0-9]+$'
ORDER BY length

-- name: heartbeat
-- Renews an import's lease and notes how far reading is, under the owner's token; says whether somebody cancelled the
-- import, and nothing where another has it.
UPDATE imports
SET lease_expires_at = now() + :seconds * interval '1 second', bytes_done = greatest(bytes_done, :bytes_done),
    rows_read = :rows, rows_rejected = :rejected, reading_pace = :bytes_per_second, rows_sampled = :sampled,
    rows_sampled_unchanged = :unchanged
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING cancel_requested_at IS NOT NULL AS cancelled

-- name: begun_with
-- The parser, and its version, with which the saved rows of the import $1 were read; no row if none are saved.
SELECT parser, parser_version
FROM imports
WHERE id = $1 AND EXISTS (SELECT FROM import_chunks WHERE import_id = $1 AND phase = 'saving')

-- name: place
-- Where the catalogue lies now, if that is not where it was made; else an empty text.
SELECT CASE WHEN place = catalogue_place() THEN '' ELSE catalogue_place() END FROM catalogue_home

-- name: describe
-- Notes how an import's file is read, under the owner's token; no row where another has the import.
UPDATE imports
SET encoding = :encoding, delimiter = :delimiter, header = :header, mapping = :mapping, parser = :parser,
    parser_version = :parser_version
WHERE id = :import_id AND lease_token = :token
RETURNING id

-- name: file_read
-- Notes that an import's file was read to its end, under the owner's token; says whether the file and its rows are the
-- same as the first time.
-- A resumed import must find the same file: its first digest stays. And once rows are saved, it must read the
-- same rows.
UPDATE imports
SET records_total = :records, sha256 = coalesce(sha256, :sha256), bytes_done = bytes_total, phase = 'saving',
    reading_seconds = extract(epoch FROM now() - lease_started_at),
    rows_digest = CASE
        WHEN EXISTS (SELECT FROM import_chunks WHERE import_id = :import_id AND phase = 'saving')
        THEN coalesce(rows_digest, :rows_digest)
        ELSE :rows_digest
    END
WHERE id = :import_id AND lease_token = :token
RETURNING sha256 = :sha256 AS same_file, rows_digest = :rows_digest AS same_rows

-- name: phase
-- Moves an import to another phase, under the owner's token; no row where another has it.
UPDATE imports SET phase = :phase WHERE id = :import_id AND lease_token = :token
RETURNING id

-- name: records_total
-- How many records the file of the import $1 has, null while that isn't known.
SELECT records_total FROM imports WHERE id = $1

-- name: finish
-- Ends an import, under the owner's token; no row where another has it.
UPDATE imports
SET status = :status, phase = 'finished', message = :message, finished_at = now(), lease_expires_at = NULL
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: cancel
-- Asks for the import $1 to stop, or cancels it at once where it waits; no row where it has ended.
UPDATE imports
SET cancel_requested_at = coalesce(cancel_requested_at, now()),
    status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END,
    finished_at = CASE status WHEN 'queued' THEN now() ELSE finished_at END
WHERE id = $1 AND status IN ('queued', 'running')
RETURNING id

-- name: saved_ranges
-- The first and the last record of each saved chunk of the import $1, in order.
SELECT first, last FROM import_chunks WHERE import_id = $1 AND phase = 'saving' ORDER BY first

-- name: deactivated_up_to
-- The last product id up to which the import $1 has deactivated products, 0 at the beginning.
SELECT coalesce(max(last), 0) FROM import_chunks WHERE import_id = $1 AND phase = 'deactivating'

-- name: fence
-- Makes sure that the import $1 is held under the token $2 until the transaction ends; no row where it isn't.
-- FOR KEY SHARE lets heartbeats through (they touch no key), but not a take-over, which takes FOR UPDATE.
SELECT cancel_requested_at IS NOT NULL AS cancelled, pg_current_xact_id()::text::bigint AS transaction
FROM imports
WHERE id = $1 AND lease_token = $2 AND status = 'running'
FOR KEY SHARE

-- name: record_chunk
-- Stores a chunk's checkpoint: what it covers, and the counters of its rows.
INSERT INTO import_chunks (
    import_id, phase, first, last, lease_token,
    read, created, updated, unchanged, duplicate, invalid, skipped, deactivated
)
VALUES (
    :import_id, :phase, :first, :last, :token,
    :read, :created, :updated, :unchanged, :duplicate, :invalid, :skipped, :deactivated
)

-- name: rejects
-- Rejected rows of the import $1 after the record $2, at most $3, in the file's order.
SELECT record, line, cells, errors
FROM import_rejects
WHERE import_id = $1 AND record > $2
ORDER BY record
LIMIT $3

-- name: warnings
-- Warnings of the import $1 after the number $2, at most $4, of the code $3 or, where that is null, of all.
SELECT number, code, line, record, header, value, message
FROM import_warnings
WHERE import_id = $1 AND number > $2 AND ($3::text IS NULL OR code = $3)
ORDER BY number
LIMIT $4

-- name: first_warnings
-- The first warnings of the import $1: at most $2 of each code, and $3 in all.
SELECT w.code, w.line, w.record, w.header, w.value, w.message
FROM (
    SELECT *, row_number() OVER (PARTITION BY code ORDER BY number) AS place
    FROM import_warnings
    WHERE import_id = $1
) AS w
WHERE w.place <= $2
ORDER BY w.number
LIMIT $3
