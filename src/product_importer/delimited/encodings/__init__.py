"""Which encodings there are, and how one is told from a file."""
