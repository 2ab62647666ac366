-- Lists of imports: by their author, their status, the profile that they name, and the name of their file.

CREATE INDEX imports_author ON imports (left(author, 200), id) WHERE author IS NOT NULL;
CREATE INDEX imports_status ON imports (status, id);
CREATE INDEX imports_profile ON imports ((options ->> 'profile_name'), id) WHERE options ? 'profile_name';

-- Files that come again and again differ in the digits of their names: "prices-2026-03-01.csv".
CREATE INDEX imports_alike
    ON imports (regexp_replace(lower(left(filename, 200)), '[0-9]+', '0', 'g'), id) WHERE status = 'completed';

-- Kept files whose time is over.
CREATE INDEX imports_kept_since ON imports (finished_at) WHERE file_kept;

-- The imports of one URL, which may be longer than an index takes.
CREATE INDEX imports_origin ON imports (md5(origin), id) WHERE origin IS NOT NULL;
