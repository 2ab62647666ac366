-- Names of attributes, as the catalogue writes them.

-- name: known
-- Returns the names that the catalogue has for these folded names ($1).
SELECT folded, name FROM attribute_names WHERE folded = ANY($1)

-- name: note
-- Stores names ($2) for folded names ($1) that have none yet.
-- Waits for a concurrent transaction that stores the same name.
INSERT INTO attribute_names (folded, name)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (folded) DO NOTHING
