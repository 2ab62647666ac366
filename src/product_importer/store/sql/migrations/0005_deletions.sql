-- Deleting all products: asked for and confirmed, then done by a worker, all at once.

CREATE TABLE deletions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    actor text NOT NULL,
    total bigint NOT NULL,
    deleted bigint NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    message text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz
);
-- One at a time: a second one would delete what came after the first, which nobody had seen.
CREATE UNIQUE INDEX deletions_unfinished ON deletions ((true)) WHERE status IN ('queued', 'running');
