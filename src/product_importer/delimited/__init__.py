"""Delimited text: how it is written, split into records, checked, and written again."""
