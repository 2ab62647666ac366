-- Products whose places in the orders are known; landmarks.py fills in the {words in braces}.

-- name: nearest
-- Returns the last landmark of the order $1 up to the place $2, with its product's sorting keys.
SELECT l.place, s.*
FROM product_landmarks AS l
JOIN product_sorting AS s USING (product_id)
WHERE l.sort = $1 AND l.place <= $2
ORDER BY l.place DESC
LIMIT 1

-- name: any
-- Returns whether there are landmarks.
SELECT EXISTS (SELECT FROM product_landmarks)

-- name: forget
-- Deletes all landmarks.
DELETE FROM product_landmarks

-- name: remember_before
-- Creates a temporary table of shifts, with these products ($1) at their present places.
CREATE TEMPORARY TABLE moved ON COMMIT DROP AS
SELECT -1 AS shift, * FROM product_sorting WHERE product_id = ANY($1)

-- name: forget_moved
-- Deletes the landmarks that are among these products ($1).
DELETE FROM product_landmarks WHERE product_id = ANY($1)

-- name: remember_after
-- Adds these products ($1) to the table of shifts, at their places after the change.
INSERT INTO moved SELECT 1, * FROM product_sorting WHERE product_id = ANY($1)

-- name: shift
-- Shifts the landmarks of the order $1 by the products that were added and removed before them.
UPDATE product_landmarks AS l
SET place = l.place + s.shift
FROM (
    SELECT product_id, landmark, sum(shift) OVER (ORDER BY {keys}) AS shift
    FROM (
        SELECT false AS landmark, * FROM moved
        UNION ALL
        SELECT true, 0, p.* FROM product_landmarks JOIN product_sorting AS p USING (product_id) WHERE sort = $1
    ) AS both_kinds
) AS s
WHERE l.sort = $1 AND s.landmark AND s.product_id = l.product_id AND s.shift <> 0

-- name: set
-- Makes every $2-th product of the order $1 a landmark.
INSERT INTO product_landmarks (sort, product_id, place)
SELECT $1, product_id, place
FROM (SELECT product_id, row_number() OVER (ORDER BY {keys}) - 1 AS place FROM product_sorting) AS numbered
WHERE place % $2 = 0 AND place > 0
