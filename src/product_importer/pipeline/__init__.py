"""The way of a file into the database: parse, map, validate, stage, classify, merge."""
