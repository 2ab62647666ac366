-- name: make_day
SELECT webhooks_make_day($1)

-- name: drop_days
SELECT webhooks_drop_days($1)

-- name: keep_payload
INSERT INTO webhook_payloads (day, batch_id, first, type, actor, occurred_at, payload)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
RETURNING true

-- name: payload
SELECT type, actor, occurred_at, payload FROM webhook_payloads WHERE day = $1 AND batch_id = $2 AND first = $3

-- name: payloads_of
-- What one actor caused, for those who pull.
SELECT day, batch_id, first, type, actor, occurred_at, payload
FROM webhook_payloads
WHERE actor = $1 AND (occurred_at, batch_id, first) > ($2, $3, $4)
ORDER BY occurred_at, batch_id, first
LIMIT $5

-- name: ready
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
-- Once something is due, what will be in a moment goes with it.
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
    d.due_at, due.begun

-- name: any_in_order
SELECT EXISTS (
    SELECT FROM webhook_deliveries
    WHERE endpoint_id = $1 AND state = 'waiting' AND products IS NOT NULL AND due_at <= now()
)

-- name: first_in_order
-- Also those that aren't due: later ones may have to wait for them.
SELECT
    d.day, d.id, d.mode, d.sku_prefix, d.type, d.parts, d.events, d.position, d.products, d.attempts, d.created_at,
    d.due_at, d.begun_at IS NOT NULL AS begun, d.due_at <= now() + $3 * interval '1 second' AS due
FROM webhook_deliveries AS d
WHERE d.endpoint_id = $1 AND d.state = 'waiting' AND d.products IS NOT NULL
ORDER BY d.position
LIMIT $2

-- name: take
UPDATE webhook_deliveries AS d
SET due_at = now() + $3 * interval '1 second', begun_at = coalesce(d.begun_at, now())
FROM unnest($1::date[], $2::uuid[]) AS t (day, id)
WHERE d.day = t.day AND d.id = t.id
RETURNING d.id, d.due_at

-- name: grow
UPDATE webhook_deliveries SET parts = $3, events = $4, type = $5, products = $6 WHERE day = $1 AND id = $2

-- name: absorb
DELETE FROM webhook_deliveries WHERE day = $1 AND id = $2

-- name: keep_test
INSERT INTO webhook_deliveries (
    day, id, endpoint_id, mode, sku_prefix, type, parts, events, state, attempts, created_at, begun_at, finished_at, error
)
VALUES ($1, $2, $3, $4, '', 'test', $5, 1, $6, 1, $7, $7, now(), $8)

-- name: release
UPDATE webhook_deliveries SET due_at = now() WHERE day = $1 AND id = $2 AND due_at = $3 AND state = 'waiting'

-- name: count
INSERT INTO webhook_counts (endpoint_id, class, attempts)
SELECT id, $2, $3 FROM webhook_endpoints WHERE id = $1
ON CONFLICT (endpoint_id, class) DO UPDATE SET attempts = webhook_counts.attempts + excluded.attempts

-- name: delivered
UPDATE webhook_deliveries AS d
SET state = 'delivered', attempts = it.attempts, finished_at = now(), error = NULL
FROM unnest($1::date[], $2::uuid[], $3::integer[]) AS it (day, id, attempts)
WHERE d.day = it.day AND d.id = it.id

-- name: postponed
-- Unless another has taken it over meanwhile.
UPDATE webhook_deliveries
SET attempts = $3, due_at = now() + $5 * interval '1 second', error = $6
WHERE day = $1 AND id = $2 AND due_at = $4 AND state = 'waiting'

-- name: given_up
UPDATE webhook_deliveries
SET state = 'failed', attempts = $3, finished_at = now(), error = $5
WHERE day = $1 AND id = $2 AND due_at = $4 AND state = 'waiting'

-- name: log
SELECT day, id, mode, type, events, state, attempts, created_at, due_at, finished_at, error
FROM webhook_deliveries
WHERE endpoint_id = $1 AND ($2::text IS NULL OR state = $2) AND (created_at, id) < ($3, $4)
ORDER BY created_at DESC, id DESC
LIMIT $5

-- name: one
SELECT * FROM webhook_deliveries WHERE endpoint_id = $1 AND id = $2

-- name: attempts
SELECT number, at, milliseconds, class, status, error, request, response, answer
FROM webhook_attempts
WHERE endpoint_id = $1 AND delivery_id = $2
ORDER BY at

-- name: replay
UPDATE webhook_deliveries
SET state = 'waiting', attempts = 0, due_at = now(), finished_at = NULL, error = NULL
WHERE endpoint_id = $1 AND state <> 'waiting'
  AND ($2::uuid[] IS NULL AND type <> 'test' OR id = ANY($2))
  AND ($3::text[] IS NULL OR state = ANY($3))
  AND ($4::timestamptz IS NULL OR created_at >= $4)
  AND ($5::timestamptz IS NULL OR created_at < $5)

-- name: classes
SELECT class, count(*) AS attempts FROM webhook_attempts WHERE at > now() - interval '1 day' GROUP BY class ORDER BY class

-- name: counts
SELECT endpoint_id, class, attempts FROM webhook_counts

-- name: waiting
-- In two parts, each by its index.
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
