-- Names of attributes, as the catalogue writes them.

-- name: known
SELECT folded, name FROM attribute_names WHERE folded = ANY($1)

-- name: note
-- Waits for whoever notes the same name just now.
INSERT INTO attribute_names (folded, name)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (folded) DO NOTHING
