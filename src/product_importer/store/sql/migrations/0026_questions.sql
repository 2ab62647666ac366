-- Imports may wait for answers to questions about their file.

-- Locked at once: locks on rows that are followed by one on the table could deadlock with imports that run.
LOCK TABLE imports IN ACCESS EXCLUSIVE MODE;

ALTER TABLE imports
    ADD COLUMN questions jsonb,
    ADD COLUMN questions_at timestamptz, -- since when the import has waited for answers
    DROP CONSTRAINT imports_status_check,
    DROP CONSTRAINT imports_finished,
    DROP CONSTRAINT imports_phase,
    ADD CONSTRAINT imports_status_check CHECK (
        status IN ('queued', 'running', 'waiting', 'planned', 'completed', 'failed', 'cancelled', 'undone')
    ),
    ADD CONSTRAINT imports_finished CHECK (
        (finished_at IS NOT NULL) = (status NOT IN ('queued', 'running', 'waiting'))
    ),
    ADD CONSTRAINT imports_asked CHECK (
        (questions IS NOT NULL AND questions_at IS NOT NULL) OR status <> 'waiting'
    ),
    ADD CONSTRAINT imports_phase CHECK (
        CASE status
            WHEN 'queued' THEN phase = 'waiting'
            WHEN 'running' THEN phase IN ('fetching', 'reading', 'saving', 'deactivating')
            WHEN 'waiting' THEN phase = 'waiting'
            WHEN 'cancelled' THEN phase IN ('waiting', 'finished')
            ELSE phase = 'finished'
        END
    );

INSERT INTO import_transitions (status, follows) VALUES
    ('running', 'waiting'),
    ('waiting', 'queued'),
    ('waiting', 'cancelled');

DROP INDEX imports_unfinished;
CREATE INDEX imports_unfinished ON imports (id) WHERE status IN ('queued', 'running', 'waiting');
