-- One chunk's merge. All run in the chunk's transaction, on rows sorted by key.
-- {words in braces} follow from the fields: columns.py puts them in.

-- name: prepare
-- Sets up a writer's connection: temporary tables, and settings for the planner.
-- Each writer's connection stages the rows whose key exists. Its planner knows nothing of this table's size,
-- so it is told to look products up by index, in the staged order: row locks are taken in key order, and
-- concurrent imports don't deadlock. Never by reading them all: where there are none now, other writers may add
-- half a million while the statement runs.
CREATE TEMPORARY TABLE IF NOT EXISTS incoming ON COMMIT DELETE ROWS
AS SELECT 0 AS position, sku_key, {columns}, merged AS digest FROM products WITH NO DATA;
CREATE TEMPORARY TABLE IF NOT EXISTS asked (
    position integer NOT NULL,
    sku_key text COLLATE "C" NOT NULL,
    digest bytea NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS present (
    sku_key text COLLATE "C" NOT NULL
);
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_bitmapscan = off;
SET enable_seqscan = off;
SET jit = off;
SET work_mem = '32MB';
SET idle_in_transaction_session_timeout = '60s';

-- name: unchanged
-- How many of these rows, by keys ($1) and by their digests of $3 bytes each, which lie side by side in $2, were
-- merged into products that nobody has touched since.
SELECT count(*)
FROM unnest($1::text[]) WITH ORDINALITY AS k (sku_key, number)
JOIN products AS p ON p.sku_key = k.sku_key COLLATE "C"
WHERE p.merged = substr($2::bytea, (k.number::integer - 1) * $3::integer + 1, $3) AND p.xmin = p.merged_in

-- name: digests
-- The digests, of $1 bytes, of what imports merged into products that nobody has touched since.
SELECT merged
FROM products
WHERE xmin = merged_in AND octet_length(merged) = $1

-- name: look_up
-- Which of the keys asked for are new, and which have a product that may differ: it was not left as it is by the
-- merge of a row with the same digest.
SELECT
    string_agg(int4send(k.position), '') FILTER (WHERE p.sku_key IS NULL) AS new,
    string_agg(int4send(k.position), '') FILTER (
        WHERE p.sku_key IS NOT NULL AND (p.merged = k.digest AND p.xmin = p.merged_in) IS NOT TRUE
    ) AS different
FROM asked AS k
LEFT JOIN products AS p ON p.sku_key = k.sku_key

-- name: reserve_ids
-- Reserves so many consecutive product ids ($1); returns the first.
SELECT reserve_product_ids($1)

-- name: update
-- Writes the products that differ, and only those. Blank cells are null: they keep what is there, or clear it
-- where the import was told so ($1: these attributes).
WITH updated AS (
    UPDATE products AS p
    SET {assignments},
        changes = {changes},
        version = p.version + 1, updated_at = now(), updated_by_import = $2, merged = i.digest, merged_in = $3
    FROM incoming AS i
    WHERE p.sku_key = i.sku_key AND ({differs})
    RETURNING i.position, p.id, p.changes
)
SELECT
    string_agg(int4send(position), '') AS positions,
    string_agg(int8send(id), '') AS ids,
    string_agg(int4send(changes), '') AS changes
FROM updated

-- name: settled
-- How many staged rows have a product that is as they want it. $1 is the same as in the update.
SELECT count(*)
FROM incoming AS i
JOIN products AS p USING (sku_key)
WHERE NOT ({differs})

-- name: index_present
-- Makes the keys of the file, once they are copied, quick to look up.
CREATE INDEX ON present (sku_key);
ANALYZE present;
SET enable_hashjoin = on;
SET enable_mergejoin = on;

-- name: deactivate
-- The next block of active products, by id, that the file lacks and that were there before the import began.
WITH missing AS MATERIALIZED (
    SELECT p.id, p.version
    FROM products AS p
    WHERE p.id > $1 AND p.active AND p.created_at < $2
      AND NOT EXISTS (SELECT FROM present AS f WHERE f.sku_key = p.sku_key)
    ORDER BY p.id
    LIMIT $3
),
deactivated AS (
    UPDATE products AS p
    SET active = false, version = p.version + 1, updated_at = now(), updated_by_import = $4
    FROM missing AS m
    WHERE p.id = m.id AND p.version = m.version AND p.active
    RETURNING p.id, p.sku
)
SELECT m.id AS missing_id, d.id, d.sku
FROM missing AS m
LEFT JOIN deactivated AS d USING (id)
ORDER BY m.id

-- name: emit
-- Writes events of one type into the outbox.
INSERT INTO outbox (id, type, actor, events, payload)
VALUES (:id, :type, :actor, :events, :payload)
