-- Who asked for what, where no other row keeps it: because the next request overwrites it, or because what it
-- was about is gone. "actor" and "subject" are texts such as "user:3", "import:5" and "webhook:2".
CREATE TABLE actions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL
);

CREATE INDEX actions_subject ON actions (subject, id);

-- Who sent the upload's latest bytes; null where that was not told.
ALTER TABLE uploads ADD COLUMN sender text;
