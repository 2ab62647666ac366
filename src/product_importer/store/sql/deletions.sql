-- Deleting all products.

-- name: request
-- Makes a deletion by the actor $1 of so many products ($2), unless one waits or runs; returns its id.
INSERT INTO deletions (actor, total) VALUES ($1, $2)
ON CONFLICT DO NOTHING
RETURNING id

-- name: state
-- The deletion with the id $1.
SELECT id, status, actor, total, deleted, message, created_at, started_at, finished_at FROM deletions WHERE id = $1

-- name: recent
-- The latest deletions, at most $1, newest first.
SELECT id, status, actor, total, deleted, message, created_at, started_at, finished_at
FROM deletions
ORDER BY id DESC
LIMIT $1

-- name: due
-- The deletions to be run; $1 is the class of their locks.
-- Queued, or running by its status while nobody holds its lock: whoever ran it is gone.
SELECT d.id, d.attempts
FROM deletions AS d
WHERE d.status IN ('queued', 'running')
  AND NOT advisory_held($1, d.id)

-- name: lock
-- Takes the lock of a deletion ($1: the class, $2: the second number), if nobody holds it; says whether it did.
SELECT pg_try_advisory_lock($1::integer, $2::integer)

-- name: expired
-- Whether the deletion $1 was confirmed more than $2 seconds ago.
SELECT created_at < now() - $2 * interval '1 second' FROM deletions WHERE id = $1

-- name: start
-- Begins an attempt at the deletion $1.
UPDATE deletions SET status = 'running', started_at = now(), deleted = 0, attempts = attempts + 1 WHERE id = $1

-- name: begin
-- Locks the products for the rest of the transaction, in which all of them are deleted.
-- Readers go on. Whoever changes products waits until all are gone; what was being changed is waited for.
SET LOCAL idle_in_transaction_session_timeout = '60s';
LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE

-- name: delete_block
-- Deletes the next products after the id $1, at most $2; returns their ids and SKUs.
DELETE FROM products
WHERE id > $1 AND id <= (
    SELECT max(id) FROM (SELECT id FROM products WHERE id > $1 ORDER BY id LIMIT $2) AS block
)
RETURNING id, sku

-- name: progress
-- Notes that so many products ($2) are deleted so far, in the deletion $1 that runs.
UPDATE deletions SET deleted = $2 WHERE id = $1 AND status = 'running'

-- name: complete
-- Ends the deletion $1, which deleted $2 products, with the message $3.
UPDATE deletions
SET status = 'completed', deleted = $2, message = $3, finished_at = clock_timestamp()
WHERE id = $1

-- name: fail
-- Ends the deletion $1 without having deleted anything, with the message $2.
UPDATE deletions
SET status = 'failed', deleted = 0, message = $2, finished_at = now()
WHERE id = $1 AND status IN ('queued', 'running')
