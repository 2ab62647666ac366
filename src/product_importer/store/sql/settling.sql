-- Brings stored products to the form in which an import stores the same texts now (settling.py).

-- name: lock
-- Locks the products against changes for the rest of the transaction.
-- Writers wait, readers don't. Without this lock, an import and this transaction could deadlock.
LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE

-- name: any_skus
-- Returns whether an imported product has a SKU that may need cleaning; $1 is a pattern of invisible characters.
SELECT EXISTS (
    SELECT FROM products
    WHERE created_by_import IS NOT NULL
      AND (left(sku, 1) IN ('''', '=') OR (octet_length(sku) <> length(sku) AND sku ~ $1))
)

-- name: skus
-- Returns the imported products whose SKUs may need cleaning; $1 is a pattern of invisible characters.
SELECT id, sku
FROM products
WHERE created_by_import IS NOT NULL
  AND (left(sku, 1) IN ('''', '=') OR (octet_length(sku) <> length(sku) AND sku ~ $1))
ORDER BY id

-- name: settle_skus
-- Gives products ($1), which have the SKUs $2, the SKUs $3 with the keys $4.
-- Each product gets its clean SKU, unless another product has that one; then both stay as they are, and the collision
-- is recorded.
WITH wanted AS (
    SELECT w.id, w.found, w.sku, w.sku_key COLLATE "C" AS sku_key
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS w (id, found, sku, sku_key)
    JOIN products AS p ON p.id = w.id AND p.sku = w.found
),
free AS (
    SELECT DISTINCT ON (sku_key) id, sku, sku_key
    FROM wanted AS w
    WHERE NOT EXISTS (SELECT FROM products AS o WHERE o.sku_key = w.sku_key AND o.id <> w.id)
    ORDER BY sku_key, id
),
changed AS (
    UPDATE products AS p
    SET sku = f.sku, sku_key = f.sku_key, version = p.version + 1, updated_at = now()
    FROM free AS f
    WHERE p.id = f.id
    RETURNING p.id
)
INSERT INTO catalogue_collisions (product_id, kind, found, wanted)
SELECT id, 'sku', found, sku
FROM wanted
WHERE id NOT IN (SELECT id FROM changed)
ON CONFLICT DO NOTHING

-- name: attribute_names
-- Returns the names of all attributes of products, in the order in which they first occurred.
SELECT a.key AS name
FROM products AS p, jsonb_object_keys(p.attributes) AS a (key)
WHERE p.attributes <> '{}'
GROUP BY a.key
ORDER BY min(p.id), count(*) DESC, a.key COLLATE "C"

-- name: with_attributes
-- Returns the ids of the products that have any of these attributes ($1).
SELECT id FROM products WHERE attributes ?| $1

-- name: settle_attributes
-- Renames attributes of the products $1 to the catalogue's form ($2: other forms, $3: the names for them).
-- If a product has several forms with different values, they stay as they are, and the collision is recorded.
WITH forms AS (
    SELECT form, name FROM unnest($2::text[], $3::text[]) AS f (form, name)
),
touched AS MATERIALIZED (
    SELECT id, attributes FROM products WHERE id = ANY($1)
),
members AS (
    SELECT
        t.id, e.key, e.value, coalesce(f.name, e.key) AS name,
        coalesce(e.value #>> '{}', '') ~ '^\s*$' AS blank
    FROM touched AS t
    CROSS JOIN LATERAL jsonb_each(t.attributes) AS e
    LEFT JOIN forms AS f ON f.form = e.key
),
named AS (
    SELECT
        id, name,
        count(DISTINCT value) FILTER (WHERE NOT blank) AS different,
        (array_agg(value ORDER BY blank, key <> name))[1] AS value
    FROM members
    GROUP BY id, name
),
settled AS (
    SELECT
        id,
        jsonb_object_agg(
            CASE WHEN n.different > 1 THEN m.key ELSE m.name END,
            CASE WHEN n.different > 1 THEN m.value ELSE n.value END
        ) AS attributes
    FROM members AS m
    JOIN named AS n USING (id, name)
    GROUP BY id
),
changed AS (
    UPDATE products AS p
    SET attributes = s.attributes, version = p.version + 1, updated_at = now()
    FROM settled AS s
    WHERE p.id = s.id AND p.attributes <> s.attributes
)
INSERT INTO catalogue_collisions (product_id, kind, found, wanted)
SELECT id, 'attribute', m.key, name
FROM members AS m
JOIN named AS n USING (id, name)
WHERE n.different > 1 AND m.key <> name
ON CONFLICT DO NOTHING

-- name: number_of_collisions
-- Returns how many SKUs and attributes were left as they are because the wanted name is taken.
SELECT count(*) FROM catalogue_collisions

-- name: collisions
-- Returns the SKUs and attributes that still keep an old form because the wanted name is taken, at most $1.
SELECT c.kind, c.found, c.wanted, p.id AS product_id, p.sku
FROM catalogue_collisions AS c
JOIN products AS p ON p.id = c.product_id
WHERE CASE c.kind WHEN 'sku' THEN p.sku = c.found ELSE p.attributes ?& ARRAY[c.found, c.wanted] END
ORDER BY c.kind DESC, c.product_id, c.found
LIMIT $1
