-- name: make_day
-- Creates the tables of the day $1, if they don't exist.
SELECT webhooks_make_day($1)

-- name: drop_days
-- Drops the tables of days before $1 that have no waiting deliveries; returns the number of days.
SELECT webhooks_drop_days($1)

-- name: keep_payload
-- Stores the events of a batch; returns no row if they are stored already.
INSERT INTO webhook_payloads (day, batch_id, first, type, actor, occurred_at, payload)
VALUES (:day, :batch_id, :first, :type, :actor, :occurred_at, :payload)
ON CONFLICT DO NOTHING
RETURNING true

-- name: payload
-- Returns the events of the batch $2 from the event $3 on, of the day $1.
SELECT type, actor, occurred_at, payload FROM webhook_payloads WHERE day = $1 AND batch_id = $2 AND first = $3

-- name: payloads_of
-- Returns events that an actor caused, after a place, oldest first.
-- Receivers use it to pull events.
SELECT day, batch_id, first, type, actor, occurred_at, payload
FROM webhook_payloads
WHERE actor = :actor AND (occurred_at, batch_id, first) > (:occurred_at, :batch_id, :first)
ORDER BY occurred_at, batch_id, first
LIMIT :most

-- name: ready
-- Returns the endpoints that have a due delivery.
SELECT e.*
FROM webhook_endpoints AS e
WHERE e.enabled AND (e.paused_until IS NULL OR e.paused_until <= now())
  AND (
      EXISTS (
          SELECT FROM webhook_deliveries AS d
          WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.products IS NULL AND d.due_at <= now()
      )
      OR EXISTS (
          SELECT FROM webhook_deliveries AS d
          WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.products IS NOT NULL AND d.due_at <= now()
      )
  )

-- name: claim
-- Claims deliveries of the endpoint $1 for $3 seconds, at most $2, including those that are due within $4 seconds.
-- Once a delivery is due, those that are due in a moment are sent with it.
WITH due AS (
    SELECT d.day, d.id, d.begun_at IS NOT NULL AS begun
    FROM webhook_deliveries AS d
    WHERE d.endpoint_id = $1 AND d.state = 'waiting' AND d.products IS NULL
      AND d.due_at <= now() + $4 * interval '1 second'
      AND EXISTS (
          SELECT FROM webhook_deliveries AS f
          WHERE f.endpoint_id = $1 AND f.state = 'waiting' AND f.products IS NULL AND f.due_at <= now()
      )
      AND EXISTS (SELECT FROM webhook_endpoints AS e WHERE e.id = $1 AND e.enabled)
    ORDER BY d.due_at
    LIMIT $2
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE webhook_deliveries AS d
SET due_at = now() + $3 * interval '1 second', begun_at = coalesce(d.begun_at, now())
FROM due
WHERE d.day = due.day AND d.id = due.id
RETURNING
    d.day, d.id, d.mode, d.sku_prefix, d.type, d.parts, d.events, d.position, d.products, d.attempts, d.created_at,
    d.due_at, d.values, d.size, due.begun

-- name: any_in_order
-- Returns whether the endpoint $1 has a due delivery that must be sent in order.
SELECT EXISTS (
    SELECT FROM webhook_deliveries
    WHERE endpoint_id = $1 AND state = 'waiting' AND products IS NOT NULL AND due_at <= now()
)

-- name: first_in_order
-- Returns the first deliveries of the endpoint $1 in their order, at most $2; those within $3 seconds count as due.
-- Deliveries that aren't due are included, since later ones may have to wait for them.
SELECT
    d.day, d.id, d.mode, d.sku_prefix, d.type, d.parts, d.events, d.position, d.products, d.attempts, d.created_at,
    d.due_at, d.values, d.size, d.begun_at IS NOT NULL AS begun, d.due_at <= now() + $3 * interval '1 second' AS due
FROM webhook_deliveries AS d
WHERE d.endpoint_id = $1 AND d.state = 'waiting' AND d.products IS NOT NULL
ORDER BY d.position
LIMIT $2

-- name: take
-- Claims these deliveries ($1: days, $2: ids) for $3 seconds.
UPDATE webhook_deliveries AS d
SET due_at = now() + $3 * interval '1 second', begun_at = coalesce(d.begun_at, now())
FROM unnest($1::date[], $2::uuid[]) AS t (day, id)
WHERE d.day = t.day AND d.id = t.id
RETURNING d.id, d.due_at

-- name: grow
-- Extends a delivery by the parts of the deliveries that are merged into it.
UPDATE webhook_deliveries
SET parts = :parts, events = :events, size = :size, type = :type, products = :products
WHERE day = :day AND id = :id

-- name: absorb
-- Deletes the delivery $2 of the day $1, which was merged into another one.
DELETE FROM webhook_deliveries WHERE day = $1 AND id = $2

-- name: keep_test
-- Stores a test that was sent.
INSERT INTO webhook_deliveries (
    day, id, endpoint_id, mode, sku_prefix, type, parts, events, state, attempts, created_at, begun_at, finished_at, error
)
VALUES (:day, :id, :endpoint_id, :mode, '', 'test', :parts, 1, :state, 1, :at, :at, now(), :error)

-- name: release
-- Makes the delivery $2 of the day $1 due now, unless another sender has claimed it since ($3: its due time).
UPDATE webhook_deliveries SET due_at = now() WHERE day = $1 AND id = $2 AND due_at = $3 AND state = 'waiting'

-- name: count
-- Adds $3 attempts of the class $2 to the figures of the endpoint $1.
INSERT INTO webhook_counts (endpoint_id, class, attempts)
SELECT id, $2, $3 FROM webhook_endpoints WHERE id = $1
ON CONFLICT (endpoint_id, class) DO UPDATE SET attempts = webhook_counts.attempts + excluded.attempts

-- name: delivered
-- Ends deliveries ($1: days, $2: ids, $3: attempts) that arrived.
UPDATE webhook_deliveries AS d
SET state = 'delivered', attempts = it.attempts, finished_at = now(), error = NULL
FROM unnest($1::date[], $2::uuid[], $3::integer[]) AS it (day, id, attempts)
WHERE d.day = it.day AND d.id = it.id

-- name: postponed
-- Stores that a delivery failed, and when it is retried, unless another sender has claimed it meanwhile.
UPDATE webhook_deliveries
SET attempts = :attempts, due_at = now() + :retry_seconds * interval '1 second', error = :error
WHERE day = :day AND id = :id AND due_at = :due_at AND state = 'waiting'

-- name: given_up
-- Ends a delivery that failed for good, unless another sender has claimed it meanwhile.
UPDATE webhook_deliveries
SET state = 'failed', attempts = :attempts, finished_at = now(), error = :error
WHERE day = :day AND id = :id AND due_at = :due_at AND state = 'waiting'

-- name: log
-- Returns an endpoint's deliveries before a place, latest first: of one state, or of all if that is null.
SELECT day, id, mode, type, events, state, attempts, created_at, due_at, finished_at, error
FROM webhook_deliveries
WHERE endpoint_id = :endpoint_id AND (:state::text IS NULL OR state = :state)
  AND (created_at, id) < (:before, :before_id)
ORDER BY created_at DESC, id DESC
LIMIT :most

-- name: one
-- Returns the delivery $2 of the endpoint $1.
SELECT * FROM webhook_deliveries WHERE endpoint_id = $1 AND id = $2

-- name: attempts
-- Returns the attempts at the delivery $2 of the endpoint $1, in order.
SELECT number, at, milliseconds, class, status, error, request, response, answer
FROM webhook_attempts
WHERE endpoint_id = $1 AND delivery_id = $2
ORDER BY at

-- name: replay
-- Makes an endpoint's deliveries due again: those with these ids, or all but tests, if they are in one of the given
-- states and were made within the given times.
UPDATE webhook_deliveries
SET state = 'waiting', attempts = 0, due_at = now(), finished_at = NULL, error = NULL
WHERE endpoint_id = :endpoint_id AND state <> 'waiting'
  AND (:ids::uuid[] IS NULL AND type <> 'test' OR id = ANY(:ids))
  AND (:states::text[] IS NULL OR state = ANY(:states))
  AND (:since::timestamptz IS NULL OR created_at >= :since)
  AND (:until::timestamptz IS NULL OR created_at < :until)

-- name: classes
-- Returns how the attempts of the last day ended.
SELECT class, count(*) AS attempts FROM webhook_attempts WHERE at > now() - interval '1 day' GROUP BY class ORDER BY class

-- name: counts
-- Returns how the attempts at each endpoint ended, since it was created.
SELECT endpoint_id, class, attempts FROM webhook_counts

-- name: waiting
-- Returns how many requests and events wait for each endpoint.
-- There are two parts, because each uses its own index.
SELECT endpoint_id, sum(requests)::bigint AS requests, sum(events)::bigint AS events, min(oldest_at) AS oldest_at
FROM (
    SELECT endpoint_id, count(*) AS requests, sum(events) AS events, min(created_at) AS oldest_at
    FROM webhook_deliveries
    WHERE state = 'waiting' AND products IS NULL
    GROUP BY endpoint_id
    UNION ALL
    SELECT endpoint_id, count(*), sum(events), min(created_at)
    FROM webhook_deliveries
    WHERE state = 'waiting' AND products IS NOT NULL
    GROUP BY endpoint_id
) AS both_kinds
GROUP BY endpoint_id
