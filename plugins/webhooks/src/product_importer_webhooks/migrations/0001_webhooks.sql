-- Endpoints, and what is to be sent to them. Payloads, deliveries and attempts are kept by the day on which their
-- events happened, and dropped by the day.

CREATE TABLE webhook_endpoints (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL,
    description text NOT NULL,
    events text[] NOT NULL, -- none: all
    sku_prefix text NOT NULL,
    source text NOT NULL CHECK (source IN ('any', 'imports', 'edits')),
    mode text NOT NULL CHECK (mode IN ('single', 'batch', 'summary')),
    ordered boolean NOT NULL,
    enabled boolean NOT NULL,
    timeout_seconds integer NOT NULL,
    concurrency integer NOT NULL,
    rate_limit integer, -- requests a second
    headers bytea NOT NULL, -- encrypted, as the secrets are
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- How it fares: since when every attempt has failed, how many in a row, and until when it is left alone.
    failing_since timestamptz,
    failures integer NOT NULL DEFAULT 0,
    paused_until timestamptz,
    warned_at timestamptz,
    disabled_reason text
);

-- The events of one batch, once for all endpoints: an Arrow IPC stream, compressed with zstd.
CREATE TABLE webhook_payloads (
    day date NOT NULL,
    batch_id text NOT NULL,
    first integer NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    occurred_at timestamptz NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (day, batch_id, first)
) PARTITION BY RANGE (day);

-- How attempts ended, ever: figures that never go down.
CREATE TABLE webhook_counts (
    endpoint_id bigint NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    class text NOT NULL,
    attempts bigint NOT NULL,
    PRIMARY KEY (endpoint_id, class)
);

-- The order in which deliveries were made, and so, of one product, that of its changes.
CREATE SEQUENCE webhook_positions;

-- One request. Its events are those of "parts", [batch_id, first, from, count] each: of the payload's events that
-- the endpoint wanted then (sku_prefix), so many from there on. So its body is the same whenever it is made.
CREATE TABLE webhook_deliveries (
    day date NOT NULL,
    id uuid NOT NULL,
    endpoint_id bigint NOT NULL,
    mode text NOT NULL,
    sku_prefix text NOT NULL,
    type text NOT NULL,
    parts jsonb NOT NULL,
    events integer NOT NULL,
    position bigint NOT NULL DEFAULT nextval('webhook_positions'),
    -- Those that it tells of, where it has to wait for what was before of the same ones: of ordered endpoints.
    products bigint[],
    state text NOT NULL CHECK (state IN ('waiting', 'held', 'delivered', 'failed', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Whoever takes it to send it moves this on: if that one is killed, it is due again.
    due_at timestamptz NOT NULL DEFAULT now(),
    begun_at timestamptz,
    finished_at timestamptz,
    error text,
    PRIMARY KEY (day, id)
) PARTITION BY RANGE (day);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at)
    WHERE state = 'waiting' AND products IS NULL;
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (endpoint_id, position)
    WHERE state = 'waiting' AND products IS NOT NULL;
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (endpoint_id, created_at, id);

CREATE TABLE webhook_attempts (
    day date NOT NULL,
    delivery_id uuid NOT NULL,
    endpoint_id bigint NOT NULL,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    milliseconds integer NOT NULL,
    class text NOT NULL,
    status integer,
    error text,
    request jsonb NOT NULL,
    response jsonb NOT NULL,
    answer text NOT NULL
) PARTITION BY RANGE (day);
CREATE INDEX webhook_attempts_delivery ON webhook_attempts (delivery_id, at);
CREATE INDEX webhook_attempts_at ON webhook_attempts (at);

CREATE FUNCTION webhooks_make_day(wanted date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(7163100);
    FOREACH name IN ARRAY ARRAY['webhook_payloads', 'webhook_deliveries', 'webhook_attempts'] LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
            name || to_char(wanted, '"_"YYYYMMDD'), name, wanted, wanted + 1
        );
    END LOOP;
END
$$;

-- Drops the days before this one, but for those that have something to be sent.
CREATE FUNCTION webhooks_drop_days(before date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    old record;
    waits boolean;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7163100);
    FOR old IN
        SELECT substr(c.relname, 20) AS day
        FROM pg_inherits AS i
        JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'webhook_deliveries'::regclass
          AND to_date(substr(c.relname, 20), 'YYYYMMDD') < before
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE state = ''waiting'')', 'webhook_deliveries_' || old.day)
        INTO waits;
        CONTINUE WHEN waits;
        EXECUTE format('DROP TABLE %I, %I, %I', 'webhook_payloads_' || old.day,
            'webhook_deliveries_' || old.day, 'webhook_attempts_' || old.day);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
