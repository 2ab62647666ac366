-- An import of a schedule fails if nobody answers its questions in time.

INSERT INTO import_transitions (status, follows) VALUES ('waiting', 'failed');
