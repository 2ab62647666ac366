-- Products: the list, single ones, and the tables by which the list is sorted and searched.
-- {words in braces} are put in by products.py and listing.py, from SQL that stands there.

-- name: begin_reading
-- Begins a transaction that reads a page.
-- One snapshot for all statements of a page; plans that know the words that are looked for.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL jit = off;
SET LOCAL max_parallel_workers_per_gather = {workers}

-- name: totals
-- How many products there are, how many are active, and how many changes wait to be indexed.
SELECT
    (t.products + c.products)::bigint AS products,
    (t.active + c.active)::bigint AS active,
    c.touched::bigint AS pending
FROM product_totals AS t, (
    SELECT
        coalesce(sum(products), 0) AS products,
        coalesce(sum(active), 0) AS active,
        coalesce(sum(touched), 0) AS touched
    FROM product_changes
) AS c

-- name: pending_ids
-- The ids of the products whose changes wait to be indexed.
SELECT coalesce(array_agg(DISTINCT id), '{}')
FROM product_changes AS c
CROSS JOIN LATERAL (
    SELECT unnest(c.ids) AS id
    UNION ALL
    SELECT generate_series(c.first_id, c.last_id) WHERE c.ids IS NULL
) AS touched

-- name: found
-- The products that match, in order, as a part of other statements or alone.
SELECT {what} FROM {source} WHERE {where} {order} LIMIT {limit} OFFSET {offset}

-- name: found_patched
-- The same, where some products have changes that wait to be indexed: those are read from the products.
-- Each half is bounded, so that it is read in order and no further than needed.
(SELECT {what} FROM {source} WHERE {where} AND product_id <> ALL({patch}) {order} LIMIT {window})
UNION ALL
(SELECT {what} FROM product_facts WHERE {where} AND product_id = ANY({patch}) {order} LIMIT {window})
{order} LIMIT {limit} OFFSET {offset}

-- name: count
-- How many products match.
SELECT count(*) FROM {source} WHERE {where}

-- name: count_patched
-- How many products match, where some have changes that wait to be indexed.
SELECT
    (SELECT count(*) FROM {source} WHERE {where} AND product_id <> ALL({patch}))
    + (SELECT count(*) FROM product_facts WHERE {where} AND product_id = ANY({patch}))

-- name: page
-- The products of a page, in order.
WITH page AS MATERIALIZED ({found})
SELECT p.*
FROM page
JOIN products AS p ON p.id = page.product_id
ORDER BY {order}

-- name: sample
-- How many products of a sample match, and the patterns as the server makes them.
SELECT
    {texts} AS have_texts,
    {apart} AS have_words,
    ARRAY[{patterns}] AS patterns
FROM {sampled}

-- name: have_each
-- How many products of a sample have each of several letters.
SELECT ARRAY[{each}] FROM {sampled}

-- name: per_sample
-- A column of the statement before: how many rows of a sample have one.
count(*) FILTER (WHERE {condition}) * {rows} / greatest(count(*), 1)

-- name: sampled
-- A sample of the texts of products, as a source for other statements.
-- Some rows of each hundredth of the table, since neighbours are much alike.
product_texts
WHERE ctid = ANY (ARRAY(
    SELECT format('(%s,%s)', part * pages / 100, place)::tid
    FROM
        (SELECT pg_relation_size('product_texts') / current_setting('block_size')::bigint AS pages) AS size,
        generate_series(0, 99) AS part, generate_series(1, {rows} / 100) AS place
))

-- name: search
-- Has the planner use the search index, until the transaction ends.
-- What is rare is found by the search index, whatever the planner expects of words that it has never seen.
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = on;
SET LOCAL enable_sort = on;
SET LOCAL work_mem = '16MB'

-- name: read_on
-- Has the planner read in order, until the transaction ends.
-- What is frequent is soon met in any order, however rare the planner may believe it to be.
SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_sort = off

-- name: look_at_all
-- Leaves the choice to the planner again, until the transaction ends.
SET LOCAL enable_bitmapscan = on;
SET LOCAL enable_sort = on

-- name: ids
-- The ids of the products that match, as an array.
SELECT coalesce(array_agg(product_id), '{{}}') FROM ({found}) AS f

-- name: get
-- The product with the id $1.
SELECT * FROM products WHERE id = $1

-- name: by_key
-- The product with the SKU key $1.
SELECT * FROM products WHERE sku_key = $1

-- name: create
-- Makes a product; no row where one has its SKU key.
INSERT INTO products (sku_key, {columns})
VALUES ({values})
ON CONFLICT (sku_key) DO NOTHING
RETURNING *

-- name: lock
-- The product with the id $1, locked for the rest of the transaction.
SELECT * FROM products WHERE id = $1 FOR UPDATE

-- name: change
-- Changes all fields of the product $1.
UPDATE products
SET (sku_key, {columns}) = ({values}),
    version = version + 1, updated_at = now(), updated_by_import = NULL
WHERE id = $1
RETURNING *

-- name: lock_selected
-- The products with these ids ($1), locked for the rest of the transaction.
-- In the order of the keys, as imports do: neither waits for the other in a circle.
SELECT id, sku FROM products WHERE id = ANY($1) ORDER BY sku_key FOR UPDATE

-- name: lock_to_activate
-- Those of these products ($1) whose flag isn't $2 yet, locked for the rest of the transaction.
SELECT id, sku FROM products WHERE id = ANY($1) AND active <> $2 ORDER BY sku_key FOR UPDATE

-- name: activate
-- Makes these products ($1) active, or inactive ($2).
UPDATE products
SET active = $2, version = version + 1, updated_at = now(), updated_by_import = NULL
WHERE id = ANY($1)

-- name: delete
-- Deletes these products ($1).
DELETE FROM products WHERE id = ANY($1)

-- name: begin_changing
-- Limits how long the transaction waits for a product.
-- Imports hold a product for as long as a chunk takes; whoever waits longer is told.
SET LOCAL lock_timeout = '10s'

-- name: importing
-- Whether a process runs an import just now; $1 is the class of the imports' locks.
SELECT advisory_held($1)

-- name: lock_index
-- Takes the lock $1 until the transaction ends, if nobody holds it; says whether it did.
SELECT pg_try_advisory_xact_lock($1)

-- name: next_changes
-- The oldest changes that wait to be indexed: those of $1 products, or a part of the first one.
SELECT position, products, active, touched, first_id, last_id, ids[:$1] AS ids
FROM (
    SELECT *, sum(touched) OVER (ORDER BY position) - touched AS before
    FROM product_changes
    WHERE position < coalesce(
        (SELECT position FROM product_changes ORDER BY position OFFSET 1000 LIMIT 1), 9223372036854775807
    )
) AS c
WHERE before < $1
ORDER BY position

-- name: shorten_change
-- Takes the first $2 products off the change $1: they are indexed.
-- What is left of it once its first products have been indexed.
UPDATE product_changes
SET touched = touched - $2, ids = ids[$2 + 1:], first_id = CASE WHEN ids IS NULL THEN first_id + $2 ELSE first_id END
WHERE position = $1

-- name: forget_changes
-- Deletes changes ($1) that are indexed, and adds them to the totals.
WITH indexed AS (DELETE FROM product_changes WHERE position = ANY($1) RETURNING products, active)
UPDATE product_totals
SET products = product_totals.products + f.products, active = product_totals.active + f.active
FROM (SELECT sum(products) AS products, sum(active) AS active FROM indexed) AS f
WHERE f.products IS NOT NULL

-- name: index_deleted
-- Removes those of these products ($1) that are gone from the narrow tables.
WITH gone AS (
    DELETE FROM product_sorting
    WHERE product_id = ANY($1) AND NOT EXISTS (SELECT FROM products AS p WHERE p.id = product_id)
    RETURNING product_id
)
DELETE FROM product_texts WHERE product_id IN (SELECT product_id FROM gone)

-- name: index_sorting
-- Brings these products ($1) up to date in the table for sorting.
INSERT INTO product_sorting AS s (product_id, created_at, updated_at, {keys})
SELECT product_id, created_at, updated_at, {keys}
FROM product_facts
WHERE product_id = ANY($1)
ON CONFLICT (product_id) DO UPDATE
SET (updated_at, {keys}) = ROW(excluded.updated_at, {new_keys})

-- name: index_texts
-- Brings these products ($1) up to date in the table for searching, where their texts differ.
INSERT INTO product_texts AS t (product_id, {texts})
SELECT product_id, {texts}
FROM product_facts
WHERE product_id = ANY($1)
ON CONFLICT (product_id) DO UPDATE
SET ({texts}) = ROW({new_texts})
WHERE ({old_texts}) <> ({new_texts})

-- name: search_index
-- Whether the search index can be made, and whether it is there for all of $1 columns.
SELECT
    EXISTS (
        SELECT FROM pg_extension WHERE extname = 'pg_trgm' AND has_schema_privilege(extnamespace, 'USAGE')
    ) AS possible,
    (
        SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('product_texts_search')
    ) = $1::integer AS made

-- name: make_search_index
-- Makes the search index. One that lacks a column serves until the new one is there. The extension lies in any
-- schema, which the search path may lack.
DO $$
BEGIN
    EXECUTE (
        SELECT format('CREATE INDEX product_texts_search_anew ON product_texts USING gin ({indexed})', n.nspname)
        FROM pg_extension AS e
        JOIN pg_namespace AS n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_trgm'
    );
END
$$;
DROP INDEX IF EXISTS product_texts_search;
ALTER INDEX product_texts_search_anew RENAME TO product_texts_search

-- name: drop_search_index
-- Drops the search index, unless somebody reads by it for long.
SET LOCAL lock_timeout = '1s';
DROP INDEX product_texts_search

-- name: begin_indexing
-- Gives the transaction memory for indexing.
-- New entries of the search index are collected and worked in together, in memory; read as they are, they would
-- slow searching down.
SET LOCAL work_mem = '64MB';
SET LOCAL maintenance_work_mem = '128MB';
SET LOCAL gin_pending_list_limit = '128MB'

-- name: settle_search_index
-- Works the new entries into the search index.
SELECT gin_clean_pending_list('product_texts_search')

-- name: tidy
-- Cleans the narrow tables up.
-- Sees to it that the narrow tables are read without the rows behind their indexes, and are planned for.
VACUUM (ANALYZE) product_sorting, product_texts, product_changes
