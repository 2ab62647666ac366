-- The modes of imports: rows may delete products, and rows that a mode leaves out are counted by their warning.

ALTER TABLE import_chunks
    ADD COLUMN deleted bigint NOT NULL DEFAULT 0,
    ADD COLUMN unknown_sku bigint NOT NULL DEFAULT 0,
    ADD COLUMN known_sku bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT import_chunks_check,
    ADD CONSTRAINT import_chunks_check
        CHECK (read = created + updated + unchanged + deleted + duplicate + invalid + skipped),
    ADD CONSTRAINT import_chunks_left_out CHECK (unknown_sku + known_sku <= skipped);
