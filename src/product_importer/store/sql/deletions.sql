-- Deleting all products.

-- name: request
-- Creates a deletion by the actor $1 of so many products ($2), unless one waits or runs; returns its id.
INSERT INTO deletions (actor, total) VALUES ($1, $2)
ON CONFLICT DO NOTHING
RETURNING id

-- name: state
-- Returns the deletion with the id $1.
SELECT id, status, actor, total, deleted, message, created_at, started_at, finished_at FROM deletions WHERE id = $1

-- name: recent
-- Returns the latest deletions, at most $1, newest first.
SELECT id, status, actor, total, deleted, message, created_at, started_at, finished_at
FROM deletions
ORDER BY id DESC
LIMIT $1

-- name: due
-- Returns the deletions to be run; $1 is the class of their locks.
-- They are queued, or have the status running while no session holds their lock: their process died.
SELECT d.id, d.attempts
FROM deletions AS d
WHERE d.status IN ('queued', 'running')
  AND NOT advisory_held($1, d.id)

-- name: lock
-- Takes the lock of a deletion ($1: the class, $2: the second number), if it is free; returns whether it did.
SELECT pg_try_advisory_lock($1::integer, $2::integer)

-- name: expired
-- Returns whether the deletion $1 was confirmed more than $2 seconds ago.
SELECT created_at < now() - $2 * interval '1 second' FROM deletions WHERE id = $1

-- name: start
-- Begins an attempt at the deletion $1.
UPDATE deletions SET status = 'running', started_at = now(), deleted = 0, attempts = attempts + 1 WHERE id = $1

-- name: begin
-- Locks the products for the rest of the transaction, in which all of them are deleted.
-- Readers continue. Other writers wait until the deletion ends; it waits for transactions that are changing products.
SET LOCAL idle_in_transaction_session_timeout = '60s';
LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE

-- name: delete_block
-- Deletes the next products after the id $1, at most $2, and as many as have texts of about $3 bytes; returns them.
WITH block AS (
    SELECT p.id, {bytes} AS bytes FROM products AS p WHERE p.id > $1 ORDER BY p.id LIMIT $2
),
touched AS (
    DELETE FROM products AS p
    WHERE p.id > $1 AND p.id <= (
        SELECT max(id) FROM (SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM block) AS b WHERE before < $3
    )
    RETURNING {deleted}
)
SELECT max(id) AS last_id, {images} FROM touched

-- name: progress
-- Records that the running deletion $1 has deleted $2 products so far.
UPDATE deletions SET deleted = $2 WHERE id = $1 AND status = 'running'

-- name: complete
-- Ends the deletion $1, which deleted $2 products, with the message $3.
UPDATE deletions
SET status = 'completed', deleted = $2, message = $3, finished_at = clock_timestamp()
WHERE id = $1

-- name: fail
-- Ends the deletion $1 as failed, with the message $2; nothing was deleted.
UPDATE deletions
SET status = 'failed', deleted = 0, message = $2, finished_at = now()
WHERE id = $1 AND status IN ('queued', 'running')
