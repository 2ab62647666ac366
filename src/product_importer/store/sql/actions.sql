-- Actions: requests and their actors.

-- name: record
-- Records that the actor $1 asked for the action $2 of the subject $3.
INSERT INTO actions (actor, action, subject) VALUES ($1, $2, $3)

-- name: recent
-- Returns the latest actions, at most $1, newest first: of the subject $2 and below the id $3, unless these are null.
SELECT id, occurred_at, actor, action, subject
FROM actions
WHERE ($2::text IS NULL OR subject = $2) AND ($3::bigint IS NULL OR id < $3)
ORDER BY id DESC
LIMIT $1
