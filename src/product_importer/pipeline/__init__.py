"""The import pipeline: parse, map, validate, spool, resolve duplicates, save in chunks."""
