"""Errors of the database."""

from __future__ import annotations

from product_importer.errors.families import InvalidError, UnavailableError


class DatabaseError(UnavailableError):
    """The database can't be reached, is too old, or refused a request."""

    code = "database"


class TooManyConnections(DatabaseError):
    """The database has no connection to spare."""

    code = "too_many_connections"


class DataRefused(InvalidError):
    """The database can't store a value as it is, such as a character that its encoding lacks."""

    code = "data_refused"


class MigrationError(DatabaseError):
    """The schema can't be brought up to date, for instance because an applied migration was edited."""

    code = "migration"
