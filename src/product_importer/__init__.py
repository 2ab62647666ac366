"""Loads product catalogues from files into PostgreSQL, exactly."""
