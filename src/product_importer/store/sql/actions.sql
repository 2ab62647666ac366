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

-- name: audit
-- Returns acts and changes of products together, at most $1, the latest first. {acts} and {changes} are the conditions
-- of the two logs, so that the plan has those that are asked for only; {earlier_acts} and {earlier_changes} continue
-- the list. The author is the one who began the import. What an import did in many transactions is one entry for each kind of change, at the time of the first of
-- these that {changes} lets through.
SELECT
    at, log, number, actor, action, subject,
    (SELECT author FROM imports WHERE id = entries.import_id) AS author,
    CASE
        WHEN import_id IS NULL THEN products
        ELSE (
            SELECT sum(products) FROM change_sets
            WHERE import_id = entries.import_id AND kind = entries.kind AND {changes}
        )
    END AS products
FROM (
    (
        SELECT
            occurred_at AS at, 'act' AS log, id AS number, actor, action, subject,
            NULL::bigint AS products, NULL::bigint AS import_id, NULL::text AS kind
        FROM actions
        WHERE {acts} AND {earlier_acts}
        ORDER BY occurred_at DESC, id DESC
        LIMIT $1
    )
    UNION ALL
    (
        SELECT
            at, 'change', number, actor, 'products.' || kind, coalesce('import:' || import_id, ''),
            products, import_id, kind
        FROM change_sets AS sets
        WHERE {changes} AND {earlier_changes} AND NOT EXISTS (
            SELECT FROM change_sets
            WHERE import_id = sets.import_id AND kind = sets.kind
                AND (at, number) < (sets.at, sets.number) AND {changes}
        )
        ORDER BY at DESC, number DESC
        LIMIT $1
    )
    ORDER BY at DESC, log DESC, number DESC
    LIMIT $1
) AS entries
ORDER BY at DESC, log DESC, number DESC
