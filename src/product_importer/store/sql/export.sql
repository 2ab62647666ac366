-- Products as a file; export.py fills in the {words in braces}.

-- name: attribute_names
-- Returns the names of all attributes that the chosen products have, in alphabetical order.
SELECT coalesce(array_agg(name ORDER BY lower(name) COLLATE "C", name COLLATE "C"), '{{}}')
FROM (SELECT DISTINCT jsonb_object_keys(attributes) AS name FROM products WHERE attributes <> '{{}}' {chosen}) AS n

-- name: rows
-- Returns the chosen products as rows of a file, in the order of their ids.
SELECT {values} FROM products WHERE true {chosen} ORDER BY id

-- name: products
-- Returns the chosen products as they are stored, in the order of their ids.
SELECT * FROM products WHERE true {chosen} ORDER BY id

-- name: chosen
-- A condition for the other statements: only products that match a filter.
AND id IN (SELECT product_id FROM product_facts WHERE {where})
