-- One chunk's merge. All statements run in the chunk's transaction, on rows sorted by key.
-- The {words in braces} follow from the fields; columns.py fills them in.

-- name: prepare
-- Sets up a writer's connection: the temporary tables in which it stages rows.
CREATE TEMPORARY TABLE IF NOT EXISTS incoming ON COMMIT DELETE ROWS
AS SELECT 0 AS position, sku_key, {columns}, merged AS digest, NULL::jsonb AS absent FROM products WITH NO DATA;
CREATE TEMPORARY TABLE IF NOT EXISTS asked (
    position integer NOT NULL,
    sku_key text COLLATE "C" NOT NULL,
    digest bytea NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS present (
    sku_key text COLLATE "C" NOT NULL
);

-- name: by_index
-- Lets a connection look staged rows up by index, in the staged order.
-- The planner doesn't know the size of the staging tables. Row locks are taken in key order, so that concurrent imports
-- don't deadlock. It must never scan the table of products: even if that is empty now, other writers may add half a
-- million products while the statement runs.
-- A chunk's commit doesn't wait for the disk. If the server crashes, its last chunks may be undone as a whole, with their
-- checkpoints and events, and a resumed import saves them again. The commit that ends the import waits, and so writes
-- all commits before it.
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_bitmapscan = off;
SET enable_seqscan = off;
SET jit = off;
SET work_mem = '32MB';
SET idle_in_transaction_session_timeout = '60s';
SET synchronous_commit = off;

-- name: unchanged
-- Returns how many of these rows were merged into products that have not been touched since. The rows are given by
-- their keys ($1) and their digests of $3 bytes each, concatenated in $2.
SELECT count(*)
FROM unnest($1::text[]) WITH ORDINALITY AS k (sku_key, number)
JOIN products AS p ON p.sku_key = k.sku_key COLLATE "C"
WHERE p.merged = substr($2::bytea, (k.number::integer - 1) * $3::integer + 1, $3) AND p.xmin = p.merged_in

-- name: digests
-- Returns the digests, of $1 bytes, that imports merged into products that have not been touched since.
SELECT merged
FROM products
WHERE xmin = merged_in AND octet_length(merged) = $1

-- name: look_up
-- Returns which of the asked keys are new, and which have a product that may differ: a product that was touched since
-- the merge of a row with the same digest, or that has another digest.
SELECT
    string_agg(int4send(k.position), '') FILTER (WHERE p.sku_key IS NULL) AS new,
    string_agg(int4send(k.position), '') FILTER (
        WHERE p.sku_key IS NOT NULL AND (p.merged = k.digest AND p.xmin = p.merged_in) IS NOT TRUE
    ) AS different
FROM asked AS k
LEFT JOIN products AS p ON p.sku_key = k.sku_key

-- name: reserve_ids
-- Reserves $1 consecutive product ids and the number of the change set that will tell of them; returns the first id and
-- the number.
SELECT reserve_product_ids($1) AS first_id, nextval('change_set_numbers') AS number

-- name: update
-- Writes the products that differ, and only those, and returns what they were before.
-- Blank cells are null: they keep the product's value, or clear it if the import's options say so ($1: these
-- attributes) and the row has the cell at all. PostgreSQL 18 returns old values. In older versions, a product is joined
-- with itself; one that another transaction has just changed isn't what the join found (xmin), and is left out.
-- The number is taken once: a subquery would be run again for a row that is checked again.
WITH change AS MATERIALIZED (SELECT nextval('change_set_numbers') AS number),
touched AS (
    UPDATE products AS p
    SET {assignments},
        changes = {changes},
        version = p.version + 1, updated_at = now(), updated_by_import = $2, merged = i.digest, merged_in = $3,
        last_change = c.number
    FROM change AS c CROSS JOIN incoming AS i {join}
    WHERE {same} AND ({differs})
    RETURNING i.position, p.id, p.changes, c.number, {before}
)
SELECT string_agg(int4send(position), '') AS positions, {images} FROM touched

-- name: settled
-- Returns how many staged rows leave their product as it is. $1 is the same as in the update.
SELECT count(*)
FROM incoming AS i
JOIN products AS {product} USING (sku_key)
WHERE NOT ({differs})

-- name: unstage
-- Empties the staging tables for the chunk's rows of another mode.
TRUNCATE incoming, asked

-- name: delete
-- Deletes the products of the staged rows; returns them with the rows' positions.
WITH touched AS (
    DELETE FROM products AS p
    USING incoming AS i
    WHERE p.sku_key = i.sku_key
    RETURNING i.position, {deleted}
)
SELECT string_agg(int4send(position), '') AS positions, {images} FROM touched

-- name: deactivate_named
-- Deactivates the active products of the staged rows, by the import $1, and returns what they were before.
WITH locked AS MATERIALIZED (
    SELECT p.id, p.version, p.last_change
    FROM incoming AS i
    JOIN products AS p ON p.sku_key = i.sku_key
    WHERE p.active
    FOR UPDATE OF p
),
change AS MATERIALIZED (SELECT nextval('change_set_numbers') AS number),
touched AS (
    UPDATE products AS p
    SET active = false, version = p.version + 1, updated_at = now(), updated_by_import = $1,
        last_change = c.number
    FROM locked AS l, change AS c
    WHERE p.id = l.id
    RETURNING p.id, p.sku, {activated}, c.number, l.last_change AS previous, l.version
)
SELECT {images} FROM touched

-- name: index_present
-- Indexes the file's keys, once they are copied.
CREATE INDEX ON present (sku_key);
ANALYZE present;
SET enable_hashjoin = on;
SET enable_mergejoin = on;

-- name: deactivate
-- Deactivates the next block of active products, by id, that the file lacks and that existed before the import began.
WITH missing AS MATERIALIZED (
    SELECT p.id, p.version, p.last_change
    FROM products AS p
    WHERE p.id > $1 AND p.active AND p.created_at < $2
      AND NOT EXISTS (SELECT FROM present AS f WHERE f.sku_key = p.sku_key)
    ORDER BY p.id
    LIMIT $3
),
change AS MATERIALIZED (SELECT nextval('change_set_numbers') AS number),
touched AS (
    UPDATE products AS p
    SET active = false, version = p.version + 1, updated_at = now(), updated_by_import = $4,
        last_change = c.number
    FROM missing AS m, change AS c
    WHERE p.id = m.id AND p.version = m.version AND p.active
    RETURNING p.id, p.sku, {activated}, c.number, m.last_change AS previous, m.version
)
SELECT (SELECT max(id) FROM missing) AS last_id, {images} FROM touched

-- name: delete_missing
-- Deletes the next block of products, by id, that the file lacks and that existed before the import began: as many as
-- have texts of about $4 bytes.
WITH block AS MATERIALIZED (
    SELECT p.id, p.version, {bytes} AS bytes
    FROM products AS p
    WHERE p.id > $1 AND p.created_at < $2
      AND NOT EXISTS (SELECT FROM present AS f WHERE f.sku_key = p.sku_key)
    ORDER BY p.id
    LIMIT $3
),
missing AS MATERIALIZED (
    SELECT id, version
    FROM (SELECT id, version, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM block) AS b
    WHERE before < $4
),
touched AS (
    DELETE FROM products AS p
    USING missing AS m
    WHERE p.id = m.id AND p.version = m.version
    RETURNING {deleted}
)
SELECT (SELECT max(id) FROM missing) AS last_id, {images} FROM touched

-- name: scan_once
-- Lets the transaction read the whole table of products, which is faster than by an index if every product counts.
SET LOCAL enable_seqscan = on

-- name: count_missing
-- Returns how many products the file lacks that existed before the import began ($1), and how many of them are active.
SELECT count(*) AS lacking, count(*) FILTER (WHERE p.active) AS active
FROM products AS p
WHERE p.created_at < $1 AND NOT EXISTS (SELECT FROM present AS f WHERE f.sku_key = p.sku_key)

-- name: emit
-- Writes events of one type into the outbox.
INSERT INTO outbox (id, type, actor, events, payload)
VALUES (:id, :type, :actor, :events, :payload)
