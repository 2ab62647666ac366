-- Actions: who asked for what.

-- name: record
INSERT INTO actions (actor, action, subject) VALUES ($1, $2, $3)

-- name: recent
SELECT id, occurred_at, actor, action, subject
FROM actions
WHERE ($2::text IS NULL OR subject = $2) AND ($3::bigint IS NULL OR id < $3)
ORDER BY id DESC
LIMIT $1
