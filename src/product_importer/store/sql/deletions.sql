-- Deleting all products.

-- name: request
INSERT INTO deletions (actor, total) VALUES ($1, $2)
ON CONFLICT DO NOTHING
RETURNING id

-- name: state
SELECT id, status, actor, total, deleted, message, created_at, started_at, finished_at FROM deletions WHERE id = $1

-- name: recent
SELECT id, status, actor, total, deleted, message, created_at, started_at, finished_at
FROM deletions
ORDER BY id DESC
LIMIT $1

-- name: due
-- Queued, or running by its status while nobody holds its lock: whoever ran it is gone.
SELECT d.id, d.attempts
FROM deletions AS d
WHERE d.status IN ('queued', 'running')
  AND NOT advisory_held($1, d.id)

-- name: lock
SELECT pg_try_advisory_lock($1::integer, $2::integer)

-- name: expired
SELECT created_at < now() - $2 * interval '1 second' FROM deletions WHERE id = $1

-- name: start
UPDATE deletions SET status = 'running', started_at = now(), deleted = 0, attempts = attempts + 1 WHERE id = $1

-- name: begin
-- Readers go on. Whoever changes products waits until all are gone; what was being changed is waited for.
SET LOCAL idle_in_transaction_session_timeout = '60s';
LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE

-- name: delete_block
DELETE FROM products
WHERE id > $1 AND id <= (
    SELECT max(id) FROM (SELECT id FROM products WHERE id > $1 ORDER BY id LIMIT $2) AS block
)
RETURNING id, sku

-- name: progress
UPDATE deletions SET deleted = $2 WHERE id = $1 AND status = 'running'

-- name: complete
UPDATE deletions
SET status = 'completed', deleted = $2, message = $3, finished_at = clock_timestamp()
WHERE id = $1

-- name: fail
UPDATE deletions
SET status = 'failed', deleted = 0, message = $2, finished_at = now()
WHERE id = $1 AND status IN ('queued', 'running')
