"""Which column of the file is which product field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from product_importer.errors import FileError, UsageError
from product_importer.formulas import attribute_name
from product_importer.model import FIELDS, REQUIRED_FIELDS, ImportOptions
from product_importer.pipeline.aliases import ALIASES, CANDIDATES
from product_importer.rejects_file import REJECT_COLUMNS, without_reject_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ATTRIBUTE: Final = "attribute"
IGNORE: Final = "ignore"
TARGETS: Final = (*FIELDS, ATTRIBUTE, IGNORE)
"""What a column can be used as."""

MAX_ATTRIBUTE_NAMES: Final = 32_768
"""Bytes that the names of all attribute columns may take together: every row's JSON object repeats them."""

_NO_HEADER_WORD = re.compile(r"[^\w]*\d+([.,]\d+)?[^\w]*|true|false", re.IGNORECASE)
_SHOWN_COLUMNS = 30
_SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """One column of the file: its place (from 0), its header, and what it is used as (:data:`TARGETS`)."""

    index: int
    column: str
    target: str

    @property
    def attribute(self) -> str:
        """The name of the attribute that the column holds, if it is used as one."""
        return attribute_name(self.column)


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """What every column of a file is used as, in the file's order. A field has one column at most."""

    columns: tuple[ColumnUse, ...]

    def use_of(self, field: str) -> ColumnUse | None:
        return next((use for use in self.columns if use.target == field), None)

    def column_of(self, field: str) -> str | None:
        """The header of the field's column; None where the file has no such column."""
        use = self.use_of(field)
        return None if use is None else use.column

    def index_of(self, field: str) -> int | None:
        """The place, from 0, of the field's column; None where the file has no such column."""
        use = self.use_of(field)
        return None if use is None else use.index

    @property
    def attributes(self) -> tuple[ColumnUse, ...]:
        return tuple(use for use in self.columns if use.target == ATTRIBUTE)

    def as_dict(self) -> dict[str, str]:
        """Header → target, to be shown and stored, and fit to be given back as ``ImportOptions.map``."""
        return {use.column: use.target for use in self.columns}


def resolve_mapping(header: Sequence[str], options: ImportOptions) -> FieldMapping:
    """What each column of ``header`` is used as: by ``options.map``, else by the aliases.

    The other columns are attributes or ignored as ``options.extra`` says; those that a rejects file adds are
    ignored. Raises :class:`UsageError` for a map that doesn't fit the file, and :class:`FileError`
    (``missing_column``, ``header_too_long``).
    """
    _check_header_size(header, options)
    targets = _targets(header, options)
    missing = [field for field in REQUIRED_FIELDS if field not in targets.values()]
    if missing:
        raise _refusal(missing, header, targets)
    mapping = _filled(header, targets, options)
    _check_attribute_names(mapping)
    return mapping


def guess_mapping(header: Sequence[str], options: ImportOptions) -> FieldMapping:
    """The same without a demand on the file: fields may be missing. Raises :class:`UsageError` as above."""
    return _filled(header, _targets(header, options), options)


def _targets(header: Sequence[str], options: ImportOptions) -> dict[int, str]:
    targets = _explicit(header, options.map)
    for field in FIELDS:
        if field not in targets.values():
            place = _by_alias(header, ALIASES[field], taken=targets)
            if place is not None:
                targets[place] = field
    return targets


def _filled(header: Sequence[str], targets: Mapping[int, str], options: ImportOptions) -> FieldMapping:
    extra = ATTRIBUTE if options.extra == "attributes" else IGNORE
    rejects = without_reject_columns(header)
    return FieldMapping(
        tuple(
            ColumnUse(place, column, targets.get(place, extra if place < rejects else IGNORE))
            for place, column in enumerate(header)
        )
    )


def _explicit(header: Sequence[str], wanted: Mapping[str, str]) -> dict[int, str]:
    targets: dict[int, str] = {}
    for column, name in wanted.items():
        place = _place(header, column)
        target = name.strip().lower()
        if target not in TARGETS:
            raise UsageError(
                f"Column {column!r} is to be mapped to {name!r}, which is no field. The "
                f"fields are {', '.join(FIELDS)}; {ATTRIBUTE} keeps the column as it is, {IGNORE} drops it."
            )
        if place in targets:
            raise UsageError(f"Column {header[place]!r} is mapped twice. Map it once.")
        if target in FIELDS and target in targets.values():
            other = next(header[p] for p, t in targets.items() if t == target)
            raise UsageError(
                f"Columns {other!r} and {header[place]!r} are both mapped to {target}. "
                f"Keep one and map the other to {ATTRIBUTE} or {IGNORE}."
            )
        targets[place] = target
    return targets


def _place(header: Sequence[str], column: str) -> int:
    if column in header:
        return header.index(column)
    same = [
        place for place, name in enumerate(header) if name.strip().casefold() == column.strip().casefold()
    ]
    if len(same) == 1:
        return same[0]
    flaw = "fits several columns" if same else "is not in the file"
    raise UsageError(f"Column {column!r} {flaw}. The file's columns are {_listed(header)}.")


def _by_alias(header: Sequence[str], aliases: Iterable[str], *, taken: Iterable[int]) -> int | None:
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        if place not in taken:
            places.setdefault(_letters(column), place)
    return next((places[word] for word in map(_letters, aliases) if word in places), None)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _refusal(missing: Sequence[str], header: Sequence[str], targets: Mapping[int, str]) -> FileError:
    if not targets and any(_NO_HEADER_WORD.fullmatch(column.strip()) for column in header):
        hint = "Its first line looks like a product, not like names of columns; put a line of names above it."
    else:
        places = {field: _by_alias(header, CANDIDATES[field], taken=targets) for field in missing}
        likely = {field: "COLUMN" if place is None else header[place] for field, place in places.items()}
        options = " ".join(f'--map "{column}={field}"' for field, column in likely.items())
        hint = f"If other columns of it hold that, say so with {options}."
    columns = " and no ".join(f"{field} column" for field in missing)
    message = f"The file has no {columns}. {hint} Its columns are {_listed(header)}."
    return FileError(message, code="missing_column", line=1)


def _listed(header: Sequence[str]) -> str:
    names = [f'"{n[:_SHOWN_CHARS]}…"' if len(n) > _SHOWN_CHARS else f'"{n}"' for n in header[:_SHOWN_COLUMNS]]
    more = len(header) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _check_attribute_names(mapping: FieldMapping) -> None:
    columns: dict[str, str] = {}
    for use in mapping.attributes:
        if (other := columns.setdefault(use.attribute, use.column)) != use.column:
            raise FileError(
                f"Columns {other!r} and {use.column!r} are both the attribute {use.attribute!r}. "
                "Rename or remove one of them.",
                code="repeated_column",
                line=1,
            )
    size = sum(len(use.attribute.encode()) for use in mapping.attributes)
    if size > MAX_ATTRIBUTE_NAMES:
        raise _header_too_long(size)


def _check_header_size(header: Sequence[str], options: ImportOptions) -> None:
    """Refuses a header that is too long whatever its columns are used as, before its words are compared.

    Few columns can be anything but attributes, unless the options say so.
    """
    if options.extra != "attributes":
        return
    others = len(FIELDS) + len(REJECT_COLUMNS) + len(options.map)
    sizes = sorted(map(len, header))
    size = sum(sizes[: max(len(sizes) - others, 0)])
    if size > MAX_ATTRIBUTE_NAMES:
        raise _header_too_long(size)


def _header_too_long(size: int) -> FileError:
    return FileError(
        f"The names of the columns that aren't product fields take {size:,} bytes or more; "
        f"{MAX_ATTRIBUTE_NAMES:,} are allowed. Shorten them, or leave those columns out with --extra ignore.",
        code="header_too_long",
        line=1,
    )
