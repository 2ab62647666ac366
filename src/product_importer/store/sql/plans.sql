-- Plans: the changes that an import would make. The {words in braces} follow from the fields; columns.py and planning.py
-- fill them in.

-- name: differing
-- Returns what merging the staged rows would change, in their order: which rows these are, their products with the
-- versions found, the bits of the fields that change, and the values before; also how many staged rows have a product.
-- $1: the attributes that blank cells remove, or null.
SELECT
    count(*) AS known,
    string_agg(int4send(c.place), '') FILTER (WHERE c.changed <> 0) AS positions,
    string_agg(int8send(c.product_id), '') FILTER (WHERE c.changed <> 0) AS ids,
    string_agg(int4send(c.found), '') FILTER (WHERE c.changed <> 0) AS versions,
    string_agg(int8send(coalesce(c.last_change, -1)), '') FILTER (WHERE c.changed <> 0) AS previous,
    string_agg(int4send(c.changed), '') FILTER (WHERE c.changed <> 0) AS changes,
    array_agg(c.merged) FILTER (WHERE c.changed & {attributes_bit} <> 0) AS merged,
    {before}
FROM (
    SELECT
        i.position AS place, {product}.id AS product_id, {product}.version AS found, {product}.last_change,
        {changes} AS changed, ({attributes})::text AS merged, {values}
    FROM incoming AS i
    JOIN products AS {product} USING (sku_key)
    ORDER BY i.position
) AS c

-- name: named
-- Returns the products of the staged rows, with the rows' positions.
SELECT i.position, p.id, p.version, p.last_change, p.sku_key, {values}
FROM incoming AS i
JOIN products AS p ON p.sku_key = i.sku_key
ORDER BY i.position

-- name: lacking
-- Returns the next block of products, by id, that the file lacks and that existed before the import began; $4: only
-- active ones.
SELECT p.id, p.version, p.last_change, p.sku_key, {values}
FROM products AS p
WHERE p.id > $1 AND p.created_at < $2 AND (p.active OR NOT $4)
  AND NOT EXISTS (SELECT FROM present AS f WHERE f.sku_key = p.sku_key)
ORDER BY p.id
LIMIT $3

-- name: keep
-- Stores what a chunk of an import would change.
INSERT INTO plan_chunks (import_id, phase, first, changes, names, narrow, payload, ends)
VALUES (:import_id, :phase, :first, :changes, :names::text[], :narrow, :payload, :ends::integer[])

-- name: forget
-- Removes the plan of the import $1, which was applied.
DELETE FROM plan_chunks WHERE import_id = $1

-- name: size
-- Returns how many changes the import $1 would make.
SELECT coalesce(sum(changes), 0)::bigint FROM plan_chunks WHERE import_id = $1

-- name: narrow
-- Returns what filters and orders need of the changes that the import $1 would make, in the file's order.
SELECT phase, first, changes, ends, narrow FROM plan_chunks WHERE import_id = $1 ORDER BY phase DESC, first

-- name: blocks
-- Returns parts of the payloads of the import's plan, from the byte after :starts on, in this order.
SELECT substr(p.payload, k.start + 1, k.length) AS block
FROM unnest(:phases::text[], :firsts::bigint[], :starts::integer[], :lengths::integer[])
    WITH ORDINALITY AS k (phase, first, start, length, number)
JOIN plan_chunks AS p ON p.import_id = :import_id AND p.phase = k.phase AND p.first = k.first
ORDER BY k.number

-- name: payload
-- Returns the changes of one chunk of the import $1: of the phase $2, from the record or id $3 on.
SELECT payload FROM plan_chunks WHERE import_id = $1 AND phase = $2 AND first = $3

-- name: apply
-- Lets the plan of the import $1 be applied, by the workers if $2, in one transaction if $3; $4 is the confirmed number
-- of missing products. Returns no row if the import isn't planned.
UPDATE imports
SET status = 'queued', phase = 'waiting', message = '', started_at = NULL, finished_at = NULL,
    cancel_requested_at = NULL, attempts = 0, background = $2, applied_at = now(), apply_whole = $3,
    options = options || jsonb_build_object('dry_run', false) || jsonb_strip_nulls(jsonb_build_object(
        'confirm_missing', $4::bigint
    ))
WHERE id = $1 AND status = 'planned'
RETURNING id

-- name: apply_now
-- Lets an import's plan be applied by the process that has made it, under the owner's token; no row if another process has
-- it.
UPDATE imports SET applied_at = now() WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: discard
-- Discards the plan of the import $1: it becomes cancelled, as if it had been before its first chunk. Returns no row if
-- the import isn't planned. $2: warnings with higher numbers belong to the plan's chunks.
WITH cancelled AS (
    UPDATE imports
    SET status = 'cancelled', finished_at = now(), message = 'The plan was discarded. Nothing was changed.',
        to_confirm = NULL, products_touched = NULL
    WHERE id = $1 AND status = 'planned'
    RETURNING id
),
warned AS (
    DELETE FROM import_warnings USING cancelled WHERE import_id = cancelled.id AND number > $2
),
chunks AS (
    DELETE FROM import_chunks USING cancelled WHERE import_id = cancelled.id
)
SELECT id FROM cancelled

-- name: plan_again
-- Lets an import whose plan no longer fits be planned as before, under the owner's token; no row if another process has
-- it.
UPDATE imports
SET status = 'planned', phase = 'finished', message = :message, finished_at = now(), lease_expires_at = NULL,
    applied_at = NULL, apply_whole = false, options = options || '{"dry_run": true}'
WHERE id = :import_id AND lease_token = :token AND status = 'running'
RETURNING id

-- name: whole
-- Returns whether the plan of the import $1 is to be applied in one transaction.
SELECT apply_whole FROM imports WHERE id = $1

-- name: untouched
-- Returns whether no statement has touched any product since the import $1 was planned.
-- Each such statement takes a number for its record. One that had its number already, in a transaction that was still
-- open, isn't seen: so this only tells that a look at all products at once would find nothing.
SELECT coalesce(
    products_touched = coalesce(
        pg_sequence_last_value(pg_get_serial_sequence('product_changes', 'position')::regclass), 0
    ),
    false
)
FROM imports
WHERE id = $1

-- name: left
-- Returns the chunks of the import $1 that change anything, and aren't applied yet, in order.
SELECT c.phase, c.first
FROM import_chunks AS c
JOIN plan_chunks AS p USING (import_id, phase, first)
WHERE c.import_id = $1 AND c.planned
ORDER BY c.phase DESC, c.first

-- name: names
-- Returns the new names of attributes in the plan of the import $1.
SELECT DISTINCT unnest(names) AS name FROM plan_chunks WHERE import_id = $1 ORDER BY name

-- name: moved
-- Returns which of these products, counted from 1, aren't as the plan found them: $1 keys, $2 ids, $3 versions.
SELECT k.number
FROM unnest($1::text[], $2::bigint[], $3::integer[]) WITH ORDINALITY AS k (sku_key, id, version, number)
LEFT JOIN products AS p ON p.sku_key = k.sku_key COLLATE "C" AND p.id = k.id AND p.version = k.version
WHERE p.id IS NULL

-- name: taken
-- Returns which of these keys ($1), counted from 1, have a product.
SELECT k.number
FROM unnest($1::text[]) WITH ORDINALITY AS k (sku_key, number)
JOIN products AS p ON p.sku_key = k.sku_key COLLATE "C"

-- name: prepare
-- Sets up a connection: the temporary table in which rows of a plan are staged.
CREATE TEMPORARY TABLE IF NOT EXISTS planned ON COMMIT DELETE ROWS
AS SELECT 0 AS position, sku_key, sku_key AS new_key, id, version, changes AS changed, merged AS digest, {columns} FROM products
WITH NO DATA

-- name: unstage
-- Empties the staging table for the chunk's rows of another kind.
TRUNCATE planned

-- name: update
-- Gives products the values of the staged rows, by the import $1 in the transaction $2, as the change set $3: exactly
-- those that change, and only in the products that are as the plan found them.
UPDATE products AS p
SET {assignments},
    changes = i.changed, version = p.version + 1, updated_at = now(), updated_by_import = $1,
    merged = i.digest, merged_in = CASE WHEN i.digest IS NOT NULL THEN $2::integer END, last_change = $3
FROM planned AS i
WHERE p.sku_key = i.sku_key AND p.id = i.id AND p.version = i.version

-- name: set_aside
-- Gives products other keys for the moment ($1 keys, $2 ids, $3 versions, $4 the other keys): the SKUs of a chunk's
-- products may go from one of them to another.
UPDATE products AS p
SET sku_key = k.other
FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::text[]) AS k (sku_key, id, version, other)
WHERE p.sku_key = k.sku_key COLLATE "C" AND p.id = k.id AND p.version = k.version

-- name: delete
-- Deletes the products of the staged rows that are as the plan found them; returns them.
WITH touched AS (
    DELETE FROM products AS p
    USING planned AS i
    WHERE p.sku_key = i.sku_key AND p.id = i.id AND p.version = i.version
    RETURNING {deleted}
)
SELECT {images} FROM touched

-- name: applied
-- Records that a chunk of a plan was applied.
UPDATE import_chunks SET planned = false, lease_token = :token, committed_at = now()
WHERE import_id = :import_id AND phase = :phase AND first = :first

-- name: nothing_left
-- Records the chunks of the import $1 that change nothing as applied.
UPDATE import_chunks AS c SET planned = false, lease_token = $2, committed_at = now()
WHERE c.import_id = $1 AND c.planned
  AND NOT EXISTS (
      SELECT FROM plan_chunks AS p
      WHERE p.import_id = c.import_id AND p.phase = c.phase AND p.first = c.first
  )
