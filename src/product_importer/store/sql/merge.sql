-- One chunk's merge. All run in the chunk's transaction, on rows sorted by key.

-- name: prepare
-- Each writer's connection stages the rows whose key exists. Its planner knows nothing of this table's size,
-- so it is told to look products up by index, in the staged order: row locks are taken in key order, and
-- concurrent imports don't deadlock.
CREATE TEMPORARY TABLE IF NOT EXISTS incoming (
    position integer NOT NULL,
    sku_key text COLLATE "C" NOT NULL,
    sku text NOT NULL,
    name text NOT NULL,
    description text,
    price numeric(19, 4),
    active boolean,
    attributes jsonb
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS present (
    sku_key text COLLATE "C" NOT NULL
);
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_bitmapscan = off;
SET jit = off;
SET work_mem = '32MB';
SET idle_in_transaction_session_timeout = '60s';

-- name: existing
SELECT coalesce(array_agg(k.position), '{}')
FROM unnest($1::text[]) WITH ORDINALITY AS k (sku_key, position)
JOIN products AS p ON p.sku_key = k.sku_key COLLATE "C"

-- name: reserve_ids
SELECT reserve_product_ids($1)

-- name: update
-- Compares field by field and writes only what differs. Blank cells are null: they keep what is there, or clear
-- it where the import was told so ($2, $3, $4: description, price, these attributes). The version guards against
-- a change between the comparison and the write: then "updated" stays behind "changed", and the chunk is redone.
-- The row is found again by its place, which spares an index search.
WITH compared AS (
    SELECT
        i.position, p.tableoid AS place_table, p.ctid AS place, p.version, p.sku, p.name, p.description, p.price, p.active, p.attributes,
        i.sku AS new_sku,
        i.name AS new_name,
        CASE WHEN $2 THEN i.description ELSE coalesce(i.description, p.description) END AS new_description,
        CASE WHEN $3 THEN i.price ELSE coalesce(i.price, p.price) END AS new_price,
        coalesce(i.active, p.active) AS new_active,
        CASE
            WHEN i.attributes IS NOT NULL OR $4::text[] IS NOT NULL
            THEN (p.attributes - coalesce($4::text[], '{}')) || coalesce(i.attributes, '{}')
        END AS new_attributes -- null: as they were
    FROM incoming AS i
    JOIN products AS p USING (sku_key)
),
-- OFFSET 0 keeps the planner from spelling the comparison out again wherever "changes" is used.
diffed AS (
    SELECT
        *,
        (new_sku <> sku)::integer
        + (new_name <> name)::integer * 2
        + (new_description IS DISTINCT FROM description)::integer * 4
        + (new_price IS DISTINCT FROM price)::integer * 8
        + (new_active <> active)::integer * 16
        + coalesce(new_attributes <> attributes, false)::integer * 32 AS changes
    FROM compared
    OFFSET 0
),
-- Values only where they change: the unchanged rows are kept just to be counted.
planned AS MATERIALIZED (
    SELECT
        position, place_table, place, version, changes,
        CASE WHEN changes <> 0 THEN new_sku END AS sku,
        CASE WHEN changes <> 0 THEN new_name END AS name,
        CASE WHEN changes <> 0 THEN new_description END AS description,
        CASE WHEN changes <> 0 THEN new_price END AS price,
        CASE WHEN changes <> 0 THEN new_active END AS active,
        CASE WHEN changes <> 0 THEN coalesce(new_attributes, attributes) END AS attributes
    FROM diffed
),
updated AS (
    UPDATE products AS p
    SET sku = n.sku, name = n.name, description = n.description, price = n.price, active = n.active,
        attributes = n.attributes, version = p.version + 1, updated_at = now(), updated_by_import = $1
    FROM planned AS n
    WHERE n.changes <> 0 AND p.tableoid = n.place_table AND p.ctid = n.place AND p.version = n.version
    RETURNING n.position, p.id, n.changes
)
SELECT
    (SELECT count(*) FROM planned) AS matched,
    (SELECT count(*) FROM planned WHERE changes <> 0) AS changed,
    coalesce(array_agg(position), '{}') AS positions,
    coalesce(array_agg(id), '{}') AS ids,
    coalesce(array_agg(changes), '{}') AS changes
FROM updated

-- name: index_present
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
INSERT INTO outbox (id, type, actor, events, payload)
VALUES ($1, $2, $3, $4, $5)
