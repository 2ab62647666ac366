-- Moves events from the outbox to the sinks.

-- name: register
-- Records that the sinks with these names ($1) are served now.
INSERT INTO event_sinks (name) SELECT unnest($1::text[]) ORDER BY 1
ON CONFLICT (name) DO UPDATE SET seen_at = now()

-- name: fan_out
-- Queues new batches, at most $1, for each sink, once the oldest has waited $2 seconds; returns how many.
-- There is no cursor on the position, because a later position may be committed first. Batches that another relay
-- works on are skipped. Nothing is queued before the oldest has waited, so that no batch overtakes another.
WITH oldest AS MATERIALIZED (
    SELECT occurred_at FROM outbox WHERE NOT fanned_out ORDER BY position LIMIT 1
),
fresh AS MATERIALIZED (
    SELECT id, position
    FROM outbox
    WHERE NOT fanned_out AND (SELECT occurred_at FROM oldest) <= now() - $2 * interval '1 second'
    ORDER BY position
    LIMIT $1
    FOR UPDATE SKIP LOCKED
),
queued AS (
    INSERT INTO sink_deliveries (batch_id, sink_id, position)
    SELECT f.id, s.id, f.position FROM fresh AS f, event_sinks AS s
),
marked AS (
    UPDATE outbox AS o SET fanned_out = true FROM fresh AS f WHERE o.id = f.id
)
SELECT count(*) FROM fresh

-- name: wake
-- Wakes the listeners of the channel $1.
SELECT pg_notify($1, '')

-- name: tell
-- Stores why the sink $1 can't be served ($2), or null if it can.
UPDATE event_sinks SET error = $2 WHERE name = $1

-- name: hold_briefly
-- Makes the server end this session when it is silent for longer than $1.
SELECT set_config('idle_session_timeout', $1, false)

-- name: take_queue
-- Returns the id of the sink $1, and whether this session now has its lock; $2 is the class of the sinks' locks.
SELECT s.id, pg_try_advisory_lock($2::integer, s.id) AS mine FROM event_sinks AS s WHERE s.name = $1

-- name: next
-- Returns the batch for the sink $1 that has been due for the longest time.
SELECT
    d.attempts, d.taken, d.most, o.id, o.type, o.actor, o.occurred_at, coalesce(c.payload, o.payload) AS payload,
    c.number, c.at, c.cause, c.kind, c.import_id
FROM sink_deliveries AS d
JOIN outbox AS o ON o.id = d.batch_id
LEFT JOIN change_sets AS c ON c.number = o.change_set AND c.at = o.changed_at
WHERE d.sink_id = $1 AND d.due_at <= now()
ORDER BY d.due_at, d.position
LIMIT 1

-- name: next_in_order
-- Returns the oldest batch for the sink $1, if it is due; the others wait for it.
-- A position is assigned while a product's row is locked, so the earlier event of a product has the lower position.
-- Nothing is returned while another relay may be about to queue an earlier batch.
SELECT
    d.attempts, d.taken, d.most, o.id, o.type, o.actor, o.occurred_at, coalesce(c.payload, o.payload) AS payload,
    c.number, c.at, c.cause, c.kind, c.import_id
FROM (
    SELECT due_at, position, batch_id, attempts, taken, most
    FROM sink_deliveries
    WHERE sink_id = $1 AND due_at IS NOT NULL
    ORDER BY position
    LIMIT 1
) AS d
JOIN outbox AS o ON o.id = d.batch_id
LEFT JOIN change_sets AS c ON c.number = o.change_set AND c.at = o.changed_at
WHERE d.due_at <= now()
  AND NOT EXISTS (SELECT FROM outbox AS f WHERE NOT f.fanned_out AND f.position < d.position)

-- name: delivered
-- Ends the delivery of the batch $2 to the sink $1, and deletes the batch after its last delivery.
SELECT settle_delivery($1, $2)

-- name: taken
-- Records that the sink $1 has taken the first $3 events of the batch $2.
UPDATE sink_deliveries SET taken = $3, attempts = 0 WHERE sink_id = $1 AND batch_id = $2

-- name: failed
-- Records that a delivery failed, and when it is retried; if that is null, it is given up.
UPDATE sink_deliveries
SET attempts = attempts + 1, failed_at = now(), error = :error, due_at = now() + :retry_seconds * interval '1 second',
    most = coalesce(:most, most)
WHERE sink_id = :sink_id AND batch_id = :batch_id

-- name: forget_sinks
-- Deletes the sinks that no relay has served for $1 days; returns their names.
DELETE FROM event_sinks WHERE seen_at < now() - $1 * interval '1 day' RETURNING name

-- name: forget_given_up
-- Deletes deliveries that were given up more than $1 days ago; returns the sinks' names.
DELETE FROM sink_deliveries AS d
USING event_sinks AS s
WHERE d.sink_id = s.id AND d.due_at IS NULL AND d.failed_at < now() - $1 * interval '1 day'
RETURNING s.name

-- name: forget_unneeded
-- Deletes the batches that no sink must get any more.
DELETE FROM outbox AS o
WHERE o.fanned_out AND NOT EXISTS (SELECT FROM sink_deliveries AS d WHERE d.batch_id = o.id)

-- name: forget_unheard
-- Deletes batches that are older than $1 days, if there was never a sink.
DELETE FROM outbox
WHERE NOT fanned_out AND occurred_at < now() - $1 * interval '1 day' AND NOT EXISTS (SELECT FROM event_sinks)

-- name: states
-- Returns every sink, by name, with the number of its waiting batches and of those given up.
SELECT
    s.name, s.seen_at, s.error,
    count(d.batch_id) FILTER (WHERE d.due_at IS NOT NULL) AS waiting,
    min(o.occurred_at) FILTER (WHERE d.due_at IS NOT NULL) AS oldest_at,
    count(d.batch_id) FILTER (WHERE d.due_at IS NULL) AS given_up
FROM event_sinks AS s
LEFT JOIN sink_deliveries AS d ON d.sink_id = s.id
LEFT JOIN outbox AS o ON o.id = d.batch_id
GROUP BY s.id
ORDER BY s.name

-- name: fresh
-- Returns how many batches haven't been queued for the sinks yet.
SELECT count(*) FROM outbox WHERE NOT fanned_out

-- name: retry
-- Makes the batches due that the sink $1 failed to take.
UPDATE sink_deliveries AS d
SET due_at = now(), attempts = 0
FROM event_sinks AS s
WHERE s.name = $1 AND d.sink_id = s.id AND (d.due_at IS NULL OR d.attempts > 0)
