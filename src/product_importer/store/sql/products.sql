-- Products: the list, single products, and the tables by which the list is sorted and searched.
-- The {words in braces} are filled in by products.py and listing.py, from SQL in those modules.

-- name: begin_reading
-- Begins a transaction that reads a page.
-- All statements of a page share one snapshot; plans are made for the actual words of the search.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL jit = off;
SET LOCAL max_parallel_workers_per_gather = {workers}

-- name: totals
-- Returns how many products there are, how many are active, and how many changes wait to be indexed.
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
-- Returns the ids of the products whose changes wait to be indexed.
SELECT coalesce(array_agg(DISTINCT id), '{}')
FROM product_changes AS c
CROSS JOIN LATERAL (
    SELECT unnest(c.ids) AS id
    UNION ALL
    SELECT generate_series(c.first_id, c.last_id) WHERE c.ids IS NULL
) AS touched

-- name: found
-- Finds the matching products, in order; used in other statements or alone.
SELECT {what} FROM {source} WHERE {where} {order} LIMIT {limit} OFFSET {offset}

-- name: found_patched
-- Like "found", if some products have changes that wait to be indexed: these are read from the table of products.
-- Each half has a limit, so that it is read in order and no further than needed.
(SELECT {what} FROM {source} WHERE {where} AND product_id <> ALL({patch}) {order} LIMIT {window})
UNION ALL
(SELECT {what} FROM product_facts WHERE {where} AND product_id = ANY({patch}) {order} LIMIT {window})
{order} LIMIT {limit} OFFSET {offset}

-- name: count
-- Returns how many products match.
SELECT count(*) FROM {source} WHERE {where}

-- name: count_patched
-- Returns how many products match, if some have changes that wait to be indexed.
SELECT
    (SELECT count(*) FROM {source} WHERE {where} AND product_id <> ALL({patch}))
    + (SELECT count(*) FROM product_facts WHERE {where} AND product_id = ANY({patch}))

-- name: page
-- Returns the products of a page, in order.
WITH page AS MATERIALIZED ({found})
SELECT p.*
FROM page
JOIN products AS p ON p.id = page.product_id
ORDER BY {order}

-- name: sample
-- Returns how many products of a sample match, and the patterns as the server computes them.
SELECT
    {texts} AS have_texts,
    {apart} AS have_words,
    ARRAY[{patterns}] AS patterns
FROM {sampled}

-- name: have_each
-- Returns how many products of a sample have each of several letters.
SELECT ARRAY[{each}] FROM {sampled}

-- name: per_sample
-- A column of a statement on a sample: how many of its rows meet a condition, scaled to the size of the sample.
count(*) FILTER (WHERE {condition}) * {rows} / greatest(count(*), 1)

-- name: sampled
-- A sample of the texts of products, as a source for other statements.
-- It takes some rows from each hundredth of the table, since neighbours are much alike.
product_texts
WHERE ctid = ANY (ARRAY(
    SELECT format('(%s,%s)', part * pages / 100, place)::tid
    FROM
        (SELECT pg_relation_size('product_texts') / current_setting('block_size')::bigint AS pages) AS size,
        generate_series(0, 99) AS part, generate_series(1, {rows} / 100) AS place
))

-- name: search
-- Makes the planner use the search index, until the transaction ends.
-- Rare words are found fastest by the search index, whatever the planner expects of words that it has never seen.
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = on;
SET LOCAL enable_sort = on;
SET LOCAL work_mem = '16MB'

-- name: read_on
-- Makes the planner read in order, until the transaction ends.
-- Frequent words are found soon in any order, however rare the planner expects them to be.
SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_sort = off

-- name: look_at_all
-- Leaves the choice to the planner again, until the transaction ends.
SET LOCAL enable_bitmapscan = on;
SET LOCAL enable_sort = on

-- name: ids
-- Returns the ids of the matching products, as an array.
SELECT coalesce(array_agg(product_id), '{{}}') FROM ({found}) AS f

-- name: get
-- Returns the product with the id $1.
SELECT * FROM products WHERE id = $1

-- name: by_keys
-- Returns the products with one of the SKU keys $1.
SELECT * FROM products WHERE sku_key = ANY($1::text[])

-- name: by_key
-- Returns the product with the SKU key $1.
SELECT * FROM products WHERE sku_key = $1

-- name: create
-- Creates a product; returns no row if its SKU key is taken.
INSERT INTO products (sku_key, {columns}, last_change)
VALUES ({values}, nextval('change_set_numbers'))
ON CONFLICT (sku_key) DO NOTHING
RETURNING *

-- name: lock
-- Returns the product with the id $1 and locks it for the rest of the transaction.
SELECT * FROM products WHERE id = $1 FOR UPDATE

-- name: change
-- Changes all fields of the product $1.
UPDATE products
SET (sku_key, {columns}) = ({values}),
    version = version + 1, updated_at = now(), updated_by_import = NULL,
    last_change = nextval('change_set_numbers')
WHERE id = $1
RETURNING *

-- name: lock_selected
-- Returns how many products with these ids ($1) there are, and locks them for the rest of the transaction.
-- They are locked in the order of their keys, as imports do, to avoid deadlocks.
SELECT count(*) FROM (SELECT FROM products WHERE id = ANY($1) ORDER BY sku_key FOR UPDATE) AS locked

-- name: activate
-- Makes these products ($1) active, or inactive ($2), unless they are; returns what they were before.
-- They are locked in the order of their keys, as imports do, to avoid deadlocks.
WITH locked AS MATERIALIZED (
    SELECT id, version, last_change
    FROM products
    WHERE id = ANY($1) AND active <> $2
    ORDER BY sku_key
    FOR UPDATE
),
change AS MATERIALIZED (SELECT nextval('change_set_numbers') AS number),
touched AS (
    UPDATE products AS p
    SET active = $2, version = p.version + 1, updated_at = now(), updated_by_import = NULL,
        last_change = c.number
    FROM locked AS l, change AS c
    WHERE p.id = l.id
    RETURNING p.id, p.sku, {activated}, c.number, l.last_change AS previous, l.version
)
SELECT {images} FROM touched

-- name: delete
-- Deletes these products ($1) and returns them.
WITH touched AS (
    DELETE FROM products AS p WHERE p.id = ANY($1) RETURNING {deleted}
)
SELECT {images} FROM touched

-- name: begin_changing
-- Limits how long the transaction waits for a lock.
-- Imports hold a product's lock for the time of a chunk; a transaction that waits longer fails.
SET LOCAL lock_timeout = '10s'

-- name: importing
-- Returns whether any process runs an import now; $1 is the class of the imports' locks.
SELECT advisory_held($1)

-- name: lock_index
-- Takes the lock $1 until the transaction ends, if it is free; returns whether it did.
SELECT pg_try_advisory_xact_lock($1)

-- name: next_changes
-- Returns the oldest changes that wait to be indexed: those of $1 products, or a part of the first change.
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
-- Removes the first $2 products from the change $1, because they are indexed.
-- The other products of the change stay to be indexed.
UPDATE product_changes
SET touched = touched - $2, ids = ids[$2 + 1:], first_id = CASE WHEN ids IS NULL THEN first_id + $2 ELSE first_id END
WHERE position = $1

-- name: forget_changes
-- Deletes indexed changes ($1) and adds their counts to the totals.
WITH indexed AS (DELETE FROM product_changes WHERE position = ANY($1) RETURNING products, active)
UPDATE product_totals
SET products = product_totals.products + f.products, active = product_totals.active + f.active
FROM (SELECT sum(products) AS products, sum(active) AS active FROM indexed) AS f
WHERE f.products IS NOT NULL

-- name: index_deleted
-- Removes those of these products ($1) that were deleted from the narrow tables.
WITH gone AS (
    DELETE FROM product_sorting
    WHERE product_id = ANY($1) AND NOT EXISTS (SELECT FROM products AS p WHERE p.id = product_id)
    RETURNING product_id
)
DELETE FROM product_texts WHERE product_id IN (SELECT product_id FROM gone)

-- name: index_sorting
-- Updates the rows of these products ($1) in the table for sorting.
INSERT INTO product_sorting AS s (product_id, created_at, updated_at, {keys})
SELECT product_id, created_at, updated_at, {keys}
FROM product_facts
WHERE product_id = ANY($1)
ON CONFLICT (product_id) DO UPDATE
SET (updated_at, {keys}) = ROW(excluded.updated_at, {new_keys})

-- name: index_texts
-- Updates the rows of these products ($1) in the table for searching, if their texts differ.
INSERT INTO product_texts AS t (product_id, {texts})
SELECT product_id, {texts}
FROM product_facts
WHERE product_id = ANY($1)
ON CONFLICT (product_id) DO UPDATE
SET ({texts}) = ROW({new_texts})
WHERE ({old_texts}) <> ({new_texts})

-- name: search_index
-- Returns whether the search index can be created, and whether it exists with all of $1 columns.
SELECT
    EXISTS (
        SELECT FROM pg_extension WHERE extname = 'pg_trgm' AND has_schema_privilege(extnamespace, 'USAGE')
    ) AS possible,
    (
        SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('product_texts_search')
    ) = $1::integer AS made

-- name: make_search_index
-- Creates the search index. An old one that lacks a column serves until the new one is ready.
SELECT make_search_index()

-- name: drop_search_index
-- Drops the search index, unless long-running readers use it.
SET LOCAL lock_timeout = '1s';
SELECT drop_search_index()

-- name: begin_indexing
-- Sets the transaction's memory for indexing.
-- New entries of the search index are collected and merged in memory together; left pending, they would slow searching
-- down.
SET LOCAL work_mem = '64MB';
SET LOCAL maintenance_work_mem = '128MB';
SET LOCAL gin_pending_list_limit = '128MB'

-- name: settle_search_index
-- Merges the pending entries into the search index.
SELECT settle_search_index()

-- name: tidy
-- Vacuums and analyzes the narrow tables.
-- Afterwards, index-only scans needn't visit the table, and the planner has fresh statistics. A role that may not do
-- this leaves it to autovacuum: the server skips the tables with a warning.
VACUUM (ANALYZE) product_sorting, product_texts, product_changes
