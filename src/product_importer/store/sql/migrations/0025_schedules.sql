-- Imports of a URL at certain times.

CREATE TABLE schedules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version integer NOT NULL DEFAULT 1,
    name text NOT NULL,
    url text NOT NULL, -- may hold a password; "origin" is what is shown
    origin text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    overlap text NOT NULL CHECK (overlap IN ('skip', 'queue')),
    active boolean NOT NULL,
    options jsonb NOT NULL,
    next_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    author text,
    CHECK (active = (next_at IS NOT NULL))
);
CREATE INDEX schedules_next ON schedules (next_at) WHERE active;

-- A slot is the time for which a run was due. That it is unique keeps two workers from starting one slot twice.
CREATE TABLE schedule_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schedule_id bigint NOT NULL REFERENCES schedules ON DELETE CASCADE,
    slot timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor text,
    result text NOT NULL CHECK (result IN ('imported', 'unchanged', 'skipped')),
    import_id bigint UNIQUE REFERENCES imports ON DELETE SET NULL,
    -- The schedule's version, and the marks of the file that was fetched: a later run of this version leaves a file
    -- alone that has the same ones.
    version integer NOT NULL,
    etag text,
    modified text,
    sha256 bytea,
    UNIQUE (schedule_id, slot)
);
CREATE INDEX schedule_runs_latest ON schedule_runs (schedule_id, id);
