-- The log of changes. The {words in braces} follow from the fields; images.py fills them in.

-- name: next_number
-- Takes the number of a new change set.
SELECT nextval('change_set_numbers')

-- name: write
-- Writes a change set and, if sinks want events, its position in the outbox.
-- Both get their place in the order of events now, while the products are locked.
WITH moment AS MATERIALIZED (
    SELECT coalesce(:number::bigint, nextval('change_set_numbers')) AS number, clock_timestamp() AS at
),
written AS (
    INSERT INTO change_sets (number, at, id, import_id, first_id, last_id, products, kind, cause, actor, payload, narrow)
    SELECT number, at, :id, :import_id, :first_id, :last_id, :products, :kind, :cause, :actor, :payload, :narrow
    FROM moment
)
INSERT INTO outbox (id, type, actor, events, change_set, changed_at)
SELECT :id, :type, :actor, :products, number, at FROM moment WHERE :heard

-- name: images
-- The columns of a statement that gathers what its common table expression "touched" did to products.
-- Each column holds the values of all products, one after the other; of a field, those of the products in which it
-- changed. Texts are preceded by their sizes in bytes, -1 for null.
count(*) AS products,
max(number) AS number,
string_agg(int8send(id), '') AS ids,
string_agg(int8send(coalesce(previous, -1)), '') AS previous,
string_agg(int4send(version), '') AS versions,
string_agg(int2send(changes), '') AS changes,
{fields}

-- name: field_image
-- The columns for one field with the bit {bit}.
string_agg(int4send(coalesce(octet_length({field}), -1)), '') FILTER (WHERE changes & {bit} <> 0) AS {field}_sizes,
convert_to(string_agg({field}, ''), 'UTF8') AS {field}_texts

-- name: deleted_images
-- More columns of that statement, if the products were deleted: times and authors.
string_agg(timestamptz_send(created_at), '') AS created_at,
string_agg(timestamptz_send(updated_at), '') AS updated_at,
string_agg(int8send(coalesce(created_by_import, -1)), '') AS created_by_import,
string_agg(int8send(coalesce(updated_by_import, -1)), '') AS updated_by_import

-- name: make_months
-- Makes the partitions of this month and of the next two, if they don't exist.
SELECT make_change_month((date_trunc('month', now() AT TIME ZONE 'UTC') + n * interval '1 month') AT TIME ZONE 'UTC')
FROM generate_series(0, 2) AS n

-- name: drop_months
-- Drops the months that are older than $1 months, unless the outbox needs them; returns whether it dropped any.
-- Only the owner of the log may do so; for others there is nothing to do.
SELECT drop_change_months(
    (date_trunc('month', now() AT TIME ZONE 'UTC') - $1 * interval '1 month') AT TIME ZONE 'UTC'
)
FROM pg_class
WHERE oid = 'change_sets'::regclass AND pg_has_role(relowner, 'USAGE')

-- name: wait_briefly
-- Limits how long the transaction waits for a lock: changes of products go on meanwhile.
SET LOCAL lock_timeout = '2s'

-- name: since
-- Returns the time since when the log is complete.
SELECT since FROM change_history

-- name: present
-- Returns these products ($1) as they are now, with their latest change sets.
SELECT p.id, p.last_change, {present} FROM products AS p WHERE p.id = ANY($1)

-- name: set
-- Returns the change set with the number $1.
SELECT number, at, id, import_id, products, kind, cause, actor, payload FROM change_sets WHERE number = $1

-- name: last_deletions
-- Returns the numbers of the sets, newest first, that tell of deleted products with ids from $1 to $2.
SELECT number FROM change_sets WHERE kind = 'deleted' AND last_id >= $1 AND first_id <= $2 ORDER BY number DESC

-- name: standing
-- Returns these products ($1) as they are now, sorted by their ids.
WITH touched AS (SELECT {deleted} FROM products AS p WHERE p.id = ANY($1) ORDER BY p.id)
SELECT {images} FROM touched

-- name: sets_of_import
-- Returns the sets of the import $1, newest first, with the numbers of their products.
SELECT number, products FROM change_sets WHERE import_id = $1 ORDER BY number DESC

-- name: numbered
-- Returns the change set with the number $1, without its data.
SELECT number, products, at, cause, import_id, kind FROM change_sets WHERE number = $1

-- name: narrow_sets
-- Returns the first parts of the sets of the import $1, in the order in which they were made.
SELECT number, kind, products, substr(payload, 1, coalesce(narrow, octet_length(payload))) AS narrow
FROM change_sets
WHERE import_id = $1
ORDER BY number

-- name: narrow_set
-- Returns the first part of the set with the number $1.
SELECT number, at, kind, cause, actor, import_id, substr(payload, 1, coalesce(narrow, octet_length(payload))) AS narrow
FROM change_sets
WHERE number = $1

-- name: last_change
-- Returns the number of the set that changed the product $1 last.
SELECT last_change FROM products WHERE id = $1

-- name: sets
-- Returns the sets with these numbers ($1).
SELECT number, at, id, import_id, products, kind, cause, actor, payload FROM change_sets WHERE number = ANY($1::bigint[])

-- name: settled_until
-- Returns a time: all sets before it can be seen, now and later. A transaction that is still open writes later ones.
SELECT least(clock_timestamp(), min(xact_start)) AS settled
FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND backend_type <> 'autovacuum worker'

-- name: sets_from
-- Returns the next sets, at most $4, behind the one at the time $1 with the number $2, and before the time $3.
SELECT number, at FROM change_sets
WHERE at >= $1 AND (at, number) > ($1, $2) AND at < $3
ORDER BY at, number
LIMIT $4

-- name: sets_of_deletion
-- Returns the sets of the deletion $1 of all products, newest first, with the numbers of their products.
SELECT c.number, c.products
FROM deletions AS d
JOIN change_sets AS c ON c.at BETWEEN d.started_at AND d.finished_at AND c.cause = 'deletion'
WHERE d.id = $1
ORDER BY c.number DESC

-- name: sets_after
-- Returns the sets after the moment $1, newest first, with the numbers of their products.
SELECT number, products FROM change_sets WHERE at > $1 ORDER BY number DESC
