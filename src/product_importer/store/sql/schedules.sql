-- Schedules and their runs.

-- name: create
-- Creates a schedule; returns its id.
INSERT INTO schedules (name, url, origin, cron, time_zone, overlap, active, options, next_at, author)
VALUES (:name, :url, :origin, :cron, :time_zone, :overlap, :active, :options, :next_at, :author)
RETURNING id

-- name: get
-- Returns the schedule $1, or all schedules if that is null, by name, each with its latest run and its latest import
-- that has not ended.
SELECT
    s.id, s.version, s.name, s.origin, s.cron, s.time_zone, s.overlap, s.active, s.options, s.next_at, s.created_at,
    s.updated_at, s.author,
    r.id AS run_id, r.slot, r.at, r.actor, r.result, r.import_id, i.status, coalesce(i.message, '') AS message,
    u.id AS unfinished_id, u.status AS unfinished_status
FROM schedules AS s
LEFT JOIN LATERAL (SELECT * FROM schedule_runs WHERE schedule_id = s.id ORDER BY id DESC LIMIT 1) AS r ON true
LEFT JOIN imports AS i ON i.id = r.import_id
LEFT JOIN LATERAL (
    SELECT m.id, m.status FROM schedule_runs AS q JOIN imports AS m ON m.id = q.import_id
    WHERE q.schedule_id = s.id AND m.status IN ('queued', 'running', 'waiting')
    ORDER BY m.id DESC
    LIMIT 1
) AS u ON true
WHERE $1::bigint IS NULL OR s.id = $1
ORDER BY s.name, s.id

-- name: change
-- Changes the schedule of this id and version; without a URL, the schedule keeps its own. A run that is due already stays
-- due, unless the schedule is paused. No row if it was changed.
UPDATE schedules
SET version = version + 1, updated_at = now(), name = :name, url = coalesce(:url, url),
    origin = coalesce(:origin, origin), cron = :cron, time_zone = :time_zone, overlap = :overlap, active = :active,
    options = :options, next_at = CASE WHEN :active AND active AND next_at <= now() THEN next_at ELSE :next_at END
WHERE id = :id AND version = :version
RETURNING id

-- name: remove
-- Deletes the schedule $1 and its runs; their imports stay. No row if there is none.
DELETE FROM schedules WHERE id = $1
RETURNING id

-- name: due
-- Returns the schedules that are due, at most $1, the longest due first. One that queues waits for its import.
SELECT s.id, s.next_at
FROM schedules AS s
WHERE s.active AND s.next_at <= now()
  AND (s.overlap = 'skip' OR NOT EXISTS (
      SELECT FROM schedule_runs AS r JOIN imports AS i ON i.id = r.import_id
      WHERE r.schedule_id = s.id AND i.status IN ('queued', 'running', 'waiting')
  ))
ORDER BY s.next_at
LIMIT $1

-- name: lock
-- Locks the schedule $1 until the transaction ends, unless another process has it; then there is no row.
SELECT id, version, url, origin, cron, time_zone, overlap, options, next_at, active AND next_at <= now() AS due
FROM schedules
WHERE id = $1
FOR UPDATE SKIP LOCKED

-- name: under_way
-- Returns the latest import of the schedule $1 that has not ended.
SELECT max(r.import_id) FROM schedule_runs AS r JOIN imports AS i ON i.id = r.import_id
WHERE r.schedule_id = $1 AND i.status IN ('queued', 'running', 'waiting')

-- name: begin
-- Records a run; without a slot, it is one of its own. There is at most one run of a slot.
INSERT INTO schedule_runs (schedule_id, slot, actor, result, import_id, version)
VALUES (:schedule_id, coalesce(:slot, clock_timestamp()), :actor, :result, :import_id, :version)

-- name: next
-- Sets the next time ($2) of the schedule $1.
UPDATE schedules SET next_at = $2 WHERE id = $1

-- name: forget_old
-- Deletes the old runs without an import of the schedule $1: those before its latest $2 runs.
DELETE FROM schedule_runs
WHERE schedule_id = $1 AND import_id IS NULL
  AND id < (SELECT min(id) FROM (SELECT id FROM schedule_runs WHERE schedule_id = $1 ORDER BY id DESC LIMIT $2) AS r)

-- name: runs
-- Returns the latest runs of the schedule $1, at most $2: of those below the run $3, or of all if that is null.
SELECT
    r.id AS run_id, r.slot, r.at, r.actor, r.result, r.import_id, i.status, coalesce(i.message, '') AS message
FROM schedule_runs AS r
LEFT JOIN imports AS i ON i.id = r.import_id
WHERE r.schedule_id = $1 AND ($3::bigint IS NULL OR r.id < $3)
ORDER BY r.id DESC
LIMIT $2
