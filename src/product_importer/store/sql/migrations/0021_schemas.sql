-- Several catalogues may lie in one database, each in a schema of its own.

-- A number of an advisory lock, as this catalogue has it: itself where the catalogue was made without
-- PRODUCT_IMPORTER_SCHEMA. Locks belong to the whole database, and catalogues must not wait for each other.
DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION lock_number(number bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS %L',
        format('SELECT number # %s', coalesce(nullif(current_setting('product_importer.salt', true), ''), '0')::bigint)
    );
END
$$;

CREATE OR REPLACE FUNCTION reserve_product_ids(amount bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    first bigint;
BEGIN
    PERFORM pg_advisory_lock(lock_number(7163001));
    first := nextval('products_id_seq');
    IF amount > 1 THEN
        PERFORM setval('products_id_seq', first + amount - 1);
    END IF;
    PERFORM pg_advisory_unlock(lock_number(7163001));
    RETURN first;
END
$$;

-- Whether a session of this database holds the lock of these two numbers, a class and a row's id; without an id,
-- whether one holds any lock of the class.
CREATE FUNCTION advisory_held(class integer, id bigint DEFAULT NULL) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (
        SELECT FROM pg_locks AS l
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
          AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
          AND l.classid = (class & 4294967295)::oid
          AND (id IS NULL OR l.objid = (id & 4294967295)::oid)
    )
$$;
