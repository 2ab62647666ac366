-- Profiles: how files are read and merged, by name.

CREATE TABLE profiles (
    name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    profile json NOT NULL, -- as its written form has it
    signature text, -- of the header of the files that it is for
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    author text
);
CREATE INDEX profiles_signature ON profiles (signature);
