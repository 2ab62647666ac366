-- For sinks that get batches in their order.

CREATE INDEX sink_deliveries_in_order ON sink_deliveries (sink_id, position) WHERE due_at IS NOT NULL;
