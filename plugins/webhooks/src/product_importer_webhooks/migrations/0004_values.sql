-- An endpoint may get the values of products with its events. A delivery keeps what its endpoint wanted when it was made,
-- so that its body stays the same, and the most bytes that its body may have: deliveries that are merged stay below the
-- limit of a request. Deliveries of older versions have 0 there; their number of events alone keeps them below it.

ALTER TABLE webhook_endpoints
    ADD COLUMN values text NOT NULL DEFAULT 'none' CHECK (values IN ('none', 'changed', 'full'));
ALTER TABLE webhook_deliveries
    ADD COLUMN values text NOT NULL DEFAULT 'none',
    ADD COLUMN size integer NOT NULL DEFAULT 0;
