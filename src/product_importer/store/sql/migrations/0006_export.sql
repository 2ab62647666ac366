-- A text as it stands in an exported file: what a spreadsheet would take for a formula gets a mark in front, which
-- an import takes off again (formulas.py).
CREATE FUNCTION csv_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN left(ltrim(value, ''''), 1) IN ('=', '+', '-', '@', E'\t', E'\r', E'\n', '＝', '＋', '－', '＠')
    THEN '''' || value
    ELSE value
END;
