-- Products whose places in the orders are known. {words in braces} are put in by landmarks.py.

-- name: nearest
SELECT l.place, s.*
FROM product_landmarks AS l
JOIN product_sorting AS s USING (product_id)
WHERE l.sort = $1 AND l.place <= $2
ORDER BY l.place DESC
LIMIT 1

-- name: any
SELECT EXISTS (SELECT FROM product_landmarks)

-- name: forget
DELETE FROM product_landmarks

-- name: remember_before
-- The rows that are about to be changed, as they are.
CREATE TEMPORARY TABLE moved ON COMMIT DROP AS
SELECT -1 AS shift, * FROM product_sorting WHERE product_id = ANY($1)

-- name: forget_moved
DELETE FROM product_landmarks WHERE product_id = ANY($1)

-- name: remember_after
INSERT INTO moved SELECT 1, * FROM product_sorting WHERE product_id = ANY($1)

-- name: shift
-- By how many more or fewer products come before each landmark now.
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
INSERT INTO product_landmarks (sort, product_id, place)
SELECT $1, product_id, place
FROM (SELECT product_id, row_number() OVER (ORDER BY {keys}) - 1 AS place FROM product_sorting) AS numbered
WHERE place % $2 = 0 AND place > 0
