"""The exit statuses of the command line."""

COMPLETED = 0
FAILED = 1
USAGE = 2
REJECTED_ROWS = 3

BY_SEVERITY = (COMPLETED, REJECTED_ROWS, FAILED, USAGE)
"""With several files, the last one of these counts."""
