-- Two more fields: barcode and stock. Attributes that hold them become the fields.
ALTER TABLE products ADD COLUMN barcode text, ADD COLUMN stock bigint;

-- Products without a stock come first.
ALTER TABLE product_sorting ADD COLUMN stock_key bigint NOT NULL DEFAULT -9223372036854775808;
CREATE INDEX product_sorting_stock ON product_sorting (stock_key, product_id);
-- Landmarks of the new order are set by the next indexing that sets them anew.
DELETE FROM product_landmarks;

-- The search index lacks this column until indexing makes the index anew.
ALTER TABLE product_texts ADD COLUMN barcode_text text NOT NULL DEFAULT '';

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

-- Attributes whose names are aliases of the fields, the preferred ones first, as headers of files are read.
-- A stock that is no whole number stays an attribute. Some thousand products at a time, so that the notes of what
-- is to be indexed stay small.
DO $$
DECLARE
    barcodes CONSTANT text[] := ARRAY[
        'barcode', 'variantbarcode', 'productbarcode', 'itembarcode', 'gtinupceanorisbn', 'gtin', 'gtin13',
        'gtin14', 'gtin12', 'variantean', 'ean', 'ean13', 'eancode', 'variantupc', 'upc', 'upccode', 'eanupc',
        'upcean'
    ];
    stocks CONSTANT text[] := ARRAY[
        'stock', 'variantinventoryqty', 'variantinventoryquantity', 'stockquantity', 'stockqty', 'stocklevel',
        'stockonhand', 'inventoryquantity', 'inventoryqty', 'inventorycount', 'inventory', 'quantityonhand',
        'qtyonhand', 'quantityinstock', 'quantityavailable', 'availablequantity', 'quantity', 'qty'
    ];
    first bigint := 0;
    last bigint;
BEGIN
    CREATE TEMPORARY TABLE moving ON COMMIT DROP AS
    SELECT name, letters FROM (
        SELECT name, regexp_replace(lower(name), '[^[:alnum:]]', '', 'g') AS letters
        FROM (SELECT DISTINCT jsonb_object_keys(attributes) AS name FROM products WHERE attributes <> '{}') AS n
    ) AS named
    WHERE letters = ANY (barcodes || stocks);
    IF NOT EXISTS (SELECT FROM moving) THEN
        RETURN;
    END IF;
    LOOP
        SELECT max(id) INTO last FROM (SELECT id FROM products WHERE id > first ORDER BY id LIMIT 16384) AS block;
        EXIT WHEN last IS NULL;
        WITH given AS (
            SELECT p.id, m.name, btrim(p.attributes ->> m.name, E' \t\n\r') AS value,
                array_position(barcodes, m.letters) AS barcode, array_position(stocks, m.letters) AS stock
            FROM products AS p
            JOIN moving AS m ON p.attributes ? m.name
            WHERE p.id > first AND p.id <= last AND jsonb_typeof(p.attributes -> m.name) = 'string'
        ),
        barcode AS (
            SELECT DISTINCT ON (id) id, name, value FROM given
            WHERE barcode IS NOT NULL AND value <> ''
            ORDER BY id, barcode, name COLLATE "C"
        ),
        stock AS (
            SELECT DISTINCT ON (id) id, name, split_part(value, '.', 1)::bigint AS value FROM given
            WHERE stock IS NOT NULL AND value ~ '^[+-]?[0-9]{1,18}(\.0*)?$'
            ORDER BY id, stock, name COLLATE "C"
        )
        UPDATE products AS p
        SET barcode = m.barcode,
            stock = m.stock,
            attributes = p.attributes - m.names,
            version = p.version + 1
        FROM (
            SELECT id, b.value AS barcode, s.value AS stock, array_remove(ARRAY[b.name, s.name], NULL) AS names
            FROM barcode AS b
            FULL JOIN stock AS s USING (id)
        ) AS m
        WHERE p.id = m.id;
        first := last;
    END LOOP;
END
$$;
