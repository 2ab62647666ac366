-- Several catalogues may lie in one database: each has a lock of its own.

CREATE OR REPLACE FUNCTION webhooks_make_day(wanted date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(lock_number(7163100));
    FOREACH name IN ARRAY ARRAY['webhook_payloads', 'webhook_deliveries', 'webhook_attempts'] LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
            name || to_char(wanted, '"_"YYYYMMDD'), name, wanted, wanted + 1
        );
    END LOOP;
END
$$;

-- Drops the days before this one, but for those that have something to be sent.
CREATE OR REPLACE FUNCTION webhooks_drop_days(before date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    old record;
    waits boolean;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(lock_number(7163100));
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
