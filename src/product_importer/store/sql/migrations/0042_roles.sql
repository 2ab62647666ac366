-- The application may have another role than the owner of the tables (granting.py). What only an owner can do, and the
-- application has to do, is done by functions that run with the owner's rights.

-- Creates the search index. An old one that lacks a column serves until the new one is ready. The extension may lie in
-- any schema, also in one that the search path lacks.
CREATE FUNCTION make_search_index() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (
        SELECT format(
            'CREATE INDEX product_texts_search_anew ON product_texts USING gin (%s)',
            string_agg(format('%I %I.gin_trgm_ops', a.attname, n.nspname), ', ' ORDER BY a.attnum)
        )
        FROM pg_extension AS e
        JOIN pg_namespace AS n ON n.oid = e.extnamespace
        CROSS JOIN pg_attribute AS a
        WHERE e.extname = 'pg_trgm' AND a.attrelid = 'product_texts'::regclass AND a.atttypid = 'text'::regtype
          AND a.attnum > 0 AND NOT a.attisdropped
    );
    DROP INDEX IF EXISTS product_texts_search;
    ALTER INDEX product_texts_search_anew RENAME TO product_texts_search;
END
$$;

CREATE FUNCTION drop_search_index() RETURNS void LANGUAGE sql AS $$
    DROP INDEX product_texts_search
$$;

-- Merges the pending entries into the search index.
CREATE FUNCTION settle_search_index() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN gin_clean_pending_list('product_texts_search');
END
$$;

-- Such a function looks for names in the catalogue's schema only, whatever search path its caller has.
DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY[
        'make_search_index()', 'drop_search_index()', 'settle_search_index()', 'make_change_month(timestamptz)',
        'reserve_product_ids(bigint)'
    ]
    LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', signature, current_schema()
        );
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
    -- Other programs that may insert products get their ids by default.
    GRANT EXECUTE ON FUNCTION reserve_product_ids(bigint) TO PUBLIC;
END
$$;
