-- Rejected rows, grouped by fault, and their resubmission by another import.

-- name: still_rejected
-- Returns those of these records ($2) that are rejected in the import $1.
SELECT record FROM import_rejects WHERE import_id = $1 AND record = ANY($2::bigint[])

-- name: left_out
-- Returns which records of the file of the resubmission $1 are left out.
SELECT left_out FROM imports WHERE id = $1

-- name: settle
-- Moves resubmitted rows in the ledger of the first import: those that the import :import_id has rejected again get
-- their new cells and errors, the others leave the rejected rows and are added to the counts of what became of them.
-- The file of the resubmission has six more columns after the first file's own ones. If the first file was itself
-- imported as a file of rejected rows, its columns of that kind keep their cells. Returns how many rows were there.
WITH resubmitted AS (
    SELECT p.record, p.origin FROM unnest(:records::bigint[], :origins::bigint[]) AS p (record, origin)
),
again AS (
    UPDATE import_rejects AS r
    SET errors = n.errors,
        cells = n.cells[1:c.own] || r.cells[c.own + 1:c.width] || n.cells[c.own + 7:]
    FROM resubmitted AS s, import_rejects AS n, (
        SELECT array_length(me.header, 1) - 6 AS own, array_length(first.header, 1) AS width
        FROM imports AS me, imports AS first
        WHERE me.id = :import_id AND first.id = :first_id
    ) AS c
    WHERE r.import_id = :first_id AND r.record = s.origin AND n.import_id = :import_id AND n.record = s.record
    RETURNING r.record
),
gone AS (
    DELETE FROM import_rejects AS r
    USING resubmitted AS s
    WHERE r.import_id = :first_id AND r.record = s.origin
      AND NOT EXISTS (SELECT FROM import_rejects AS n WHERE n.import_id = :import_id AND n.record = s.record)
    RETURNING r.record
),
moved AS (
    INSERT INTO import_chunks AS c (
        import_id, phase, first, last, lease_token, created, updated, unchanged, deleted, duplicate, skipped, invalid
    )
    SELECT
        :first_id, 'resubmitted', :import_id, :import_id, 0, :created::bigint, :updated::bigint, :unchanged::bigint,
        :deleted::bigint, :duplicate::bigint,
        g.rows - (:created::bigint + :updated::bigint + :unchanged::bigint + :deleted::bigint + :duplicate::bigint), -g.rows
    FROM (SELECT count(*) AS rows FROM gone) AS g
    WHERE g.rows > 0
    ON CONFLICT (import_id, phase, first) DO UPDATE
    SET created = c.created + excluded.created, updated = c.updated + excluded.updated,
        unchanged = c.unchanged + excluded.unchanged, deleted = c.deleted + excluded.deleted,
        duplicate = c.duplicate + excluded.duplicate, skipped = c.skipped + excluded.skipped,
        invalid = c.invalid + excluded.invalid
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM again) AS rows

-- name: faults
-- Returns the rejected rows of the import $1 in groups of the same first error: how many rows a group has, and its
-- first row. The largest group comes first.
SELECT g.code, r.errors -> 0 ->> 'column' AS column, g.number, r.record, r.line, r.cells, r.errors
FROM (
    SELECT code, header, count(*) AS number, min(record) AS record
    FROM import_rejects
    WHERE import_id = $1
    GROUP BY code, header
) AS g
JOIN import_rejects AS r ON r.import_id = $1 AND r.record = g.record
ORDER BY g.number DESC, g.record

-- name: rejected
-- Returns rejected rows of an import after a record, in the file's order: those with this first error, or all if the
-- code is null; those of this column, or of all columns if the header is null.
SELECT record, line, cells, errors
FROM import_rejects
WHERE import_id = :import_id AND record > :after AND (:code::text IS NULL OR code = left(:code, 100) COLLATE "C")
  AND (:header::text IS NULL OR header = left(:header, 100) COLLATE "C")
ORDER BY record
LIMIT :limit

-- name: rejected_at
-- Returns the rejected rows of the import $1 with these records ($2), in the file's order.
SELECT record, line, cells, errors FROM import_rejects WHERE import_id = $1 AND record = ANY($2::bigint[]) ORDER BY record

-- name: resubmissions
-- Returns the imports that resubmit rows of the import $1, newest first, each with the number of rows that have left
-- the rejected ones.
SELECT i.id, i.status, coalesce(-c.invalid, 0)::bigint AS rows
FROM imports AS i
LEFT JOIN import_chunks AS c ON c.import_id = $1 AND c.phase = 'resubmitted' AND c.first = i.id
WHERE i.of_import = $1 AND i.kind = 'resubmission'
ORDER BY i.id DESC
