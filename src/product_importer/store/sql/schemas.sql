-- The PostgreSQL schema that a catalogue lies in. {words in braces} are put in by migrate.py.

-- name: rights
-- Whether there is a schema of this name ($1), whether it is the one that tables are made in, and whether the user
-- may make it.
SELECT
    EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS "exists",
    current_schema() IS NOT DISTINCT FROM $1 AS usable,
    has_database_privilege(current_database(), 'CREATE') AS makeable,
    current_user AS "user"

-- name: create
-- Makes the schema, which must not be there.
CREATE SCHEMA "{schema}"

-- name: current
-- The schema that tables are made in, null where the search path names none that may be used.
SELECT current_schema()

-- name: share_trigrams
-- Makes the extension for searching, in "public", unless the database has it in any schema.
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public

-- name: set_salt
-- Tells the session's migrations what this catalogue's lock numbers are combined with ($1, a number as text).
SELECT set_config('product_importer.salt', $1, false)

-- name: has_history
-- Whether any migration was begun in the present schema.
SELECT to_regclass('schema_migrations') IS NOT NULL

-- name: has_salt
-- Whether the catalogue knows what its lock numbers are combined with.
SELECT to_regprocedure('lock_number(bigint)') IS NOT NULL

-- name: salt
-- What the catalogue's lock numbers are combined with, 0 where it was made without a schema of its own.
SELECT lock_number(0)

-- name: pin_functions
-- Has each function of the catalogue that looks at tables do so in the catalogue's schema, whoever calls it: also
-- where another program, with another search path, changes a product.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT p.oid::regprocedure AS signature
        FROM pg_proc AS p
        JOIN pg_language AS l ON l.oid = p.prolang
        WHERE p.pronamespace = current_schema()::text::regnamespace AND l.lanname = 'plpgsql' AND p.proconfig IS NULL
          AND NOT EXISTS (SELECT FROM pg_depend AS e WHERE e.objid = p.oid AND e.deptype = 'e')
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path FROM CURRENT', found.signature);
    END LOOP;
END
$$
