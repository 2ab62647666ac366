"""Which column of the file is which product field."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from product_importer.cells.names import folded, settled
from product_importer.cells.shortening import quoted, shortened
from product_importer.delimited.formulas import attribute_name, spelled_name
from product_importer.delimited.header import first_of, is_store_view_column
from product_importer.delimited.rejects_file import REJECT_COLUMNS, without_reject_columns
from product_importer.errors import FileError, UsageError
from product_importer.fields import FIELDS, INTEGER, REQUIRED_FIELDS, of_kind
from product_importer.model import VALUE_CHARS, ImportOptions, RowWarning
from product_importer.pipeline.aliases import ALIASES, CANDIDATES, LESSER_PRICES
from product_importer.pipeline.lookalikes import is_another_price, looks_like

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from product_importer.pipeline.assumptions import Guess

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
    """One column of the file: its place (from 0), its header, and what it is used as (:data:`TARGETS`).

    ``called`` is the name of the attribute that it holds, where the catalogue writes it otherwise.
    ``keeps``: cells that hold no value of the column's field are kept as an attribute.
    """

    index: int
    column: str
    target: str
    called: str | None = None
    keeps: bool = False

    @property
    def attribute(self) -> str:
        """The name of the attribute that the column holds, if it is used as one."""
        return self.called or attribute_name(self.column)


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """What every column of a file is used as, in the file's order. A field has one column at most.

    ``guessed``: the columns that were taken for a price or an active flag by their names alone, so that their
    cells may still show otherwise. ``warnings`` name the columns that may have been meant otherwise.
    ``store_views``: the places of the columns that say whose texts a row holds, where nobody mapped them.
    """

    columns: tuple[ColumnUse, ...]
    guessed: tuple[Guess, ...] = field(default=(), compare=False)
    warnings: tuple[RowWarning, ...] = field(default=(), compare=False)
    store_views: tuple[int, ...] = field(default=(), compare=False)

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

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """The names of all attributes that rows of the file may have."""
        return tuple(use.attribute for use in self._holders)

    @property
    def _holders(self) -> tuple[ColumnUse, ...]:
        return tuple(use for use in self.columns if use.target == ATTRIBUTE or use.keeps)

    def named(self, known: Mapping[str, str]) -> FieldMapping:
        """The mapping with the catalogue's names of attributes, ``known`` by their folded forms.

        A name that is spelled out is taken as it stands: that is how exports tell twins apart.
        """
        exact = {use.attribute for use in self._holders if spelled_name(use.column)}
        others = [use for use in self._holders if not spelled_name(use.column)]
        names = settled([use.attribute for use in others], known)
        called = {use.index: name for use, name in zip(others, names, strict=True) if name not in exact}
        columns = (replace(use, called=called.get(use.index)) for use in self.columns)
        return replace(self, columns=tuple(columns))

    def as_dict(self) -> dict[str, str]:
        """Header → target, to be shown and stored, and fit to be given back as ``ImportOptions.map``."""
        return {use.column: use.target for use in self.columns}


def resolve_mapping(
    header: Sequence[str], options: ImportOptions, refuted: Collection[Guess] = ()
) -> FieldMapping:
    """What each column of ``header`` is used as: by ``options.map``, else by the aliases.

    ``refuted``: what the aliases say, but the columns' cells deny.
    The other columns are attributes or ignored as ``options.extra`` says; those that a rejects file adds are
    ignored. Raises :class:`UsageError` for a map that doesn't fit the file, and :class:`FileError`
    (``missing_column``, ``header_too_long``).
    """
    _check_header_size(header, options)
    targets = _targets(header, options, refuted)
    missing = [field for field in REQUIRED_FIELDS if field not in targets.values()]
    if missing:
        raise _refusal(missing, header, targets)
    mapping = _filled(header, targets, options, refuted)
    _check_attribute_names(mapping)
    return mapping


def guess_mapping(header: Sequence[str], options: ImportOptions) -> FieldMapping:
    """Like :func:`resolve_mapping`, but required fields may be missing. Raises :class:`UsageError`, too."""
    return _filled(header, _targets(header, options), options)


def _targets(
    header: Sequence[str], options: ImportOptions, refuted: Collection[Guess] = ()
) -> dict[int, str]:
    targets = _explicit(header, options.map)
    for name in FIELDS:
        if name not in targets.values():
            out = {*targets, *(place for refuted_field, place in refuted if refuted_field == name)}
            place = _by_alias(header, _aliases(name, header, targets), taken=out)
            if place is not None:
                targets[place] = name
    return targets


def _aliases(name: str, header: Sequence[str], targets: Mapping[int, str]) -> Sequence[str]:
    """Where the SKU is a variant's, so is the price."""
    sku = next((header[place] for place, target in targets.items() if target == "sku"), "")
    if name == "price" and _letters(sku).startswith("variant"):
        return sorted(ALIASES[name], key=lambda alias: not alias.startswith("variant"))
    return ALIASES[name]


def _filled(
    header: Sequence[str],
    targets: Mapping[int, str],
    options: ImportOptions,
    refuted: Collection[Guess] = (),
) -> FieldMapping:
    extra = ATTRIBUTE if options.extra == "attributes" else IGNORE
    rejects = without_reject_columns(header)
    columns = _keeping(
        tuple(
            ColumnUse(place, column, targets.get(place, extra if place < rejects else IGNORE))
            for place, column in enumerate(header)
        ),
        extra,
    )
    named = {_place(header, column) for column in options.map}
    guessed = tuple(
        (use.target, use.index) for use in columns if use.target in _LOOKED_AT and use.index not in named
    )
    return FieldMapping(
        columns,
        guessed=guessed if rejects == len(header) else (),  # rejected cells say nothing about their column
        warnings=(
            *_repeated(columns),
            *_refuted_columns(columns, refuted),
            *_overlooked([use for use in columns[:rejects] if use.index not in named], columns, refuted),
        ),
        store_views=tuple(
            use.index
            for use in columns
            if use.target not in FIELDS and use.index not in named and is_store_view_column(use.column)
        ),
    )


def _keeping(columns: tuple[ColumnUse, ...], extra: str) -> tuple[ColumnUse, ...]:
    """The columns; those of whole numbers keep their other cells where ``extra`` columns are kept.

    Not where a column of attributes has the name already: its cells would get lost.
    """
    if extra != ATTRIBUTE:
        return columns
    taken = {folded(use.attribute) for use in columns if use.target == ATTRIBUTE}
    return tuple(
        replace(use, keeps=True) if use.target in _WHOLE and folded(use.attribute) not in taken else use
        for use in columns
    )


_WHOLE: Final = of_kind(INTEGER)
_LOOKED_AT: Final = {
    "price": "the price",
    "active": "whether a product is active",
    "stock": "how many are in stock",
}
_MOST_WARNINGS: Final = 20


def _repeated(columns: Sequence[ColumnUse]) -> Iterator[RowWarning]:
    """The columns that have a field's header once more, under a number of their own."""
    fields = {use.column: use.target for use in columns if use.target in FIELDS}
    for use in columns:
        first = first_of(use.column)
        if first in fields and use.target not in FIELDS:
            yield RowWarning(
                "column_repeated",
                f"The file has several columns called {quoted(first)}. The first one is taken as "
                f"{fields[first]}; this one is called {quoted(use.column)}. If it is the one "
                "that counts, map it.",
                column=use.column,
            )


def _refuted_columns(columns: Sequence[ColumnUse], refuted: Collection[Guess]) -> Iterator[RowWarning]:
    for name, place in sorted(refuted, key=lambda guess: guess[1]):
        use = columns[place]
        if use.target == name:
            continue
        yield RowWarning(
            "column_is_no_field",
            f"Column {quoted(use.column)} is called as if it said {_LOOKED_AT[name]}, but not one of its "
            f"cells does, so it is {_become(use)}. If it is meant so after all, say so with "
            f'--map "{shortened(use.column, VALUE_CHARS)}={name}" and correct the cells.',
            column=use.column,
        )


def _overlooked(
    free: Sequence[ColumnUse], columns: Sequence[ColumnUse], refuted: Collection[Guess]
) -> Iterator[RowWarning]:
    """The columns that look like a field which has none, or only one of a lesser name."""
    known = {place for _, place in refuted}
    left = [use for use in free if use.target not in FIELDS and use.index not in known]
    for name, what in _LOOKED_AT.items():
        taken = next((use for use in columns if use.target == name), None)
        if taken is not None and (name != "price" or _letters(taken.column) not in LESSER_PRICES):
            continue
        alike = [use for use in left if looks_like(name, use.column)]
        if taken is not None:
            alike = [use for use in alike if not is_another_price(use.column)]
        for use in alike[:_MOST_WARNINGS]:
            named = shortened(use.column, VALUE_CHARS)
            yield RowWarning(
                "column_overlooked",
                f"Column {quoted(use.column)} may say {what}, but is {_become(use)}. If it does, say so with "
                f'--map "{named}={name}"; if not, with --map "{named}=attribute".',
                column=use.column,
            )


def _become(use: ColumnUse) -> str:
    return "kept as an attribute" if use.target == ATTRIBUTE else "left out"


def _explicit(header: Sequence[str], wanted: Mapping[str, str]) -> dict[int, str]:
    targets: dict[int, str] = {}
    for column, name in wanted.items():
        place = _place(header, column)
        target = name.strip().lower()
        if target not in TARGETS:
            raise UsageError(
                f"Column {quoted(column)} is to be mapped to {quoted(name)}, which is no field. The "
                f"fields are {', '.join(FIELDS)}; {ATTRIBUTE} keeps the column as it is, {IGNORE} drops it."
            )
        if place in targets:
            raise UsageError(f"Column {quoted(header[place])} is mapped twice. Map it once.")
        if target in FIELDS and target in targets.values():
            other = next(header[p] for p, t in targets.items() if t == target)
            raise UsageError(
                f"Columns {quoted(other)} and {quoted(header[place])} are both mapped to {target}. "
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
    raise UsageError(f"Column {quoted(column)} {flaw}. The file's columns are {_listed(header)}.")


def _by_alias(header: Sequence[str], aliases: Iterable[str], *, taken: Iterable[int]) -> int | None:
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        if place not in taken:
            places.setdefault(_letters(column), place)
    return next((places[word] for word in map(_letters, aliases) if word in places), None)


def _candidate(name: str, header: Sequence[str], taken: Collection[int]) -> int | None:
    """The column that most probably holds a required field. Remarks in its name are overlooked, and a word
    with "sku" in it goes before all that merely may be one, among which a database's ids come last.
    """
    bare = [_REMARK.sub("", unicodedata.normalize("NFKC", column)) for column in header]
    if (place := _by_alias(bare, ALIASES[name], taken=taken)) is not None:
        return place
    if name == "sku" and len(header) > 1:
        for place, column in enumerate(bare):
            if place not in taken and "sku" in _letters(column) and not _OTHERS_SKU.search(column):
                return place
    return _by_alias(bare, CANDIDATES[name], taken=taken)


_REMARK: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_OTHERS_SKU: Final = re.compile(
    r"parent|supplier|vendor|manufacturer|competitor|\bold\b|related|cross|up.?sell", re.IGNORECASE
)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _refusal(missing: Sequence[str], header: Sequence[str], targets: Mapping[int, str]) -> FileError:
    if not targets and any(_NO_HEADER_WORD.fullmatch(column.strip()) for column in header):
        hint = "Its first line looks like a product, not like names of columns; put a line of names above it."
    else:
        places: dict[str, int | None] = {}
        others = {place for place, target in targets.items() if target != "barcode"}  # it may name products
        for field in missing:
            given = {place for place in places.values() if place is not None}
            places[field] = _candidate(field, header, {*others, *given})
        likely = {field: "COLUMN" if place is None else header[place] for field, place in places.items()}
        options = " ".join(
            f'--map "{shortened(column, VALUE_CHARS)}={field}"' for field, column in likely.items()
        )
        hint = f"If other columns of it hold that, say so with {options}."
    columns = " and no ".join(f"{field} column" for field in missing)
    message = f"The file has no {columns}. {hint} Its columns are {_listed(header)}."
    return FileError(message, code="missing_column", line=1)


def _listed(header: Sequence[str]) -> str:
    names = [f'"{shortened(name, _SHOWN_CHARS)}"' for name in header[:_SHOWN_COLUMNS]]
    more = len(header) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _check_attribute_names(mapping: FieldMapping) -> None:
    columns: dict[str, str] = {}
    for use in mapping.attributes:
        if (other := columns.setdefault(use.attribute, use.column)) != use.column:
            raise FileError(
                f"Columns {quoted(other)} and {quoted(use.column)} are both "
                f"the attribute {quoted(use.attribute)}. "
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
