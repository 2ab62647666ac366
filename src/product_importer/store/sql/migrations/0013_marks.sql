-- Marks on cells, names of attributes, and what stored products have of either that needs a person's decision.

-- A text as it stands in an exported file: what a spreadsheet would take for a formula gets a mark in front, and so
-- does a number that has one already. An import takes it off again (formulas.py).
CREATE OR REPLACE FUNCTION csv_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN left(ltrim(value, ''''), 1) IN ('=', '+', '-', '@', E'\t', E'\r', E'\n', '＝', '＋', '－', '＠')
    THEN '''' || value
    WHEN left(value, 1) = '''' AND value ~ '^''+[.,]?[0-9][0-9.,:/ -]*([eE][+-]?[0-9]+)?%?$'
    THEN '''' || value
    ELSE value
END;

-- The form in which each attribute's name is written, all over the catalogue: the one that came first. "folded" is
-- the name in any case and normal form (names.py).
CREATE TABLE attribute_names (
    folded text COLLATE "C" PRIMARY KEY,
    name text NOT NULL
);

-- Stored products that are kept as they are although they hold one thing twice: a SKU with a spreadsheet's mark
-- beside the SKU without it, or an attribute under two forms of its name with different values. "found" is what
-- the product "product_id" has, "wanted" what it would be called if that weren't taken.
CREATE TABLE catalogue_collisions (
    product_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('sku', 'attribute')),
    found text NOT NULL,
    wanted text NOT NULL,
    PRIMARY KEY (product_id, kind, found)
);
