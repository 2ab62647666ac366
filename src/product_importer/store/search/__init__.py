"""Products found, sorted and paged: the statements for a list, and the tables that keep them quick."""
