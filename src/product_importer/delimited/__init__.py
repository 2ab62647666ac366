"""Delimited text: its encoding and dialect, its records, the checks on them, and how it is written."""
