-- Products: the list, single ones, and the tables by which the list is sorted and searched.
-- {words in braces} are put in by products.py and listing.py, from SQL that stands there.

-- name: begin_reading
-- One snapshot for all statements of a page; plans that know the words that are looked for.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL jit = off;
SET LOCAL max_parallel_workers_per_gather = {workers}

-- name: totals
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
SELECT coalesce(array_agg(DISTINCT id), '{}')
FROM product_changes AS c
CROSS JOIN LATERAL (
    SELECT unnest(c.ids) AS id
    UNION ALL
    SELECT generate_series(c.first_id, c.last_id) WHERE c.ids IS NULL
) AS touched

-- name: found
SELECT {what} FROM {source} WHERE {where} {order} LIMIT {limit} OFFSET {offset}

-- name: found_patched
-- Each half is bounded, so that it is read in order and no further than needed.
(SELECT {what} FROM {source} WHERE {where} AND product_id <> ALL({patch}) {order} LIMIT {window})
UNION ALL
(SELECT {what} FROM product_facts WHERE {where} AND product_id = ANY({patch}) {order} LIMIT {window})
{order} LIMIT {limit} OFFSET {offset}

-- name: count
SELECT count(*) FROM {source} WHERE {where}

-- name: count_patched
SELECT
    (SELECT count(*) FROM {source} WHERE {where} AND product_id <> ALL({patch}))
    + (SELECT count(*) FROM product_facts WHERE {where} AND product_id = ANY({patch}))

-- name: page
WITH page AS MATERIALIZED ({found})
SELECT p.*
FROM page
JOIN products AS p ON p.id = page.product_id
ORDER BY {order}

-- name: sample
SELECT
    {texts} AS have_texts,
    {apart} AS have_words,
    ARRAY[{patterns}] AS patterns
FROM {sampled}

-- name: have_each
SELECT ARRAY[{each}] FROM {sampled}

-- name: per_sample
count(*) FILTER (WHERE {condition}) * {rows} / greatest(count(*), 1)

-- name: sampled
-- Some rows of each hundredth of the table, since neighbours are much alike.
product_texts
WHERE ctid = ANY (ARRAY(
    SELECT format('(%s,%s)', part * pages / 100, place)::tid
    FROM
        (SELECT pg_relation_size('product_texts') / current_setting('block_size')::bigint AS pages) AS size,
        generate_series(0, 99) AS part, generate_series(1, {rows} / 100) AS place
))

-- name: search
-- What is rare is found by the search index, whatever the planner expects of words that it has never seen.
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = on;
SET LOCAL enable_sort = on;
SET LOCAL work_mem = '16MB'

-- name: read_on
-- What is frequent is soon met in any order, however rare the planner may believe it to be.
SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_sort = off

-- name: look_at_all
SET LOCAL enable_bitmapscan = on;
SET LOCAL enable_sort = on

-- name: ids
SELECT coalesce(array_agg(product_id), '{{}}') FROM ({found}) AS f

-- name: get
SELECT * FROM products WHERE id = $1

-- name: by_key
SELECT * FROM products WHERE sku_key = $1

-- name: create
INSERT INTO products (sku_key, {columns})
VALUES ({values})
ON CONFLICT (sku_key) DO NOTHING
RETURNING *

-- name: lock
SELECT * FROM products WHERE id = $1 FOR UPDATE

-- name: change
UPDATE products
SET (sku_key, {columns}) = ({values}),
    version = version + 1, updated_at = now(), updated_by_import = NULL
WHERE id = $1
RETURNING *

-- name: lock_selected
-- In the order of the keys, as imports do: neither waits for the other in a circle.
SELECT id, sku FROM products WHERE id = ANY($1) ORDER BY sku_key FOR UPDATE

-- name: lock_to_activate
SELECT id, sku FROM products WHERE id = ANY($1) AND active <> $2 ORDER BY sku_key FOR UPDATE

-- name: activate
UPDATE products
SET active = $2, version = version + 1, updated_at = now(), updated_by_import = NULL
WHERE id = ANY($1)

-- name: delete
DELETE FROM products WHERE id = ANY($1)

-- name: begin_changing
-- Imports hold a product for as long as a chunk takes; whoever waits longer is told.
SET LOCAL lock_timeout = '10s'

-- name: importing
-- Whether a process runs an import just now.
SELECT advisory_held($1)

-- name: lock_index
-- One at a time; it is given back when the transaction ends.
SELECT pg_try_advisory_xact_lock($1)

-- name: next_changes
-- The oldest ones, up to so many touched products, or a part of the first.
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
-- What is left of it once its first products have been followed.
UPDATE product_changes
SET touched = touched - $2, ids = ids[$2 + 1:], first_id = CASE WHEN ids IS NULL THEN first_id + $2 ELSE first_id END
WHERE position = $1

-- name: forget_changes
WITH followed AS (DELETE FROM product_changes WHERE position = ANY($1) RETURNING products, active)
UPDATE product_totals
SET products = product_totals.products + f.products, active = product_totals.active + f.active
FROM (SELECT sum(products) AS products, sum(active) AS active FROM followed) AS f
WHERE f.products IS NOT NULL

-- name: follow_deleted
WITH gone AS (
    DELETE FROM product_sorting
    WHERE product_id = ANY($1) AND NOT EXISTS (SELECT FROM products AS p WHERE p.id = product_id)
    RETURNING product_id
)
DELETE FROM product_texts WHERE product_id IN (SELECT product_id FROM gone)

-- name: follow_sorting
INSERT INTO product_sorting AS s (product_id, created_at, updated_at, {keys})
SELECT product_id, created_at, updated_at, {keys}
FROM product_facts
WHERE product_id = ANY($1)
ON CONFLICT (product_id) DO UPDATE
SET (updated_at, {keys}) = ROW(excluded.updated_at, {new_keys})

-- name: follow_texts
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
SET LOCAL lock_timeout = '1s';
DROP INDEX product_texts_search

-- name: begin_following
-- New entries of the search index are collected and worked in together, in memory; read as they are, they would
-- slow searching down.
SET LOCAL work_mem = '64MB';
SET LOCAL maintenance_work_mem = '128MB';
SET LOCAL gin_pending_list_limit = '128MB'

-- name: settle_search_index
SELECT gin_clean_pending_list('product_texts_search')

-- name: tidy
-- Sees to it that the narrow tables are read without the rows behind their indexes, and are planned for.
VACUUM (ANALYZE) product_sorting, product_texts, product_changes
