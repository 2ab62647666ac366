"""The rejects file: the original cells of rejected rows, then their places and errors, to be corrected and
imported again. It is CSV, or a file of another format with the same columns.

It is read with the mapping of the import that it came from; the header of its last column names that import.
A malformed record has a regular layout here; its fingerprint in the last column shows whether it has been
changed since. An unchanged one is rejected again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, get_args

from product_importer.cells.names import folded
from product_importer.delimited.csv_writing import csv_pages
from product_importer.delimited.formulas import STARTS, marked, unmarked_text
from product_importer.delimited.header import is_store_view_column
from product_importer.delimited.malformed import LAYOUT_CODES, PIECE_CODES
from product_importer.errors import FileError
from product_importer.fields import FIELDS
from product_importer.model import ImportOptions, ImportState, PlaceWord, RejectedRow

REJECT_COLUMNS: Final = ("line", "record", "column", "code", "message")
"""The columns that follow the original ones; a column named after the import follows them. An import leaves
them out if they are together at a header's end, with or without that last column. The first one is named
after the places of the format that was imported: line, row or item.
"""

_PLACES: Final[tuple[PlaceWord, ...]] = get_args(PlaceWord)

_PREFIX: Final = "rejected_"
_OF_IMPORT: Final = re.compile(r"(?:rejected_)?import (\d{1,18}) \(([0-9a-f]{8})\)")
_OLD_FINGERPRINT: Final = re.compile("[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(?:[.,][0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?")
_CARRIED: Final = ("extra", "decimal", "null", "only", "mode", "command_column")
"""Options of the import, beside its mapping, that hold for its rejected rows unless they are given anew."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The import that a rejects file came from: its mapping, by headers, and its options."""

    mapping: Mapping[str, str]
    options: ImportOptions

    def read_like(self, header: Sequence[str], options: ImportOptions) -> ImportOptions:
        """Returns ``options``, completed by those of the import where ``options`` keep the default."""
        named = {folded(column) for column in self.options.map}
        known = {
            folded(unmarked_text(column)): target
            for column, target in self.mapping.items()
            # Mapping such a column would import its rows, so only an explicit option may do it.
            if not is_store_view_column(column) or target in FIELDS or folded(column) in named
        }
        said = {folded(column) for column in options.map}
        fields = {target.strip().lower() for target in options.map.values()} & set(FIELDS)
        carried = {
            column: known[name]
            for column in header[: without_reject_columns(header)]
            if (name := folded(unmarked_text(column))) in known
            and folded(column) not in said
            and known[name] not in fields
        }
        rules = {column: rule for column, rule in self.options.rule.items() if column in header}
        options = self.carried(options)
        return replace(options, map={**carried, **options.map}, rule={**rules, **options.rule})

    def carried(self, options: ImportOptions) -> ImportOptions:
        """Returns ``options``, completed by those of the import that don't depend on the header."""
        default = ImportOptions()
        others: dict[str, Any] = {
            name: getattr(self.options, name)
            for name in _CARRIED
            if getattr(options, name) == getattr(default, name)
        }
        return replace(options, **others)


FindOrigin = Callable[[Sequence[str]], Awaitable[Origin | None]]
"""Returns the import of which a file with this header holds the rejected rows; None for any other file."""


async def no_origin(header: Sequence[str]) -> Origin | None:  # noqa: ARG001
    """Finds no import, where there is no database to look in."""
    return None


def token(state: ImportState) -> str:
    """A short hash that tells an import from one with the same number in another database."""
    spelled = f"{state.id} {state.filename} {state.created_at.isoformat()}"
    return hashlib.sha256(spelled.encode(errors="replace")).hexdigest()[:8]


def origin_of(header: Sequence[str]) -> tuple[int, str] | None:
    """Returns the number and the token of the import that a file came from, if its header shows that it is a
    rejects file.
    """
    found = _OF_IMPORT.fullmatch(header[-1]) if without_reject_columns(header) < len(header) else None
    return None if found is None else (int(found[1]), found[2])


def reject_columns(header: Sequence[str], place: PlaceWord = "line") -> tuple[str, ...]:
    """The names of the added columns; prefixed if the file has one of those names itself."""
    names = (place, *REJECT_COLUMNS[1:])
    taken = {name.strip().casefold() for name in header}
    return names if taken.isdisjoint(names) else tuple(_PREFIX + name for name in names)


def without_reject_columns(header: Sequence[str]) -> int:
    """The number of the file's own columns in the header: all, or all but those that a rejects file adds."""
    end = len(header) - has_fingerprints(header)
    own = end - len(REJECT_COLUMNS)
    if own > 0 and any(tuple(header[own:end]) == reject_columns(header[:own], place) for place in _PLACES):
        return own
    return len(header)


def check_has_all(header: Sequence[str], options: ImportOptions) -> None:
    """Raises :class:`FileError` if products that the file lacks are to be deactivated, though it holds only
    rejected rows.
    """
    if options.missing != "keep" and without_reject_columns(header) < len(header):
        raise FileError(
            "The file holds the rejected rows of an import only, so products that it lacks have to stay. "
            f"Import it without --missing {options.missing}.",
            code="only_rejected_rows",
        )


def has_fingerprints(header: Sequence[str]) -> bool:
    """Whether the last column is named after an import."""
    return bool(header) and _OF_IMPORT.fullmatch(header[-1]) is not None


def fingerprint(cells: Sequence[str]) -> str:
    """The fingerprint of a row's own cells, unaffected by how a spreadsheet rewrites numbers and line ends.

    It begins with a letter, so that no spreadsheet takes it for a number. Its second half covers the texts
    only.
    """
    normal = [_normal(cell) for cell in cells]
    return f"r{_digest(normal)}-{_digest(['0' if _is_number(cell) else cell for cell in normal])}"


def is_unchanged(cells: Sequence[str], printed: str, code: str) -> bool:
    """Whether a row is unchanged since its fingerprint was ``printed``, as far as that can be told.

    If parts of rows are in the wrong cells, a row counts as changed only after a text has been changed.
    """
    whole, _, texts = fingerprint(cells).partition("-")
    if printed.startswith("r"):
        was, _, text_was = printed.partition("-")
        return was == whole or (code in PIECE_CODES and text_was == texts)
    if _OLD_FINGERPRINT.fullmatch(printed):
        return printed == _digest(cells)
    return code in PIECE_CODES  # a spreadsheet took the fingerprint for a number


def _digest(cells: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(cells).encode(errors="replace")).hexdigest()[:12]


def _normal(cell: str) -> str:
    """The cell in a form that is the same after a spreadsheet has rewritten it on its own."""
    text = cell.replace("\r\n", "\n").strip()
    if _NUMBER.fullmatch(text):
        return format(Decimal(text.replace(",", ".")).normalize(), "f")
    return text.upper() if text.upper() in {"TRUE", "FALSE"} else text


def _is_number(cell: str) -> bool:
    """Whether a spreadsheet may take the cell for a number, a date or a truth value."""
    figures = cell.upper().replace("E", "")
    return cell in {"TRUE", "FALSE"} or (bool(figures) and not any(map(str.isalpha, figures)))


async def rejects_csv(state: ImportState, rejects: AsyncIterable[RejectedRow]) -> AsyncIterator[str]:
    """Yields the text of a CSV file, a page of rows at a time.

    Cells beyond the header's columns follow at the row's end, so that they are noticed again and not lost.
    Cells that a spreadsheet would take for formulas are marked as in exports.
    """
    async for page in csv_pages(map(_written, rejects_header(state)), _csv_rows(state, rejects)):
        yield page


def rejects_header(state: ImportState) -> tuple[str, ...]:
    """The names of the file's columns."""
    columns = state.header[: without_reject_columns(state.header)]
    return (*columns, *reject_columns(columns, state.place), f"import {state.id} ({token(state)})")


async def _csv_rows(state: ImportState, rejects: AsyncIterable[RejectedRow]) -> AsyncIterator[list[object]]:
    own = without_reject_columns(state.header)
    async for row in rejects:
        cells = [_written(cell) for cell in _own_cells(row, own)]
        surplus = [_written(cell) for cell in row.cells[len(state.header) :]]
        print_ = fingerprint([*cells, *surplus]) if row.code in LAYOUT_CODES else ""
        place = [row.line, row.record, _written(row.column or ""), row.code, row.message]
        yield [*cells, *place, print_, *surplus]


def typed_row(state: ImportState, row: RejectedRow) -> list[str | int | None]:
    """The row's cells in a file of another format than CSV, in which a row has a cell for each column. A cell
    that isn't there is None.

    Cells beyond the header's columns are quoted in the message. The row is rejected again until another cell
    has been changed.
    """
    cells = _own_cells(row, without_reject_columns(state.header))
    surplus = ", ".join(f"“{cell}”" for cell in row.cells[len(state.header) :])
    message = f"{row.message} Beyond the columns it has {surplus}." if surplus else row.message
    print_ = fingerprint(cells) if row.code in LAYOUT_CODES else ""
    own = [None if place in row.absent else cell for place, cell in enumerate(cells)]
    return [*own, row.line, row.record, row.column or "", row.code, message, print_]


def _own_cells(row: RejectedRow, own: int) -> list[str]:
    return [*row.cells[:own], *[""] * (own - len(row.cells))]


def _written(cell: str) -> str:
    """The cell with a mark if it would be a formula; it is read back as the same text."""
    return marked(unmarked_text(cell)) if cell.startswith(STARTS) else cell
