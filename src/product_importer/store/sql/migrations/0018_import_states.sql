-- Imports are held to the table of states.py: which columns go with a status, and which status may follow another.

-- Locked at once: locks on rows that are followed by one on the table could deadlock with imports that run.
LOCK TABLE imports IN ACCESS EXCLUSIVE MODE;

-- No version is known to have left other rows than the conditions allow. Rows that were edited by hand are mended
-- from what they say otherwise: the status counts, and the times come from the chunks, the lease and the
-- registration. A finished_at that is removed is that of an attempt which the status says is not the last.
UPDATE imports AS i
SET phase = mended.phase, started_at = mended.started_at, finished_at = mended.finished_at,
    lease_started_at = mended.lease_started_at
FROM (
    SELECT
        id,
        CASE
            WHEN status = 'queued' THEN 'waiting'
            WHEN status = 'running' AND phase NOT IN ('reading', 'saving', 'deactivating') THEN 'reading'
            WHEN status = 'running' OR (status = 'cancelled' AND phase = 'waiting') THEN phase
            ELSE 'finished'
        END AS phase,
        CASE
            WHEN status IN ('queued', 'cancelled') THEN started_at
            ELSE coalesce(started_at, least(chunks.earliest, lease_started_at), created_at)
        END AS started_at,
        CASE
            WHEN status NOT IN ('queued', 'running')
            THEN coalesce(finished_at, greatest(chunks.latest, lease_started_at), started_at, created_at)
        END AS finished_at,
        CASE
            WHEN status = 'running' THEN coalesce(lease_started_at, started_at, chunks.earliest, created_at)
            ELSE lease_started_at
        END AS lease_started_at
    FROM imports
    CROSS JOIN LATERAL (
        SELECT min(committed_at) AS earliest, max(committed_at) AS latest
        FROM import_chunks
        WHERE import_id = imports.id
    ) AS chunks
) AS mended
WHERE i.id = mended.id
  AND (i.phase, i.started_at, i.finished_at, i.lease_started_at)
      IS DISTINCT FROM (mended.phase, mended.started_at, mended.finished_at, mended.lease_started_at);

ALTER TABLE imports
    ADD CONSTRAINT imports_finished CHECK ((finished_at IS NOT NULL) = (status NOT IN ('queued', 'running'))),
    ADD CONSTRAINT imports_started CHECK (started_at IS NOT NULL OR status IN ('queued', 'cancelled')),
    -- The time left is estimated from it.
    ADD CONSTRAINT imports_leased CHECK (lease_started_at IS NOT NULL OR status <> 'running'),
    ADD CONSTRAINT imports_phase CHECK (
        CASE status
            WHEN 'queued' THEN phase = 'waiting'
            WHEN 'running' THEN phase IN ('reading', 'saving', 'deactivating')
            WHEN 'cancelled' THEN phase IN ('waiting', 'finished')
            ELSE phase = 'finished'
        END
    );

CREATE TABLE import_transitions (
    status text NOT NULL,
    follows text NOT NULL, -- the status that may come next
    PRIMARY KEY (status, follows)
);
INSERT INTO import_transitions (status, follows) VALUES
    ('queued', 'running'),
    ('queued', 'cancelled'),
    ('running', 'queued'),
    ('running', 'planned'),
    ('running', 'completed'),
    ('running', 'failed'),
    ('running', 'cancelled'),
    ('failed', 'running'),
    ('failed', 'queued'),
    ('cancelled', 'running'),
    ('cancelled', 'queued');

CREATE FUNCTION check_import_transition() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM import_transitions WHERE status = OLD.status AND follows = NEW.status) THEN
        RAISE check_violation USING
            MESSAGE = format('Import %s is %s and can''t become %s.', OLD.id, OLD.status, NEW.status),
            HINT = 'The table import_transitions has the allowed transitions.';
    END IF;
    RETURN NEW;
END
$$;

-- Heartbeats don't name the status, so they don't come here. Rows may be inserted in any status, so that a
-- database can be restored from a dump of its data.
CREATE TRIGGER check_transition BEFORE UPDATE OF status ON imports
FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION check_import_transition();
