-- name: create
-- Makes an endpoint, unless there are as many as may be; no row then.
INSERT INTO webhook_endpoints (
    url, description, events, sku_prefix, source, mode, ordered, enabled, timeout_seconds, concurrency, rate_limit,
    headers, secret
)
SELECT
    :url, :description, :events, :sku_prefix, :source, :mode, :ordered, :enabled, :timeout_seconds, :concurrency,
    :rate_limit, :headers, :secret
WHERE (SELECT count(*) FROM webhook_endpoints) < :most
RETURNING *

-- name: any
-- Whether there are endpoints.
SELECT EXISTS (SELECT FROM webhook_endpoints)

-- name: all
-- All endpoints, in the order in which they were made.
SELECT * FROM webhook_endpoints ORDER BY id

-- name: get
-- The endpoint with the id $1.
SELECT * FROM webhook_endpoints WHERE id = $1

-- name: change
-- Changes an endpoint; returns what it is then.
-- One that is enabled again begins anew.
UPDATE webhook_endpoints
SET url = :url, description = :description, events = :events, sku_prefix = :sku_prefix, source = :source, mode = :mode,
    ordered = :ordered, enabled = :enabled, timeout_seconds = :timeout_seconds, concurrency = :concurrency,
    rate_limit = :rate_limit, headers = :headers,
    failing_since = CASE WHEN :enabled AND NOT enabled THEN NULL ELSE failing_since END,
    failures = CASE WHEN :enabled AND NOT enabled THEN 0 ELSE failures END,
    paused_until = CASE WHEN :enabled AND NOT enabled THEN NULL ELSE paused_until END,
    warned_at = CASE WHEN :enabled AND NOT enabled THEN NULL ELSE warned_at END,
    disabled_reason = CASE WHEN :enabled THEN NULL ELSE disabled_reason END
WHERE id = :id
RETURNING *

-- name: hold
-- Holds back what waits for the endpoint $1.
-- What a disabled endpoint was still to get is kept until somebody asks for it.
UPDATE webhook_deliveries SET state = 'held' WHERE endpoint_id = $1 AND state = 'waiting'

-- name: share
-- Locks the endpoint $1 together with others who write its deliveries, until the transaction ends.
-- Whoever writes several of an endpoint's deliveries takes this first, or "lock" if they may be many: otherwise two
-- would wait for each other.
SELECT FROM webhook_endpoints WHERE id = $1 FOR SHARE

-- name: lock
-- Locks the endpoint $1 against others who write its deliveries, until the transaction ends.
SELECT FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE

-- name: lock_enabled
-- Whether the endpoint $1, which is locked until the transaction ends, is enabled.
SELECT enabled FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE

-- name: rotate
-- Gives the endpoint $1 the secret $2; the one before counts for another $3 seconds.
UPDATE webhook_endpoints
SET previous_secret = secret, previous_until = now() + $3 * interval '1 second', secret = $2
WHERE id = $1
RETURNING *

-- name: delete
-- Deletes the endpoint $1; no row where there is none.
DELETE FROM webhook_endpoints WHERE id = $1 RETURNING id

-- name: cancel
-- Cancels what waits for the endpoint $1, or is held back.
UPDATE webhook_deliveries SET state = 'cancelled', finished_at = now()
WHERE endpoint_id = $1 AND state IN ('waiting', 'held')

-- name: record
-- In the library's table of actions: who did this to the endpoint.
INSERT INTO actions (actor, action, subject) VALUES ($1, $2, 'webhook:' || $3::bigint)

-- name: backlogs
-- How many deliveries each endpoint has of each state.
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
-- Notes that the endpoint $1 takes requests again.
UPDATE webhook_endpoints SET failing_since = NULL, failures = 0, paused_until = NULL, warned_at = NULL
WHERE id = $1 AND failures > 0

-- name: failing
-- Notes $2 failures of the endpoint $1, which is left alone from the failure $3 on; returns how it fares.
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
-- Notes that somebody was warned of the endpoint $1.
UPDATE webhook_endpoints SET warned_at = now() WHERE id = $1

-- name: disable
-- Disables the endpoint $1 for the reason $2; no row where it is disabled.
UPDATE webhook_endpoints SET enabled = false, disabled_reason = $2 WHERE id = $1 AND enabled RETURNING id
