-- A plan that nobody wants to apply can be discarded.
INSERT INTO import_transitions (status, follows) VALUES ('planned', 'cancelled');
