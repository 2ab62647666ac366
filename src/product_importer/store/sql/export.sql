-- The products as a file. {words in braces} are put in by export.py.

-- name: attribute_names
-- The names of all attributes that the chosen products have, in alphabetical order.
SELECT coalesce(array_agg(name ORDER BY lower(name) COLLATE "C", name COLLATE "C"), '{{}}')
FROM (SELECT DISTINCT jsonb_object_keys(attributes) AS name FROM products WHERE attributes <> '{{}}' {chosen}) AS n

-- name: rows
-- The chosen products as rows of a file, in the order of their ids.
SELECT
    {fields}
    {attributes}
FROM products
WHERE true {chosen}
ORDER BY id

-- name: chosen
-- A condition for both of the others: only products that a filter lets through.
AND id IN (SELECT product_id FROM product_facts WHERE {where})
