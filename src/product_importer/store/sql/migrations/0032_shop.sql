-- An import keeps the name of the shop whose profile was used for its file, or the word none.

ALTER TABLE imports ADD COLUMN shop text;
