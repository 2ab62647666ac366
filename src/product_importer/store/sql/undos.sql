-- Undos: imports whose plan is computed from the log of changes.

-- name: create
-- Creates a queued import that undoes another import, a deletion of all products, or all changes after a moment;
-- returns its id.
WITH created AS (
    INSERT INTO imports (source, filename, options, bytes_total, author, background, kind, of_import)
    VALUES (:source, :filename, :options, 0, :author, :background, 'undo', :undone_import)
    RETURNING id
)
INSERT INTO undos (import_id, undone_import, undone_deletion, moment, products, skus, fields)
SELECT id, :undone_import, :undone_deletion, :moment, :products::bigint[], :skus::text[], :fields::text[] FROM created
RETURNING import_id

-- name: scopes
-- Returns what each undo undoes.
SELECT u.import_id, u.undone_import, u.moment, d.started_at AS began, d.finished_at AS ended
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
-- Lets the import be undone that the undo $1 has undone as a whole, or again be what it was before the undo that $1 has
-- undone as a whole. An import that was resumed after the undo had been created may have changed more than was undone.
WITH whole AS (
    SELECT u.undone_import, i.created_at
    FROM undos AS u
    JOIN imports AS i ON i.id = u.import_id
    WHERE u.import_id = $1 AND u.undone_import IS NOT NULL AND u.products IS NULL AND u.skus IS NULL
      AND u.fields IS NULL AND i.warnings::text = '{}'
),
marked AS (
    UPDATE imports AS i SET status = 'undone', phase = 'finished', status_before = i.status
    FROM whole AS w
    WHERE i.id = w.undone_import AND i.status IN ('completed', 'failed', 'cancelled') AND i.started_at IS NOT NULL
      AND i.finished_at <= w.created_at
    RETURNING i.id
)
UPDATE imports AS i SET status = coalesce(i.status_before, 'completed'), status_before = NULL
FROM whole AS w
JOIN undos AS u ON u.import_id = w.undone_import
WHERE i.id = u.undone_import AND i.status = 'undone'
  AND u.products IS NULL AND u.skus IS NULL AND u.fields IS NULL
