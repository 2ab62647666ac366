-- name: create
INSERT INTO webhook_endpoints (
    url, description, events, sku_prefix, source, mode, ordered, enabled, timeout_seconds, concurrency, rate_limit,
    headers, secret
)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
WHERE (SELECT count(*) FROM webhook_endpoints) < $14
RETURNING *

-- name: any
SELECT EXISTS (SELECT FROM webhook_endpoints)

-- name: all
SELECT * FROM webhook_endpoints ORDER BY id

-- name: get
SELECT * FROM webhook_endpoints WHERE id = $1

-- name: change
-- One that is enabled again begins anew.
UPDATE webhook_endpoints
SET url = $2, description = $3, events = $4, sku_prefix = $5, source = $6, mode = $7, ordered = $8, enabled = $9,
    timeout_seconds = $10, concurrency = $11, rate_limit = $12, headers = $13,
    failing_since = CASE WHEN $9 AND NOT enabled THEN NULL ELSE failing_since END,
    failures = CASE WHEN $9 AND NOT enabled THEN 0 ELSE failures END,
    paused_until = CASE WHEN $9 AND NOT enabled THEN NULL ELSE paused_until END,
    warned_at = CASE WHEN $9 AND NOT enabled THEN NULL ELSE warned_at END,
    disabled_reason = CASE WHEN $9 THEN NULL ELSE disabled_reason END
WHERE id = $1
RETURNING *

-- name: hold
-- What a disabled endpoint was still to get is kept until somebody asks for it.
UPDATE webhook_deliveries SET state = 'held' WHERE endpoint_id = $1 AND state = 'waiting'

-- name: share
-- Whoever writes several of an endpoint's deliveries takes this first, or "lock" if they may be many: otherwise two
-- would wait for each other.
SELECT FROM webhook_endpoints WHERE id = $1 FOR SHARE

-- name: lock
SELECT FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE

-- name: lock_enabled
SELECT enabled FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE

-- name: rotate
UPDATE webhook_endpoints
SET previous_secret = secret, previous_until = now() + $3 * interval '1 second', secret = $2
WHERE id = $1
RETURNING *

-- name: delete
DELETE FROM webhook_endpoints WHERE id = $1 RETURNING id

-- name: cancel
UPDATE webhook_deliveries SET state = 'cancelled', finished_at = now()
WHERE endpoint_id = $1 AND state IN ('waiting', 'held')

-- name: record
-- In the library's table of actions: who did this to the endpoint.
INSERT INTO actions (actor, action, subject) VALUES ($1, $2, 'webhook:' || $3::bigint)

-- name: backlogs
SELECT
    endpoint_id,
    count(*) FILTER (WHERE state = 'waiting') AS waiting,
    min(created_at) FILTER (WHERE state = 'waiting') AS oldest_at,
    count(*) FILTER (WHERE state = 'held') AS held,
    count(*) FILTER (WHERE state = 'failed' AND type <> 'test') AS failed,
    count(*) FILTER (WHERE state = 'failed' AND type = 'test') AS failed_tests,
    count(*) FILTER (WHERE state = 'delivered') AS delivered
FROM webhook_deliveries
GROUP BY endpoint_id

-- name: succeeded
UPDATE webhook_endpoints SET failing_since = NULL, failures = 0, paused_until = NULL, warned_at = NULL
WHERE id = $1 AND failures > 0

-- name: failing
-- After several failures in a row it is left alone, for longer each time.
UPDATE webhook_endpoints
SET failing_since = coalesce(failing_since, now()), failures = failures + $2,
    paused_until = CASE
        WHEN failures + $2 >= $3
        THEN now() + least(600, 15 * 2 ^ least(10, failures + $2 - $3)) * interval '1 second'
    END
WHERE id = $1
RETURNING failing_since, warned_at, paused_until, enabled

-- name: warn
UPDATE webhook_endpoints SET warned_at = now() WHERE id = $1

-- name: disable
UPDATE webhook_endpoints SET enabled = false, disabled_reason = $2 WHERE id = $1 AND enabled RETURNING id
