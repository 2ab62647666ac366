-- Undos: imports whose plan is computed from the log of changes.

-- name: create
-- Creates a queued import that undoes another import, a deletion of all products, a change set, or all changes after a
-- moment; returns its id.
WITH created AS (
    INSERT INTO imports (source, filename, options, bytes_total, author, background, kind, of_import)
    VALUES (:source, :filename, :options, 0, :author, :background, 'undo', :undone_import)
    RETURNING id
)
INSERT INTO undos (import_id, undone_import, undone_deletion, undone_change, moment, products, skus, fields)
SELECT
    id, :undone_import, :undone_deletion, :undone_change, :moment, :products::bigint[], :skus::text[], :fields::text[]
FROM created
RETURNING import_id

-- name: scopes
-- Returns what each undo undoes.
SELECT u.import_id, u.undone_import, u.undone_change, u.moment, d.started_at AS began, d.finished_at AS ended
FROM undos AS u
LEFT JOIN deletions AS d ON d.id = u.undone_deletion

-- name: is_undo
-- Returns whether the import $1 is an undo.
SELECT EXISTS (SELECT FROM undos WHERE import_id = $1)

-- name: begin
-- Forgets what was planned so far for the undo $1: a plan describes one moment.
WITH chunks AS (DELETE FROM import_chunks WHERE import_id = $1)
DELETE FROM import_warnings WHERE import_id = $1

-- name: began
-- Records that an undo is being planned, under the owner's token; no row if another process has it.
UPDATE imports
SET records_total = NULL, warnings = '{}',
    products_touched = coalesce(
        pg_sequence_last_value(pg_get_serial_sequence('product_changes', 'position')::regclass), 0
    )
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: sized
-- Records how many products an undo is about, at most while it is planned, and the numbers of its warnings, under the
-- owner's token; no row if another process has it.
UPDATE imports SET records_total = :records, warnings = :counts
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: holders
-- Returns the products that have these keys ($1).
SELECT id, sku_key FROM products WHERE sku_key = ANY($1::text[])

-- name: settle
-- Sets the statuses of the imports along the chain of undos that the undo :import_id ends. What it undoes as a whole is
-- undone. What that one had undone counts again, and so gets back the status of before; what the latter had undone as a
-- whole is undone once more, and so on. An undo of a part also lets what was undone count again, but undoes nothing as a
-- whole; one that changed no product (:changed) does neither, unless everything had been undone already. An import that
-- was resumed after its undo had been created may have changed more than was undone.
WITH RECURSIVE whole AS NOT MATERIALIZED (
    SELECT
        u.import_id, u.undone_import, i.created_at,
        u.products IS NULL AND u.skus IS NULL AND u.fields IS NULL AND i.warnings::text = '{}' AS whole
    FROM undos AS u
    JOIN imports AS i ON i.id = u.import_id
    WHERE u.undone_import IS NOT NULL
),
chain AS (
    SELECT undone_import AS id, created_at, whole, 1 AS depth FROM whole WHERE import_id = :import_id
    UNION ALL
    SELECT w.undone_import, w.created_at, c.whole AND w.whole, c.depth + 1
    FROM chain AS c
    JOIN whole AS w ON w.import_id = c.id
)
UPDATE imports AS i
SET status = CASE WHEN i.status = 'undone' THEN coalesce(i.status_before, 'completed') ELSE 'undone' END,
    phase = 'finished',
    status_before = CASE WHEN i.status <> 'undone' THEN i.status END
FROM chain AS c
WHERE i.id = c.id
  AND CASE c.depth % 2
      WHEN 0 THEN i.status = 'undone' AND (c.whole OR :changed::boolean)
      ELSE c.whole AND i.status IN ('completed', 'failed', 'cancelled') AND i.started_at IS NOT NULL
          AND i.finished_at <= c.created_at
  END

-- name: settle_moment
-- Gives the imports that had ended before the moment to which the undo $1 has gone back, and that were undone after it,
-- the statuses of before: they count again.
UPDATE imports AS i
SET status = coalesce(i.status_before, 'completed'), status_before = NULL
FROM undos AS u
WHERE u.import_id = $1 AND i.status = 'undone' AND i.finished_at <= u.moment
  AND EXISTS (
      SELECT FROM undos AS v
      JOIN imports AS j ON j.id = v.import_id
      WHERE v.undone_import = i.id AND j.status = 'completed' AND j.finished_at > u.moment
  )

-- name: changed_any
-- Returns whether the log has any change by the import $1.
SELECT EXISTS (SELECT FROM change_sets WHERE import_id = $1)

-- name: since
-- Returns what has changed products since the moment $1, the latest first: each import with its name, and what was done
-- by hand in one row.
SELECT c.import_id, i.filename, sum(c.products)::bigint AS changes, max(c.at) AS at
FROM change_sets AS c
LEFT JOIN imports AS i ON i.id = c.import_id
WHERE c.at > $1
GROUP BY c.import_id, i.filename
ORDER BY max(c.at) DESC

-- name: undos
-- Returns the undos of the import $1, newest first, with their statuses.
SELECT u.import_id AS id, i.status FROM undos AS u JOIN imports AS i ON i.id = u.import_id
WHERE u.undone_import = $1
ORDER BY u.import_id DESC

-- name: undos_of_deletion
-- Returns the undos of the deletion $1 of all products, newest first, with their statuses.
SELECT u.import_id AS id, i.status FROM undos AS u JOIN imports AS i ON i.id = u.import_id
WHERE u.undone_deletion = $1
ORDER BY u.import_id DESC
