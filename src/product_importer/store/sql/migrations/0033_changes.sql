-- The log of changes: what each transaction did to products, with the values before. The outbox refers to it, so an
-- event is no second copy of its change. Rows of the outbox that an older version writes keep their payload.

CREATE SEQUENCE change_set_numbers;

CREATE TABLE change_sets (
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    import_id bigint,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    products integer NOT NULL CHECK (products > 0),
    kind text NOT NULL CHECK (kind IN ('created', 'updated', 'deleted')),
    cause text NOT NULL CHECK (cause IN ('import', 'edit', 'deletion', 'undo')),
    actor text NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (number, at)
) PARTITION BY RANGE (at);
ALTER TABLE change_sets ALTER COLUMN payload SET STORAGE EXTERNAL;  -- it is packed already
CREATE INDEX change_sets_import ON change_sets (import_id, number) WHERE import_id IS NOT NULL;
CREATE INDEX change_sets_at ON change_sets (at, number);
CREATE INDEX change_sets_deleted ON change_sets (last_id) WHERE kind = 'deleted';

-- The number of the change set that changed the product last. That set holds the number of the one before, and so on.
ALTER TABLE products ADD COLUMN last_change bigint;

CREATE FUNCTION refuse_change_of_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING
        MESSAGE = format('The log of changes is only added to: %s of %s is refused.', TG_OP, TG_TABLE_NAME),
        HINT = 'Old months are dropped as whole tables after PRODUCT_IMPORTER_HISTORY_MONTHS.';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON change_sets
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_log();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON change_sets
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log();

-- Makes the partition of the month that begins at this time (in UTC), unless it exists, or unless sets of this month
-- are in the default partition already.
CREATE FUNCTION make_change_month(month timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'change_sets_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
    next timestamptz := ((month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(name) IS NOT NULL
        OR EXISTS (SELECT FROM change_sets_default WHERE at >= month AND at < next)
    THEN
        RETURN;
    END IF;
    EXECUTE format(
        'CREATE TABLE %I (LIKE change_sets INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', name
    );
    EXECUTE format('ALTER TABLE change_sets ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, month, next);
    EXECUTE format(
        'CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log()', name
    );
END
$$;

-- A partition is missing only if nothing has made it for months: then the sets lie here.
CREATE FUNCTION make_change_default() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE change_sets_default PARTITION OF change_sets DEFAULT;
    CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON change_sets_default
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log();
END
$$;

-- Drops the sets before the beginning of this month, partition by partition, as long as the outbox needs none of them.
-- Returns whether it dropped any.
CREATE FUNCTION drop_change_months(before timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    each record;
    dropped boolean := false;
BEGIN
    FOR each IN
        SELECT c.relname AS name, (m + interval '1 month') AT TIME ZONE 'UTC' AS until
        FROM pg_inherits AS i
        JOIN pg_class AS c ON c.oid = i.inhrelid
        CROSS JOIN LATERAL CAST(to_date(right(c.relname, 7), 'YYYY_MM') AS timestamp) AS m
        WHERE i.inhparent = 'change_sets'::regclass AND c.relname ~ '^change_sets_\d{4}_\d{2}$'
        ORDER BY c.relname
    LOOP
        EXIT WHEN each.until > before OR EXISTS (SELECT FROM outbox WHERE changed_at < each.until);
        EXECUTE format('DROP TABLE %I', each.name);
        UPDATE change_history SET since = greatest(since, each.until);
        dropped := true;
    END LOOP;
    IF EXISTS (SELECT FROM change_sets_default)
        AND NOT EXISTS (SELECT FROM change_sets_default WHERE at >= before)
        AND NOT EXISTS (SELECT FROM outbox WHERE changed_at < before)
    THEN
        DROP TABLE change_sets_default;
        PERFORM make_change_default();
        UPDATE change_history SET since = greatest(since, before);
        dropped := true;
    END IF;
    RETURN dropped;
END
$$;

SELECT make_change_default();
SELECT make_change_month((date_trunc('month', now() AT TIME ZONE 'UTC') + n * interval '1 month') AT TIME ZONE 'UTC')
FROM generate_series(0, 2) AS n;

-- Since when the log is complete: since the upgrade that made it, or since the oldest month that is still kept.
CREATE TABLE change_history (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    since timestamptz NOT NULL
);
INSERT INTO change_history (since) VALUES (now());

ALTER TABLE outbox
    ALTER COLUMN payload DROP NOT NULL,
    ADD COLUMN change_set bigint,
    ADD COLUMN changed_at timestamptz,
    ADD CONSTRAINT outbox_content CHECK ((payload IS NULL) = (change_set IS NOT NULL AND changed_at IS NOT NULL));
