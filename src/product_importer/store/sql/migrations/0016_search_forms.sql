-- Letters with marks come composed (NFC) or taken apart (NFD): texts are searched in one form. Only a database in
-- UTF-8 can bring them to it; in others the texts of files can't be taken apart.
DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION search_text(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS %L',
        CASE
            WHEN current_setting('server_encoding') = 'UTF8'
            -- Most texts are in that form already, which is quickly seen.
            THEN 'SELECT lower(CASE WHEN given IS NFC NORMALIZED THEN given ELSE normalize(given, NFC) END)'
            ELSE 'SELECT lower(given)'
        END
    );
END
$$;

CREATE OR REPLACE VIEW product_facts AS
SELECT
    id AS product_id,
    sku_key,
    left(lower(name), 200) COLLATE "C" AS name_key,
    coalesce(price, -1)::numeric(19, 4) AS price_key,
    active,
    created_at,
    updated_at,
    sku_key AS sku_text,
    search_text(name) AS name_text,
    coalesce(search_text(description), '') AS description_text,
    CASE
        WHEN attributes = '{}' THEN ''
        ELSE (SELECT search_text(string_agg(value, E'\n' ORDER BY key)) FROM jsonb_each_text(attributes))
    END AS attributes_text
FROM products;

-- Texts that are in another form are indexed anew.
INSERT INTO product_changes (products, active, touched, first_id, last_id, ids)
SELECT 0, 0, count(*), min(product_id), max(product_id), array_agg(product_id)
FROM product_texts
WHERE (name_text, description_text, attributes_text)
    IS DISTINCT FROM (search_text(name_text), search_text(description_text), search_text(attributes_text))
HAVING count(*) > 0;
