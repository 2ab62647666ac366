-- Imports: status, lease, progress and rejected rows.

-- name: create
-- Creates a queued import of the file at the source; returns its id.
INSERT INTO imports (source, filename, options, bytes_total, author)
VALUES (:source, :filename, :options, :bytes_total, :author)
RETURNING id

-- name: create_of_url
-- Creates a queued import of a file that is to be fetched from a URL and kept at the source; returns its id.
INSERT INTO imports (source, filename, options, bytes_total, file_kept, background, author, origin, fetch_url)
VALUES (:source, :filename, :options, 0, true, :background, :author, :origin, :url)
RETURNING id

-- name: states
-- Returns the imports with these ids ($1), highest id first, each with the sums of its chunks' counters.
SELECT
    i.id, i.status, i.phase, i.filename, i.source, i.options, i.message, i.author, i.to_confirm, i.origin,
    i.encoding, i.delimiter, i.header, i.mapping, i.rules, i.shop, i.parser, i.read_as, i.questions,
    i.kind, i.of_import, i.warnings, i.bytes_total, i.bytes_done, i.records_total, i.created_at, i.started_at, i.finished_at,
    i.rows_read, i.rows_rejected, i.rows_sampled, i.rows_sampled_unchanged, i.reading_pace, i.reading_seconds,
    i.file_kept AND i.fetch_url IS NULL AS file_kept, i.applied_at, i.status_before,
    u.import_id AS undo, u.undone_import, u.undone_deletion, u.undone_change, u.moment AS undone_to,
    u.products AS undone_products, u.skus AS undone_skus, u.fields AS undone_fields,
    coalesce(c.read, 0)::bigint AS read,
    coalesce(c.created, 0)::bigint AS created,
    coalesce(c.updated, 0)::bigint AS updated,
    coalesce(c.unchanged, 0)::bigint AS unchanged,
    coalesce(c.deleted, 0)::bigint AS deleted,
    coalesce(c.duplicate, 0)::bigint AS duplicate,
    coalesce(c.invalid, 0)::bigint AS invalid,
    coalesce(c.skipped, 0)::bigint AS skipped,
    coalesce(c.deactivated, 0)::bigint AS deactivated,
    coalesce(c.removed, 0)::bigint AS removed,
    coalesce(c.unknown_sku, 0)::bigint AS unknown_sku,
    coalesce(c.known_sku, 0)::bigint AS known_sku,
    coalesce(c.saved, 0)::bigint AS saved,
    -- These count the present owner only: the pause of a resumed import doesn't count.
    coalesce(c.read_by_owner, 0)::bigint AS read_by_owner,
    extract(epoch FROM coalesce(i.finished_at, now()) - i.lease_started_at)::float8 AS owner_seconds,
    -- The time of a chunk is the time at which its transaction began.
    extract(epoch FROM now() - c.saving_since)::float8 AS saving_seconds,
    coalesce(i.status = 'running' AND i.lease_expires_at <= now(), false) AS interrupted
FROM imports AS i
LEFT JOIN undos AS u ON u.import_id = i.id
LEFT JOIN LATERAL (
    SELECT
        sum(read) AS read, sum(created) AS created, sum(updated) AS updated, sum(unchanged) AS unchanged,
        sum(duplicate) AS duplicate, sum(invalid) AS invalid, sum(skipped) AS skipped,
        sum(deactivated) AS deactivated, sum(removed) AS removed, sum(deleted) AS deleted,
        sum(unknown_sku) AS unknown_sku, sum(known_sku) AS known_sku,
        -- Counters of an attempt that gave up before saving are left out: those rows are read again.
        sum(read) FILTER (WHERE phase = 'saving') AS saved,
        sum(read) FILTER (WHERE lease_token = i.lease_token) AS read_by_owner,
        min(committed_at) FILTER (WHERE lease_token = i.lease_token) AS saving_since
    FROM import_chunks
    WHERE import_id = i.id AND (i.applied_at IS NULL OR NOT planned)
) AS c ON true
-- The ids come as texts: for other arrays, asyncpg looks up the type on each connection, which takes 10 ms.
WHERE i.id = ANY($1::text[]::bigint[])
ORDER BY i.id DESC

-- name: recent
-- Returns the ids of the latest imports, at most $1: of those below the id $2, or of all if that is null. {conditions}
-- are further ones, so that the plan has those that are asked for only.
SELECT id FROM imports WHERE ($2::bigint IS NULL OR id < $2) {conditions} ORDER BY id DESC LIMIT $1

-- name: authors
-- Returns the authors of imports, at most $1, in order. Each is looked up in the index, whatever the number of imports.
WITH RECURSIVE found AS (
    (SELECT left(author, 200) AS author FROM imports WHERE author IS NOT NULL ORDER BY left(author, 200) LIMIT 1)
    UNION ALL
    SELECT (
        SELECT left(i.author, 200) FROM imports AS i
        WHERE i.author IS NOT NULL AND left(i.author, 200) > f.author
        ORDER BY left(i.author, 200) LIMIT 1
    )
    FROM found AS f
    WHERE f.author IS NOT NULL
)
SELECT author FROM found WHERE author IS NOT NULL LIMIT $1

-- name: comparable
-- Returns the latest completed imports before the import $1, null where there is none: by_profile has the same profile's
-- name, by_url the same URL, by_name a file of the same name but for its digits. Resubmissions and undos have no file of
-- their own: neither is compared with anything.
SELECT
    (
        SELECT i.id FROM imports AS i
        WHERE i.options ? 'profile_name' AND i.options ->> 'profile_name' = t.options ->> 'profile_name'
          AND i.id < t.id AND i.status = 'completed' AND i.kind = 'import'
        ORDER BY i.id DESC LIMIT 1
    ) AS by_profile,
    (
        SELECT i.id FROM imports AS i
        WHERE i.origin IS NOT NULL AND md5(i.origin) = md5(t.origin) AND i.id < t.id
          AND i.status = 'completed' AND i.kind = 'import'
        ORDER BY i.id DESC LIMIT 1
    ) AS by_url,
    (
        SELECT i.id FROM imports AS i
        WHERE regexp_replace(lower(left(i.filename, 200)), '[0-9]+', '0', 'g')
                = regexp_replace(lower(left(t.filename, 200)), '[0-9]+', '0', 'g')
          AND i.id < t.id AND i.status = 'completed' AND i.kind = 'import'
        ORDER BY i.id DESC LIMIT 1
    ) AS by_name
FROM imports AS t
WHERE t.id = $1 AND t.kind = 'import'

-- name: numbers
-- Returns the number of imports by status.
SELECT status, count(*) AS number FROM imports GROUP BY status

-- name: interrupted
-- Returns the ids of running imports whose process is gone; $1 is the class of their locks.
SELECT i.id
FROM imports AS i
WHERE i.status = 'running'
  AND NOT advisory_held($1, i.id)
ORDER BY i.id

-- name: due
-- Returns the imports that a worker must run, at most $2, the oldest first; $1 is the class of their locks.
-- They were handed over to the workers, and no session holds their lock, or its owner let the lease expire.
SELECT i.id, i.lease_token
FROM imports AS i
WHERE i.background AND i.status IN ('queued', 'running', 'waiting') AND i.status <> 'waiting'
  AND (i.lease_expires_at < now() OR NOT advisory_held($1, i.id))
ORDER BY i.id
LIMIT $2

-- name: suspected
-- Returns whether the last owner of the import $1 died without having saved a chunk.
-- An owner that stops in good order takes its attempt back; a saved chunk shows that the import can be run.
SELECT EXISTS (
    SELECT FROM imports AS i
    WHERE i.id = $1 AND i.attempts > 0 AND i.status IN ('queued', 'running', 'waiting')
      AND NOT EXISTS (
          SELECT FROM import_chunks AS c WHERE c.import_id = i.id AND c.lease_token = i.lease_token
      )
)

-- name: lock_for_now
-- Takes an import's lock ($1: the class, $2: the second number) until the transaction ends, if it is free; returns
-- whether it did.
SELECT pg_try_advisory_xact_lock($1::integer, $2::integer)

-- name: hand_over
-- Hands the import $1 over to the workers, with no attempts counted.
UPDATE imports
SET background = true, attempts = 0, status = 'queued', phase = 'waiting', message = '',
    questions = NULL, questions_at = NULL, finished_at = NULL, cancel_requested_at = NULL
WHERE id = $1

-- name: handed_over
-- Returns whether the import $1 was handed over to the workers.
SELECT background FROM imports WHERE id = $1

-- name: answer
-- Gives the waiting import $1 the options $2, which answer its questions, and hands it over to the workers if $3; no
-- row if it doesn't wait for answers.
UPDATE imports
SET options = $2, status = 'queued', questions = NULL, questions_at = NULL, message = '', background = background OR $3
WHERE id = $1 AND status = 'waiting'
RETURNING id

-- name: wait
-- Lets an import wait for answers to its questions, under the owner's token; no row if another process has it.
UPDATE imports
SET status = 'waiting', phase = 'waiting', questions = :questions, questions_at = now(), attempts = 0,
    lease_expires_at = NULL
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: release
-- Gives an import's lease back, under the owner's token; returns no row if another process has it.
-- The owner stops before the import's end. That costs no attempt.
UPDATE imports
SET status = CASE WHEN background THEN 'queued' ELSE status END,
    phase = CASE WHEN background THEN 'waiting' ELSE phase END,
    attempts = greatest(attempts - 1, 0), lease_expires_at = NULL
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: lock
-- Takes an import's lock ($1: the class, $2: the second number), if it is free; returns whether it did.
SELECT pg_try_advisory_lock($1::integer, $2::integer)

-- name: terminate_owner
-- Terminates the sessions with these names ($2), if the lease of the import $1 has expired; returns a row for each.
-- The names are those of the owner's sessions. A session that began after the lease expired is spared: it belongs to a
-- new owner, which has the lock and is about to take the lease.
SELECT pg_terminate_backend(a.pid)
FROM pg_stat_activity AS a, imports AS i
WHERE i.id = $1 AND i.lease_expires_at < now() AND a.backend_start < i.lease_expires_at
  AND a.datname = current_database() AND a.application_name = ANY($2::text[]) AND a.pid <> pg_backend_pid()

-- name: take_lease
-- Returns the status of the import $1 and locks its row for the rest of the transaction.
-- FOR UPDATE waits for chunks of a former owner that are being committed: they hold FOR KEY SHARE.
SELECT status FROM imports WHERE id = $1 FOR UPDATE

-- name: start
-- Gives the import $1 to a new owner for $2 seconds; returns the owner's token and the number of attempts.
UPDATE imports
SET status = 'running', message = '',
    phase = CASE WHEN applied_at IS NOT NULL THEN 'saving' WHEN fetch_url IS NULL THEN 'reading' ELSE 'fetching' END,
    questions = NULL, questions_at = NULL, finished_at = NULL,
    -- The import may have been cancelled after its last owner died.
    cancel_requested_at = CASE WHEN $3 THEN NULL ELSE cancel_requested_at END,
    -- The file isn't read again where its plan is applied.
    warnings = CASE WHEN applied_at IS NULL THEN '{}' ELSE warnings END,
    bytes_done = CASE WHEN applied_at IS NULL THEN 0 ELSE bytes_done END,
    rows_read = CASE WHEN applied_at IS NULL THEN 0 ELSE rows_read END,
    rows_rejected = CASE WHEN applied_at IS NULL THEN 0 ELSE rows_rejected END,
    rows_sampled = 0, rows_sampled_unchanged = 0, reading_pace = NULL, reading_seconds = NULL, started_at = coalesce(started_at, now()),
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
-- Deletes the counters of the import $1 that come from attempts which gave up before saving.
DELETE FROM import_chunks WHERE import_id = $1 AND phase = 'reading'

-- name: forget_rejects
-- Deletes the rejected rows of the import $1 that no saved chunk covers: they are read again.
DELETE FROM import_rejects AS r
WHERE r.import_id = $1
  AND NOT EXISTS (
      SELECT FROM import_chunks AS c
      WHERE c.import_id = $1 AND c.phase = 'saving' AND r.record BETWEEN c.first AND c.last
  )

-- name: forget_warnings
-- Deletes the warnings of the import $1: they are made again.
-- Those numbered beyond $2 belong to saved chunks, which are not saved again. If a plan is applied, the file isn't read
-- again.
DELETE FROM import_warnings
WHERE import_id = $1 AND number <= $2 AND EXISTS (SELECT FROM imports WHERE id = $1 AND applied_at IS NULL)

-- name: warn
-- Stores how many warnings of each code an import has, under the owner's token; no row if another process has it.
UPDATE imports SET warnings = :counts WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: leave_out
-- Stores which records of a resubmission's file are left out, under the owner's token; no row if another process has
-- the import.
UPDATE imports SET left_out = :records WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: record_warnings
-- Stores warnings of an import, numbered from 1 in the given order.
INSERT INTO import_warnings (import_id, number, code, line, record, header, value, message)
SELECT :import_id, w.number, w.code, w.line, w.record, w.header, w.value, w.message
FROM unnest(:codes::text[], :lines::bigint[], :records::bigint[], :headers::text[], :values::text[], :messages::text[])
    WITH ORDINALITY AS w (code, line, record, header, value, message, number)

-- name: list_left_out
-- Stores rows that were left out as warnings of an import, numbered by their records, until :most are listed.
INSERT INTO import_warnings (import_id, number, code, line, record, header, value, message)
SELECT :import_id, :after + w.record, :code, w.line, w.record, :header, w.value, :message
FROM unnest(:lines::bigint[], :records::bigint[], :values::text[]) AS w (line, record, value)
ORDER BY w.record
LIMIT greatest(0, :most - (SELECT count(*) FROM import_warnings WHERE import_id = :import_id AND code = :code))

-- name: present
-- Returns those of these keys ($1) that have a product.
SELECT sku_key FROM products WHERE sku_key = ANY($1::text[])

-- name: zero_led_lengths
-- Returns the lengths of SKU keys that consist of digits and begin with a zero, from a sample of 10,000.
-- The index is ordered by bytes, so the keys that begin with a zero are neighbours in it.
SELECT DISTINCT length(p.sku_key) AS length
FROM (SELECT sku_key FROM products WHERE sku_key >= '0' AND sku_key < '1' LIMIT 10000) AS p
WHERE p.sku_key ~ '^0[0-9]+$'
ORDER BY length

-- name: heartbeat
-- Renews an import's lease and stores how far reading is, under the owner's token; returns whether the import was
-- cancelled, and no row if another process has it.
UPDATE imports
SET lease_expires_at = now() + :seconds * interval '1 second', bytes_done = greatest(bytes_done, :bytes_done),
    rows_read = :rows, rows_rejected = :rejected, reading_pace = :bytes_per_second, rows_sampled = :sampled,
    rows_sampled_unchanged = :unchanged
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING cancel_requested_at IS NOT NULL AS cancelled

-- name: to_fetch
-- Returns the URL that the file of the import $1 must still be fetched from, null if there is nothing to fetch; whether
-- a schedule made it; and the marks of the file that this schedule imported last, unless somebody asked for the run.
SELECT i.fetch_url, r.id IS NOT NULL AS scheduled, p.etag, p.modified, p.sha256
FROM imports AS i
LEFT JOIN schedule_runs AS r ON r.import_id = i.id
LEFT JOIN LATERAL (
    SELECT q.etag, q.modified, q.sha256
    FROM schedule_runs AS q
    JOIN imports AS j ON j.id = q.import_id
    WHERE q.schedule_id = r.schedule_id AND q.version = r.version AND q.id < r.id AND j.status = 'completed'
    ORDER BY q.id DESC
    LIMIT 1
) AS p ON r.actor IS NULL
WHERE i.id = $1

-- name: mark_run
-- Stores the marks of an import's file with the run of the schedule that made the import.
UPDATE schedule_runs SET etag = :etag, modified = :modified, sha256 = :sha256 WHERE import_id = :import_id

-- name: unchanged_run
-- Records that the file is the one which the schedule of the import $1 imported last.
UPDATE schedule_runs SET result = 'unchanged', import_id = NULL WHERE import_id = $1

-- name: withdraw
-- Deletes an import that has nothing to do, under the owner's token; no row if another process has it.
DELETE FROM imports WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: fetching
-- Renews an import's lease and stores how much of its file was fetched, under the owner's token; returns whether the
-- import was cancelled, and no row if another process has it. A last message may come after the file was kept: its size
-- is known then.
UPDATE imports
SET lease_expires_at = now() + :seconds * interval '1 second',
    bytes_done = CASE WHEN fetch_url IS NULL THEN bytes_done ELSE :bytes_done END,
    bytes_total = CASE WHEN fetch_url IS NULL THEN bytes_total ELSE :bytes_total END
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING cancel_requested_at IS NOT NULL AS cancelled

-- name: kept_at
-- Stores where an import's fetched file is about to be kept, under the owner's token; no row if another process has it.
UPDATE imports SET source = :source, filename = :filename
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: fetched
-- Records that an import's file was fetched and kept, under the owner's token; no row if another process has it.
-- The URL may hold a password, so it isn't kept longer than needed. The remaining time is estimated from here on.
-- An encoding that the server named becomes an option.
UPDATE imports
SET phase = 'reading', fetch_url = NULL, bytes_total = :size, bytes_done = 0, lease_started_at = now(),
    options = options || jsonb_strip_nulls(jsonb_build_object('encoding', :encoding::text))
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: begun_with
-- Returns the parser and its version that read the saved rows of the import $1; no row if none are saved.
SELECT parser, parser_version
FROM imports
WHERE id = $1 AND EXISTS (SELECT FROM import_chunks WHERE import_id = $1 AND phase = 'saving')

-- name: place
-- Returns the catalogue's present place, if it differs from where the catalogue was made; else an empty text.
SELECT CASE WHEN place = catalogue_place() THEN '' ELSE catalogue_place() END FROM catalogue_home

-- name: describe
-- Stores how an import's file is read, under the owner's token; no row if another process has the import.
UPDATE imports
SET encoding = :encoding, delimiter = :delimiter, header = :header, mapping = :mapping, parser = :parser,
    parser_version = :parser_version, read_as = :read_as, rules = :rules,
    shop = :shop
WHERE id = :import_id AND lease_token = :token
RETURNING id

-- name: file_read
-- Records that an import's file was read to its end, under the owner's token; returns whether the file and its rows are
-- the same as the first time.
-- A resumed import must find the same file, so the first digest is kept. Once rows are saved, it must also read the
-- same rows.
UPDATE imports
SET records_total = :records, sha256 = coalesce(sha256, :sha256), bytes_done = bytes_total, phase = 'saving',
    reading_seconds = extract(epoch FROM now() - lease_started_at),
    products_touched = CASE
        WHEN EXISTS (SELECT FROM import_chunks WHERE import_id = :import_id AND phase = 'saving')
        THEN products_touched
        ELSE coalesce(pg_sequence_last_value(pg_get_serial_sequence('product_changes', 'position')::regclass), 0)
    END,
    rows_digest = CASE
        WHEN EXISTS (SELECT FROM import_chunks WHERE import_id = :import_id AND phase = 'saving')
        THEN coalesce(rows_digest, :rows_digest)
        ELSE :rows_digest
    END
WHERE id = :import_id AND lease_token = :token
RETURNING sha256 = :sha256 AS same_file, rows_digest = :rows_digest AS same_rows

-- name: plan_only
-- Makes an import a dry run until so many missing products are confirmed, under the owner's token; no row if another
-- process has it. The file waits in the storage for another import, as after any dry run.
WITH planned AS (
    UPDATE imports SET options = options || '{"dry_run": true}', to_confirm = :to_confirm
    WHERE id = :import_id AND lease_token = :token AND status = 'running'
    RETURNING id, source, filename, bytes_total, author, file_kept
),
kept AS (
    INSERT INTO uploads (id, filename, source, length, received, expires_at, author)
    SELECT
        replace(gen_random_uuid()::text, '-', ''), filename, source, bytes_total, bytes_total,
        now() + interval '24 hours', author
    FROM planned AS p
    WHERE file_kept AND NOT EXISTS (SELECT FROM uploads AS u WHERE u.source = p.source)
)
SELECT id FROM planned

-- name: phase
-- Moves an import to another phase, under the owner's token; no row if another process has it.
UPDATE imports SET phase = :phase WHERE id = :import_id AND lease_token = :token
RETURNING id

-- name: records_total
-- Returns how many records the file of the import $1 has; null while that isn't known.
SELECT records_total FROM imports WHERE id = $1

-- name: finish
-- Ends an import, under the owner's token; no row if another process has it.
UPDATE imports
SET status = :status, phase = 'finished', message = :message, questions = :questions, finished_at = now(),
    lease_expires_at = NULL
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: cancel
-- Asks the import $1 to stop if it is running, else cancels it at once; no row if it has ended.
UPDATE imports
SET cancel_requested_at = coalesce(cancel_requested_at, now()),
    status = CASE status WHEN 'running' THEN status ELSE 'cancelled' END,
    finished_at = CASE status WHEN 'running' THEN finished_at ELSE now() END
WHERE id = $1 AND status IN ('queued', 'running', 'waiting')
RETURNING id

-- name: saved_ranges
-- Returns the first and the last record of each saved chunk of the import $1, in order.
SELECT first, last FROM import_chunks WHERE import_id = $1 AND phase = 'saving' ORDER BY first

-- name: deactivated_up_to
-- Returns the id up to which the import $1 has deactivated or deleted products that its file lacks, 0 at the beginning.
SELECT coalesce(max(last), 0) FROM import_chunks WHERE import_id = $1 AND phase = 'deactivating'

-- name: fence
-- Ensures that the import $1 is held under the token $2 until the transaction ends; no row if it isn't.
-- FOR KEY SHARE lets heartbeats through, as they change no key, but blocks a take-over, which takes FOR UPDATE.
SELECT cancel_requested_at IS NOT NULL AS cancelled, pg_current_xact_id()::text::bigint AS transaction
FROM imports
WHERE id = $1 AND lease_token = $2 AND status = 'running'
FOR KEY SHARE

-- name: record_chunk
-- Stores a chunk's checkpoint: the records that it covers, and the counters of its rows.
INSERT INTO import_chunks (
    import_id, phase, first, last, lease_token,
    read, created, updated, unchanged, deleted, duplicate, invalid, skipped, deactivated, removed,
    unknown_sku, known_sku, planned
)
VALUES (
    :import_id, :phase, :first, :last, :token,
    :read, :created, :updated, :unchanged, :deleted, :duplicate, :invalid, :skipped, :deactivated, :removed,
    :unknown_sku, :known_sku, :planned
)

-- name: rejects
-- Returns rejected rows of the import $1 after the record $2, at most $3, in the file's order.
SELECT record, line, cells, errors
FROM import_rejects
WHERE import_id = $1 AND record > $2
ORDER BY record
LIMIT $3

-- name: warnings
-- Returns warnings of the import $1 after the number $2, at most $4: of the code $3, or of all codes if that is null.
SELECT number, code, line, record, header, value, message
FROM import_warnings
WHERE import_id = $1 AND number > $2 AND ($3::text IS NULL OR code = $3)
ORDER BY number
LIMIT $4

-- name: first_warnings
-- Returns the first warnings of the import $1: at most $2 of each code, and $3 in all.
SELECT w.code, w.line, w.record, w.header, w.value, w.message
FROM (
    SELECT *, row_number() OVER (PARTITION BY code ORDER BY number) AS place
    FROM import_warnings
    WHERE import_id = $1
) AS w
WHERE w.place <= $2
ORDER BY w.number
LIMIT $3
