-- Products, imports with their chunks and rejected rows, and the outbox.

-- One lock-guarded sequence hands out blocks of consecutive ids. A plain nextval() beside it would race with
-- the setval(), so the column's default goes through the same function.
CREATE SEQUENCE products_id_seq;

CREATE FUNCTION reserve_product_ids(amount bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    first bigint;
BEGIN
    PERFORM pg_advisory_lock(7163001);
    first := nextval('products_id_seq');
    IF amount > 1 THEN
        PERFORM setval('products_id_seq', first + amount - 1);
    END IF;
    PERFORM pg_advisory_unlock(7163001);
    RETURN first;
END
$$;

-- Fixed-width columns come first: no padding between them. The key is the primary key, so that the table can
-- be hash-partitioned by it one day. Pages are filled by half: an update then finds room beside the row it
-- replaces and leaves the indexes alone (measured: an import that changes every row takes half the time).
CREATE TABLE products (
    id bigint NOT NULL DEFAULT reserve_product_ids(1),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by_import bigint,
    updated_by_import bigint,
    version integer NOT NULL DEFAULT 1,
    -- The transaction, by its lowest 32 bits, in which an import wrote this row, and a digest of what it merged.
    -- As long as the row's xmin is that transaction, nobody has touched it since: a row of the same digest
    -- changes nothing.
    merged_in integer,
    -- What the latest UPDATE by an import changed (see changed_fields). It stands here for that statement's
    -- RETURNING, which before PostgreSQL 18 can't see a row as it was.
    changes smallint,
    active boolean NOT NULL DEFAULT true,
    sku_key text COLLATE "C" NOT NULL,
    sku text NOT NULL,
    name text NOT NULL,
    description text,
    price numeric(19, 4) CHECK (price >= 0),
    attributes jsonb NOT NULL DEFAULT '{}',
    merged bytea,
    PRIMARY KEY (sku_key)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX products_id ON products (id);

-- The next three say how a row of a file is merged into a product. PostgreSQL writes them out where they are used.

-- A blank cell (null) keeps what is there, or clears it.
CREATE FUNCTION merged_value(incoming anyelement, present anyelement, clear boolean) RETURNS anyelement
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN clear THEN incoming ELSE coalesce(incoming, present) END $$;

-- Attributes that the file lacks stay; "cleared" names those that a blank cell removes, or is null.
CREATE FUNCTION merged_attributes(incoming jsonb, present jsonb, cleared text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN incoming IS NULL AND cleared IS NULL THEN present
        ELSE (present - coalesce(cleared, '{}')) || coalesce(incoming, '{}')
    END
$$;

-- A bit for each field that differs: 1 SKU, 2 name, 4 description, 8 price, 16 active, 32 attributes.
CREATE FUNCTION changed_fields(
    sku text, new_sku text, name text, new_name text, description text, new_description text,
    price numeric, new_price numeric, active boolean, new_active boolean, attributes jsonb, new_attributes jsonb
) RETURNS smallint
LANGUAGE sql IMMUTABLE AS $$
    SELECT (
        (new_sku <> sku)::integer
        + (new_name <> name)::integer * 2
        + (new_description IS DISTINCT FROM description)::integer * 4
        + (new_price IS DISTINCT FROM price)::integer * 8
        + (new_active <> active)::integer * 16
        + (new_attributes <> attributes)::integer * 32
    )::smallint
$$;

CREATE TABLE imports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    status text NOT NULL DEFAULT 'queued' CHECK (
        status IN ('queued', 'running', 'planned', 'completed', 'failed', 'cancelled', 'undone')
    ),
    phase text NOT NULL DEFAULT 'waiting',
    source text NOT NULL,
    filename text NOT NULL,
    options jsonb NOT NULL,
    message text NOT NULL DEFAULT '',
    bytes_total bigint NOT NULL,
    bytes_done bigint NOT NULL DEFAULT 0,
    -- Known once the whole file has been read, before the first product is written.
    records_total bigint,
    sha256 bytea,
    encoding text,
    delimiter text,
    header text[],
    mapping json, -- in the order of the columns, which jsonb would lose
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    cancel_requested_at timestamptz,
    -- Fencing: the token grows with each owner; a chunk commits only under the present one.
    lease_token bigint NOT NULL DEFAULT 0,
    lease_started_at timestamptz,
    lease_expires_at timestamptz
);
CREATE INDEX imports_unfinished ON imports (id) WHERE status IN ('queued', 'running');

-- What has been saved: one row per committed transaction. In the phase 'saving' it covers the file's records
-- "first" to "last", in 'deactivating' the products of these ids; in 'reading' it counts the rejects of an import
-- that gave up before saving. The import's counters are its sums.
CREATE TABLE import_chunks (
    import_id bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    phase text NOT NULL CHECK (phase IN ('reading', 'saving', 'deactivating')),
    first bigint NOT NULL,
    last bigint NOT NULL,
    lease_token bigint NOT NULL,
    read bigint NOT NULL DEFAULT 0,
    created bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    invalid bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    deactivated bigint NOT NULL DEFAULT 0,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (import_id, phase, first),
    CHECK (read = created + updated + unchanged + duplicate + invalid + skipped)
);

CREATE TABLE import_rejects (
    import_id bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    record bigint NOT NULL,
    line bigint NOT NULL,
    cells text[] NOT NULL,
    errors jsonb NOT NULL,
    PRIMARY KEY (import_id, record)
);

-- Events wait here, many to a row, written in the transaction that causes them.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY,
    type text NOT NULL,
    actor text NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    events integer NOT NULL,
    payload bytea NOT NULL
);
CREATE INDEX outbox_position ON outbox (position);
