-- Who made an import, and who began an upload; null where that was not told.
ALTER TABLE imports ADD COLUMN author text;
ALTER TABLE uploads ADD COLUMN author text;
