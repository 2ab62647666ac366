-- Who is told of events, and of which ones still. The events themselves stay where they were written, once for
-- all sinks, until the last one has them.

CREATE TABLE event_sinks (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    seen_at timestamptz NOT NULL DEFAULT now(),
    error text
);

-- due_at is NULL where the last attempt failed: the batch waits for somebody to ask for another one.
CREATE TABLE sink_deliveries (
    due_at timestamptz DEFAULT now(),
    position bigint NOT NULL,
    batch_id uuid NOT NULL REFERENCES outbox,
    sink_id integer NOT NULL REFERENCES event_sinks ON DELETE CASCADE,
    attempts integer NOT NULL DEFAULT 0,
    failed_at timestamptz,
    error text,
    PRIMARY KEY (batch_id, sink_id)
);
CREATE INDEX sink_deliveries_due ON sink_deliveries (sink_id, due_at, position);

ALTER TABLE outbox ADD COLUMN fanned_out boolean NOT NULL DEFAULT false;
CREATE INDEX outbox_fresh ON outbox (position) WHERE NOT fanned_out;
DROP INDEX outbox_position;

CREATE FUNCTION settle_delivery(sink integer, batch uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- One sink after the other, so that the last one sees that it is the last.
    PERFORM FROM outbox WHERE id = batch FOR UPDATE;
    DELETE FROM sink_deliveries WHERE batch_id = batch AND sink_id = sink;
    DELETE FROM outbox WHERE id = batch AND NOT EXISTS (SELECT FROM sink_deliveries WHERE batch_id = batch);
END
$$;
