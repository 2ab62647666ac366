"""The base class of all errors, the four families, and errors of no single subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.model import RowError


class ProductImporterError(Exception):
    """Base of every error that the library raises on purpose.

    ``code`` is stable and meant for programs; ``str(error)`` is meant for people.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class NotFoundError(ProductImporterError):
    """There is nothing with the requested id."""


class ConflictError(ProductImporterError):
    """The request doesn't fit the present state, which another actor may have changed."""


class InvalidError(ProductImporterError):
    """A file, a value or an option can't be accepted as it is."""


class UnavailableError(ProductImporterError):
    """A part that is needed, such as the database or the storage, doesn't work at present."""


class InvalidFields(InvalidError):
    """Fields can't be accepted. ``problems`` name each field, in ``column``, and what is wrong."""

    def __init__(self, problems: tuple[RowError, ...]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems


class UsageError(InvalidError):
    """The request can't be fulfilled: it names an unknown option, field, parser or policy."""

    code = "usage"


class SettingsError(UnavailableError):
    """A setting is missing or invalid."""

    code = "settings"


class PluginError(ProductImporterError):
    """A plugin failed, or two plugins clash. ``plugin`` names the one to blame."""

    code = "plugin"

    def __init__(self, message: str, *, plugin: str, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.plugin = plugin


class EmbeddedServerError(UnavailableError):
    """The embedded server can't be started or joined."""

    code = "embedded_server"
