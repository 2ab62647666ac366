"""The comparison of an import with an earlier one, as the API shows it."""

from __future__ import annotations

from msgspec import field

from product_importer.model.import_lists import Alike
from product_importer_web.declarations import Place, Query, Shown


class ComparisonQuery(Query, frozen=True):
    """``before``: the import to compare with; 0 for the latest one before it that is like it."""

    before: Place = 0


class FigureShown(Shown, frozen=True):
    """A number of an import, and that of the earlier one. ``change`` is a share, such as -0.38."""

    name: str
    value: int
    before: int
    unusual: bool
    change: float | None


class ComparisonShown(Shown, frozen=True):
    """An import beside an earlier one. ``unusual``: whether anything stands out."""

    import_: int = field(name="import")
    before: int
    alike: Alike
    unusual: bool
    figures: list[FigureShown]
    warnings: list[FigureShown]
    columns_added: list[str]
    columns_gone: list[str]


class ComparedShown(Shown, frozen=True):
    """A comparison; null if there is nothing to compare with."""

    comparison: ComparisonShown | None
