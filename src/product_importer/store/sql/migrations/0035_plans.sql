-- The changes that an import would make, computed and not made: one row for each chunk that changes anything.

-- Locked at once: locks on rows that are followed by one on the table could deadlock with imports that run.
LOCK TABLE imports IN ACCESS EXCLUSIVE MODE;

CREATE TABLE plan_chunks (
    import_id bigint NOT NULL,
    phase text NOT NULL,
    first bigint NOT NULL,
    changes integer NOT NULL, -- the number of products
    names text[] NOT NULL, -- names of attributes that the catalogue doesn't have yet
    -- What filters and orders need of each change, and the changes with all values: see store/plan_rows.py. Both are
    -- compressed already.
    narrow bytea NOT NULL,
    payload bytea NOT NULL,
    ends integer[] NOT NULL, -- where the blocks of the payload end
    PRIMARY KEY (import_id, phase, first),
    FOREIGN KEY (import_id, phase, first) REFERENCES import_chunks ON DELETE CASCADE
);
ALTER TABLE plan_chunks ALTER COLUMN narrow SET STORAGE EXTERNAL, ALTER COLUMN payload SET STORAGE EXTERNAL;

-- Whether the chunk is only planned. While a plan is applied, an import's counters are the sums of the other chunks.
ALTER TABLE import_chunks ADD COLUMN planned boolean NOT NULL DEFAULT false;

-- When somebody asked for the plan to be applied, and whether that is to be done in one transaction.
ALTER TABLE imports ADD COLUMN applied_at timestamptz, ADD COLUMN apply_whole boolean NOT NULL DEFAULT false;

-- The last record of touched products (product_changes) before the first chunk was planned or saved.
ALTER TABLE imports ADD COLUMN products_touched bigint;

INSERT INTO import_transitions (status, follows) VALUES ('planned', 'queued');
