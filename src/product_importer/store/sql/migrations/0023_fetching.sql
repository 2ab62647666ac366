-- A file may be fetched from a URL by the process that runs its import.

ALTER TABLE imports
    ADD COLUMN origin text, -- the URL without secrets; null for files that came otherwise
    ADD COLUMN fetch_url text, -- the whole URL, until the file is here
    DROP CONSTRAINT imports_phase,
    ADD CONSTRAINT imports_phase CHECK (
        CASE status
            WHEN 'queued' THEN phase = 'waiting'
            WHEN 'running' THEN phase IN ('fetching', 'reading', 'saving', 'deactivating')
            WHEN 'cancelled' THEN phase IN ('waiting', 'finished')
            ELSE phase = 'finished'
        END
    );
