-- Imports that workers run, rather than whoever registered them.

-- attempts: how often it was begun since it last got on, so that one that kills its process ends some day.
ALTER TABLE imports
    ADD COLUMN background boolean NOT NULL DEFAULT false,
    ADD COLUMN attempts integer NOT NULL DEFAULT 0;
