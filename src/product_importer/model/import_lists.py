"""Which imports a list has, and the comparison of an import with an earlier one."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from product_importer.model.imports import Status


@dataclass(frozen=True, slots=True)
class ImportFilter:
    """The imports of a list; what is None doesn't matter.

    ``profile`` is the name of a stored profile that the import named, ``author`` the text of an
    :class:`Actor`, and ``filename`` a part of the file's name, in any case.
    """

    status: Status | None = None
    profile: str | None = None
    author: str | None = None
    filename: str | None = None


ALL_IMPORTS: Final = ImportFilter()


class Alike(enum.StrEnum):
    """What two imports have in common: the name of their profile, the URL of their file, or the name of their
    file but for its digits. ``CHOSEN``: somebody chose the two.
    """

    PROFILE = "profile"
    URL = "url"
    FILENAME = "filename"
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of rows or products of an import, and that of the earlier one.

    ``name`` is that of a count of the ledger, or the code of a warning. ``unusual``: it differs by more than
    such numbers usually do.
    """

    name: str
    value: int
    before: int
    unusual: bool

    @property
    def change(self) -> float | None:
        """The change as a share of the earlier number, such as -0.38; None if that is 0."""
        return (self.value - self.before) / self.before if self.before else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """An import beside an earlier one, which is ``before``. ``alike``: why these two.

    ``figures`` are the counts of the ledger, without those that are 0 in both; ``warnings`` are the numbers
    by code. ``columns_added`` and ``columns_gone`` are headers, in the order of their files.
    """

    import_id: int
    before: int
    alike: Alike
    figures: tuple[Figure, ...]
    warnings: tuple[Figure, ...]
    columns_added: tuple[str, ...]
    columns_gone: tuple[str, ...]

    @property
    def unusual(self) -> bool:
        """Whether anything stands out: a number, or a column."""
        return bool(
            self.columns_added
            or self.columns_gone
            or any(each.unusual for each in (*self.figures, *self.warnings))
        )
