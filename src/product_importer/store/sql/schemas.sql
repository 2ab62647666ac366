-- The PostgreSQL schema of a catalogue; migrate.py fills in the {words in braces}.

-- name: rights
-- Returns whether the schema $1 exists, whether new tables are created in it, and whether the user may create it.
SELECT
    EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS "exists",
    current_schema() IS NOT DISTINCT FROM $1 AS usable,
    has_database_privilege(current_database(), 'CREATE') AS makeable,
    current_user AS "user"

-- name: create
-- Creates the schema, which must not exist.
CREATE SCHEMA "{schema}"

-- name: current
-- Returns the schema in which new tables are created; null if the search path has no usable schema.
SELECT current_schema()

-- name: share_trigrams
-- Creates the extension for searching, in "public", unless the database has it in any schema.
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public

-- name: set_salt
-- Sets, for this session's migrations, the salt of this catalogue's lock numbers ($1, a number as text).
SELECT set_config('product_importer.salt', $1, false)

-- name: has_history
-- Returns whether any migration was begun in the present schema.
SELECT to_regclass('schema_migrations') IS NOT NULL

-- name: has_salt
-- Returns whether the catalogue has stored the salt of its lock numbers.
SELECT to_regprocedure('lock_number(bigint)') IS NOT NULL

-- name: salt
-- Returns the salt of the catalogue's lock numbers; 0 if the catalogue has no schema of its own.
SELECT lock_number(0)

-- name: pin_functions
-- Fixes the search path of each function of the catalogue that reads tables to the catalogue's schema. They then work
-- for any caller, also if another program with another search path changes a product.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT p.oid::regprocedure AS signature
        FROM pg_proc AS p
        JOIN pg_language AS l ON l.oid = p.prolang
        WHERE p.pronamespace = current_schema()::text::regnamespace AND l.lanname = 'plpgsql' AND p.proconfig IS NULL
          AND p.prokind = 'f' AND pg_has_role(p.proowner, 'USAGE')
          AND NOT EXISTS (SELECT FROM pg_depend AS e WHERE e.objid = p.oid AND e.deptype = 'e')
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path FROM CURRENT', found.signature);
    END LOOP;
END
$$

-- name: role
-- Returns whether the role $1 has the rights of the owner of the tables anyway, and the owner; no row if there is no
-- such role.
SELECT pg_has_role(r.oid, c.relowner, 'USAGE') AS owns, c.relowner::regrole::text AS owner,
    pg_has_role(c.relowner, 'USAGE') AS granting
FROM pg_roles AS r
CROSS JOIN pg_class AS c
WHERE r.rolname = $1 AND c.oid = 'schema_migrations'::regclass

-- name: grants
-- Returns the statements that give the role :role all that the application needs of the objects that migrations made,
-- which have these :names, and no more. Tables with the trigger append_only can be read and added to.
WITH tables AS (
    SELECT c.oid, c.oid::regclass AS name, CASE
        WHEN c.relname IN ('schema_migrations', 'change_history') OR c.relkind = 'v' THEN 'SELECT'
        WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'append_only') THEN 'SELECT, INSERT'
        ELSE 'SELECT, INSERT, UPDATE, DELETE'
    END AS rights
    FROM pg_class AS c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
      AND c.relname = ANY(:names)
),
sequences AS (
    SELECT c.oid::regclass AS name
    FROM pg_class AS c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S' AND (
        c.relname = ANY(:names)
        OR EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.objid = c.oid AND d.refobjid IN (SELECT oid FROM tables) AND d.deptype IN ('a', 'i')
        )
    )
),
functions AS (
    SELECT p.oid::regprocedure AS signature
    FROM pg_proc AS p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.prosecdef AND p.proname = ANY(:names)
)
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), :role::text) AS statement
UNION ALL
SELECT format('REVOKE ALL ON TABLE %s FROM %I; GRANT %s ON TABLE %1$s TO %2$I', name, :role, rights) FROM tables
UNION ALL
SELECT format('GRANT USAGE, SELECT ON SEQUENCE %s TO %I', name, :role) FROM sequences
UNION ALL
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', signature, :role) FROM functions
