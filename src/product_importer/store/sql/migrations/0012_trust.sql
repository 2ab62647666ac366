-- What an import was read with. rows_digest: of all rows as they were read, before any was rejected.
ALTER TABLE imports
    ADD COLUMN parser text,
    ADD COLUMN parser_version text,
    ADD COLUMN rows_digest bytea;

-- Of a batch, the first taken events are delivered; at most "most" of the others are delivered at once.
ALTER TABLE sink_deliveries
    ADD COLUMN taken integer NOT NULL DEFAULT 0,
    ADD COLUMN most integer;

-- Where this table of products lies: the cluster, the database, the table. A product's seal (merged, merged_in)
-- compares transaction ids, which mean something only there: after a dump is restored, the same number may be
-- another transaction's.
CREATE FUNCTION catalogue_place() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    cluster text := '';
BEGIN
    BEGIN
        SELECT system_identifier::text INTO cluster FROM pg_control_system();
    EXCEPTION WHEN insufficient_privilege THEN
        NULL;  -- some hosts don't show it; the other two differ in most copies
    END;
    RETURN concat_ws(
        '/', cluster, (SELECT oid FROM pg_database WHERE datname = current_database()), 'products'::regclass::oid
    );
END
$$;

CREATE TABLE catalogue_home (place text NOT NULL);
INSERT INTO catalogue_home (place) VALUES (catalogue_place());
