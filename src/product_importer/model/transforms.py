"""Steps that change a file's cells before its columns are mapped to fields; a profile lists them as data.

Columns are named by their headers, without regard to case, blanks and punctuation. A ``*`` at the end of a
name stands for all columns that begin with it, and another one at its start for all that contain it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


def _check_filled(kind: str, name: str, text: str) -> None:
    """Raises :class:`ValueError` for an empty text, which would be found everywhere in a cell."""
    if not text:
        raise ValueError(f"A step {kind!r} looks for the text {name!r}, so that can't be empty.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """Removes white space around the cells of ``columns``."""

    kind: Literal["trim"] = "trim"
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Replaces each occurrence of the text ``old`` in the cells of ``columns`` by ``new``."""

    kind: Literal["replace"] = "replace"
    columns: tuple[str, ...]
    old: str
    new: str = ""

    def __post_init__(self) -> None:
        _check_filled(self.kind, "old", self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recode:
    """Writes other texts for the whole cells of ``columns`` that are one of ``words``."""

    kind: Literal["recode"] = "recode"
    columns: tuple[str, ...]
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Moves the cells of ``column`` that begin with one of the texts ``starts`` to the column ``into``."""

    kind: Literal["move"] = "move"
    column: str
    into: str
    starts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Splits the cells of ``column`` at ``separator``; the parts fill the columns ``into``, the last of which
    takes the rest.
    """

    kind: Literal["split"] = "split"
    column: str
    separator: str
    into: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_filled(self.kind, "separator", self.separator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Fills the blank cells of the column ``into`` with the filled cells of ``columns``, joined by
    ``separator``. Cells whose text is one of ``without`` are left out.
    """

    kind: Literal["join"] = "join"
    into: str
    columns: tuple[str, ...]
    separator: str = " "
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """Fills the blank cells of the column ``into`` with ``value``."""

    kind: Literal["constant"] = "constant"
    into: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillGroup:
    """Fills blank cells of ``columns`` from the first row that has the same cell in the column ``group``."""

    kind: Literal["fill_group"] = "fill_group"
    columns: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillDown:
    """Fills blank cells of ``columns`` from the last row above in which the column ``start`` is filled."""

    kind: Literal["fill_down"] = "fill_down"
    columns: tuple[str, ...]
    start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillParent:
    """Fills blank cells of ``columns`` from the row that the column ``parent`` names.

    ``keys``: the columns that name a row, each with the text that goes before the name in the column
    ``parent``, such as ``id:``.
    """

    kind: Literal["fill_parent"] = "fill_parent"
    columns: tuple[str, ...]
    parent: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOut:
    """Leaves out the rows in which all columns of ``blank`` are blank, one column of ``filled`` is filled,
    and each column of ``holds`` has one of its words. They count as skipped and are listed with ``code`` and
    ``message``. A condition without columns is met.
    """

    kind: Literal["leave_out"] = "leave_out"
    code: str
    message: str
    blank: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    holds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneView:
    """Keeps the rows whose cell in ``column`` is blank or that of the file's first row, and leaves out those
    of other store views, languages or currencies. ``code`` and ``holds`` list them: "The row holds …".
    """

    kind: Literal["one_view"] = "one_view"
    column: str
    code: str = "store_view_row"
    holds: str = "the texts of store view"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPlugin:
    """Has the cells changed by the transform ``name`` of a plugin, which gets these ``options``."""

    kind: Literal["by_plugin"] = "by_plugin"
    name: str
    options: Mapping[str, str] = field(default_factory=dict)


Transform = (
    Trim
    | Replace
    | Recode
    | Move
    | Split
    | Join
    | Constant
    | FillGroup
    | FillDown
    | FillParent
    | LeaveOut
    | OneView
    | ByPlugin
)
"""Each step is written with its ``kind``."""

Transforms = tuple[Transform, ...]
