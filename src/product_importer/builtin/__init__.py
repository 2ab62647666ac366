"""The parsers, validators, policies and sinks that come with the library, registered as plugins' are."""
