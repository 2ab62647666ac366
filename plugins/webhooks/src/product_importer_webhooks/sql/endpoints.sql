-- name: create
-- Creates an endpoint; returns no row if there are as many as allowed.
INSERT INTO webhook_endpoints (
    url, description, events, sku_prefix, source, mode, values, ordered, enabled, timeout_seconds, concurrency,
    rate_limit, headers, secret
)
SELECT
    :url, :description, :events, :sku_prefix, :source, :mode, :values, :ordered, :enabled, :timeout_seconds, :concurrency,
    :rate_limit, :headers, :secret
WHERE (SELECT count(*) FROM webhook_endpoints) < :most
RETURNING *

-- name: any
-- Returns whether there are endpoints.
SELECT EXISTS (SELECT FROM webhook_endpoints)

-- name: all
-- Returns all endpoints, in the order of their creation.
SELECT * FROM webhook_endpoints ORDER BY id

-- name: get
-- Returns the endpoint with the id $1.
SELECT * FROM webhook_endpoints WHERE id = $1

-- name: change
-- Changes an endpoint; returns its new state.
-- If it is enabled again, its failures are forgotten.
UPDATE webhook_endpoints
SET url = :url, description = :description, events = :events, sku_prefix = :sku_prefix, source = :source, mode = :mode,
    values = :values, ordered = :ordered, enabled = :enabled, timeout_seconds = :timeout_seconds, concurrency = :concurrency,
    rate_limit = :rate_limit, headers = :headers,
    failing_since = CASE WHEN :enabled AND NOT enabled THEN NULL ELSE failing_since END,
    failures = CASE WHEN :enabled AND NOT enabled THEN 0 ELSE failures END,
    paused_until = CASE WHEN :enabled AND NOT enabled THEN NULL ELSE paused_until END,
    warned_at = CASE WHEN :enabled AND NOT enabled THEN NULL ELSE warned_at END,
    disabled_reason = CASE WHEN :enabled THEN NULL ELSE disabled_reason END
WHERE id = :id
RETURNING *

-- name: hold
-- Holds the waiting deliveries of the endpoint $1.
-- The deliveries of a disabled endpoint are kept until a user asks for them.
UPDATE webhook_deliveries SET state = 'held' WHERE endpoint_id = $1 AND state = 'waiting'

-- name: share
-- Locks the endpoint $1, shared with other transactions that write its deliveries, until the transaction ends.
-- A transaction that writes several of an endpoint's deliveries takes this lock first, or "lock" if they may be many;
-- otherwise two transactions could deadlock.
SELECT FROM webhook_endpoints WHERE id = $1 FOR SHARE

-- name: lock
-- Locks the endpoint $1 against other transactions that write its deliveries, until the transaction ends.
SELECT FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE

-- name: lock_enabled
-- Returns whether the endpoint $1 is enabled, and locks it until the transaction ends.
SELECT enabled FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE

-- name: rotate
-- Gives the endpoint $1 the secret $2; the former secret stays valid for another $3 seconds.
UPDATE webhook_endpoints
SET previous_secret = secret, previous_until = now() + $3 * interval '1 second', secret = $2
WHERE id = $1
RETURNING *

-- name: delete
-- Deletes the endpoint $1; returns no row if there is none.
DELETE FROM webhook_endpoints WHERE id = $1 RETURNING id

-- name: cancel
-- Cancels the waiting and held deliveries of the endpoint $1.
UPDATE webhook_deliveries SET state = 'cancelled', finished_at = now()
WHERE endpoint_id = $1 AND state IN ('waiting', 'held')

-- name: record
-- Records an action on the endpoint and its actor, in the library's table of actions.
INSERT INTO actions (actor, action, subject) VALUES ($1, $2, 'webhook:' || $3::bigint)

-- name: backlogs
-- Returns how many deliveries of each state each endpoint has.
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
-- Stores that the endpoint $1 accepts requests again.
UPDATE webhook_endpoints SET failing_since = NULL, failures = 0, paused_until = NULL, warned_at = NULL
WHERE id = $1 AND failures > 0

-- name: failing
-- Stores $2 failures of the endpoint $1, which is paused from the failure $3 on; returns its state.
-- Each further failure in a row makes the pause longer.
UPDATE webhook_endpoints
SET failing_since = coalesce(failing_since, now()), failures = failures + $2,
    paused_until = CASE
        WHEN failures + $2 >= $3
        THEN now() + least(600, 15 * 2 ^ least(10, failures + $2 - $3)) * interval '1 second'
    END
WHERE id = $1
RETURNING failing_since, warned_at, paused_until, enabled

-- name: warn
-- Stores that a warning about the endpoint $1 was given.
UPDATE webhook_endpoints SET warned_at = now() WHERE id = $1

-- name: disable
-- Disables the endpoint $1 for the reason $2; returns no row if it is disabled already.
UPDATE webhook_endpoints SET enabled = false, disabled_reason = $2 WHERE id = $1 AND enabled RETURNING id
