"""The parsers, validators, policies and sinks that come with the library; they enter as any plugin does."""
