-- How many bytes of a set's payload are its first part, by which lists of changes are filtered and sorted. Null, as older
-- versions of the program leave it: all of them.
ALTER TABLE change_sets ADD COLUMN narrow integer;
