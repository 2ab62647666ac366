-- What an import warned of: how many warnings there are of each code, and the first ones of each.
ALTER TABLE imports ADD COLUMN warnings json NOT NULL DEFAULT '{}'; -- in the order in which they were found

CREATE TABLE import_warnings (
    import_id bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    number bigint NOT NULL,
    line bigint,
    record bigint,
    code text NOT NULL,
    header text,
    value text,
    message text NOT NULL,
    PRIMARY KEY (import_id, number)
);
