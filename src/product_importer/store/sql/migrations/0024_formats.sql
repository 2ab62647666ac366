-- How a file was read: in words, with the parser's options as resolved, and the word for a row's place in the file.
ALTER TABLE imports ADD COLUMN read_as json;
