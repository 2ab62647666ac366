"""Detection of a file's encoding, and the encodings that are supported."""
