-- What the list of products is read from: narrow tables that follow the products a moment behind, so that an
-- import doesn't pay for their indexes. What changed since is noted, and read from the products themselves
-- meanwhile: answers are exact at any time.

-- One row for each statement that touched products: how many more or fewer there are since, and which ones they
-- were (all ids from the first to the last where there is no list).
CREATE TABLE product_changes (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    products bigint NOT NULL,
    active bigint NOT NULL,
    touched bigint NOT NULL,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    ids bigint[]
);
-- Compressing the lists would take longer than everything else here.
ALTER TABLE product_changes ALTER COLUMN ids SET STORAGE EXTERNAL;

-- How many products there are, but for the changes noted above.
CREATE TABLE product_totals (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    products bigint NOT NULL,
    active bigint NOT NULL
);
INSERT INTO product_totals (products, active) VALUES (0, 0);

-- Once per statement, not per row: some microseconds for a thousand products.
CREATE FUNCTION note_created_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_changes (products, active, touched, first_id, last_id, ids)
    SELECT n, a, n, f, l, CASE WHEN l - f + 1 <> n THEN (SELECT array_agg(id) FROM created) END
    FROM (
        SELECT count(*) AS n, count(*) FILTER (WHERE active) AS a, min(id) AS f, max(id) AS l FROM created
    ) AS c
    WHERE n > 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_created AFTER INSERT ON products
REFERENCING NEW TABLE AS created
FOR EACH STATEMENT EXECUTE FUNCTION note_created_products();

CREATE FUNCTION note_updated_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_changes (products, active, touched, first_id, last_id, ids)
    SELECT 0, a - (SELECT count(*) FROM before WHERE active), n, f, l, ids
    FROM (
        SELECT
            count(*) AS n, count(*) FILTER (WHERE active) AS a, min(id) AS f, max(id) AS l,
            array_agg(id) AS ids
        FROM updated
    ) AS u
    WHERE n > 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_updated AFTER UPDATE ON products
REFERENCING OLD TABLE AS before NEW TABLE AS updated
FOR EACH STATEMENT EXECUTE FUNCTION note_updated_products();

CREATE FUNCTION note_deleted_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_changes (products, active, touched, first_id, last_id, ids)
    SELECT -n, -a, n, f, l, CASE WHEN l - f + 1 <> n THEN (SELECT array_agg(id) FROM deleted) END
    FROM (
        SELECT count(*) AS n, count(*) FILTER (WHERE active) AS a, min(id) AS f, max(id) AS l FROM deleted
    ) AS d
    WHERE n > 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_deleted AFTER DELETE ON products
REFERENCING OLD TABLE AS deleted
FOR EACH STATEMENT EXECUTE FUNCTION note_deleted_products();

CREATE FUNCTION follow_truncated_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE product_changes, product_sorting, product_texts;
    UPDATE product_totals SET products = 0, active = 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER follow_truncated AFTER TRUNCATE ON products
FOR EACH STATEMENT EXECUTE FUNCTION follow_truncated_products();

INSERT INTO product_changes (products, active, touched, first_id, last_id)
SELECT count(*), count(*) FILTER (WHERE active), max(id) - min(id) + 1, min(id), max(id)
FROM products
HAVING count(*) > 0;

-- A product as it is sorted and searched. The two tables below hold the same, for all products but those noted.
-- Letters are compared in lower case; names are sorted by their first 200 characters; a product without a price
-- sorts below those for nothing.
CREATE VIEW product_facts AS
SELECT
    id AS product_id,
    sku_key,
    left(lower(name), 200) COLLATE "C" AS name_key,
    coalesce(price, -1)::numeric(19, 4) AS price_key,
    active,
    created_at,
    updated_at,
    sku_key AS sku_text,
    lower(name) AS name_text,
    coalesce(lower(description), '') AS description_text,
    CASE
        WHEN attributes = '{}' THEN ''
        ELSE (SELECT lower(string_agg(value, E'\n' ORDER BY key)) FROM jsonb_each_text(attributes))
    END AS attributes_text
FROM products;

CREATE TABLE product_sorting (
    product_id bigint PRIMARY KEY,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    active boolean NOT NULL,
    sku_key text COLLATE "C" NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    price_key numeric(19, 4) NOT NULL
);
CREATE INDEX product_sorting_sku ON product_sorting (sku_key, product_id);
CREATE INDEX product_sorting_name ON product_sorting (name_key, product_id);
CREATE INDEX product_sorting_price ON product_sorting (price_key, product_id);
CREATE INDEX product_sorting_active ON product_sorting (active, sku_key, product_id);
CREATE INDEX product_sorting_created ON product_sorting (created_at, product_id);
CREATE INDEX product_sorting_updated ON product_sorting (updated_at, product_id);

-- Apart, because most changes leave the texts alone, and their index is dear. It needs the extension pg_trgm, and
-- is made when that is there.
CREATE TABLE product_texts (
    product_id bigint PRIMARY KEY,
    sku_text text COLLATE "C" NOT NULL,
    name_text text NOT NULL,
    description_text text NOT NULL,
    attributes_text text NOT NULL
);

DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE WARNING 'the extension pg_trgm can''t be created (%); searching products works, but slowly', SQLERRM;
END
$$;
