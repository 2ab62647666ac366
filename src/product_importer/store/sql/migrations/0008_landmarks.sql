-- Every so many products in each order, one whose place is known, so that a page in the middle of millions is not
-- reached by counting from an end. They follow product_sorting in the same transactions.
CREATE TABLE product_landmarks (
    sort text NOT NULL,
    product_id bigint NOT NULL,
    place bigint NOT NULL, -- how many products come before
    PRIMARY KEY (sort, product_id)
);
CREATE INDEX product_landmarks_place ON product_landmarks (sort, place);

CREATE OR REPLACE FUNCTION follow_truncated_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE product_changes, product_sorting, product_texts, product_landmarks;
    UPDATE product_totals SET products = 0, active = 0;
    RETURN NULL;
END
$$;
