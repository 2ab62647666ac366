-- Two more fields: barcode and stock.

-- In the order in which searches take their locks, so that neither waits for the other in a circle.
LOCK TABLE product_texts, product_sorting, products IN ACCESS EXCLUSIVE MODE;

ALTER TABLE products ADD COLUMN barcode text, ADD COLUMN stock bigint;

-- Products without a stock come first. The defaults are for the rows that are there: without them, an older process that
-- indexes beside this version fails instead of leaving rows behind that lack the new values.
ALTER TABLE product_sorting ADD COLUMN stock_key bigint NOT NULL DEFAULT -9223372036854775808;
ALTER TABLE product_sorting ALTER COLUMN stock_key DROP DEFAULT;
CREATE INDEX product_sorting_stock ON product_sorting (stock_key, product_id);
ALTER TABLE product_texts ADD COLUMN barcode_text text NOT NULL DEFAULT '';
ALTER TABLE product_texts ALTER COLUMN barcode_text DROP DEFAULT;

-- Indexing makes the search index anew with the new column. One product to be indexed sees to it that it begins.
INSERT INTO product_changes (products, active, touched, first_id, last_id)
SELECT 0, 0, 1, min(id), min(id) FROM products HAVING count(*) > 0;

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
    END AS attributes_text,
    coalesce(stock, -9223372036854775808) AS stock_key,
    coalesce(search_text(barcode), '') AS barcode_text
FROM products;
