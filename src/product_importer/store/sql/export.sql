-- The products as a file. {words in braces} are put in by export.py.

-- name: attribute_names
SELECT coalesce(array_agg(name ORDER BY lower(name) COLLATE "C", name COLLATE "C"), '{{}}')
FROM (SELECT DISTINCT jsonb_object_keys(attributes) AS name FROM products WHERE attributes <> '{{}}' {chosen}) AS n

-- name: rows
SELECT
    {fields}
    {attributes}
FROM products
WHERE true {chosen}
ORDER BY id

-- name: chosen
AND id IN (SELECT product_id FROM product_facts WHERE {where})
