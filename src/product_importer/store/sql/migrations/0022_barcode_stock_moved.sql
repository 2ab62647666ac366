-- Attributes that hold barcodes and stocks become the fields.

-- Readers go on meanwhile.
LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE;

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
    -- As imports trim texts: Unicode's white space.
    white_space CONSTANT text :=
        E' \t\n\x0B\x0C\r\x1C\x1D\x1E\x1F\u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000';
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
            SELECT p.id, m.name, btrim(p.attributes ->> m.name, white_space) AS value,
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
