"""Decides which column of the file is which product field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from product_importer.cells.names import folded
from product_importer.cells.shortening import quoted
from product_importer.delimited.header import is_store_view_column
from product_importer.delimited.rejects_file import without_reject_columns
from product_importer.errors import QuestionsOpen, UsageError
from product_importer.fields import FIELDS, INTEGER, REQUIRED_FIELDS, of_kind
from product_importer.model import AUTO_SHOP, KEYS_ONLY, NO_SHOP, ImportOptions
from product_importer.model.modes import CREATING, NO_COMMANDS
from product_importer.pipeline.column_uses import ATTRIBUTE, IGNORE, TARGETS, ColumnUse, FieldMapping
from product_importer.pipeline.header_words import best, currency_of, first_alike, headings_of
from product_importer.pipeline.mapping_refusals import (
    check_attribute_names,
    check_header_size,
    listed,
    may_hold_name,
    price_question,
    refusal,
)
from product_importer.pipeline.mapping_warnings import LOOKED_AT, overlooked, refuted_columns, repeated

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from product_importer.pipeline.assumptions import Guess

_WHOLE: Final = of_kind(INTEGER)


def resolve_mapping(
    header: Sequence[str], options: ImportOptions, refuted: Collection[Guess] = ()
) -> FieldMapping:
    """Returns what each column of ``header`` is used as: by ``options.map``, else by the aliases.

    ``refuted``: guesses by aliases that the columns' cells refuted. The other columns are attributes or
    ignored, as ``options.extra`` says; the columns that a rejects file adds are ignored. Raises
    :class:`UsageError` for a map that doesn't fit the file, :class:`QuestionsOpen` if a column may hold a
    required field, or several may hold the price, and :class:`FileError` (``missing_column``,
    ``header_too_long``).
    """
    check_header_size(header, options)
    targets = _targets(header, options, refuted)
    wanted = [field for field in REQUIRED_FIELDS if _may_touch(field, options)]
    missing = [field for field in wanted if field not in targets.values()]
    sure = _without_guessed_description(header, targets, options)
    if "sku" in missing or (missing and may_hold_name(header, sure)):
        raise refusal(missing, header, sure)
    of_shop = options.shop not in (AUTO_SHOP, NO_SHOP)  # a warning names its prices: it may lack SKUs, too
    if _may_touch("price", options) and "price" not in targets.values() and not of_shop:
        out = {*targets, *(place for field, place in refuted if field == "price")}
        variant = _is_of_variant(header, targets)
        alike = first_alike("price", headings_of(header), out=out, variant=variant)
        if len(alike) > 1:
            raise QuestionsOpen((price_question([header[place] for place in alike]),))
    mapping = _filled(header, targets, options, refuted)
    check_attribute_names(mapping)
    return mapping


def guess_mapping(header: Sequence[str], options: ImportOptions) -> FieldMapping:
    """Like :func:`resolve_mapping`, but required fields may be missing. Raises :class:`UsageError`, too."""
    return _filled(header, _targets(header, options), options)


def _targets(
    header: Sequence[str], options: ImportOptions, refuted: Collection[Guess] = ()
) -> dict[int, str]:
    targets = _explicit(header, options.map)
    headings = headings_of(header)
    for name in FIELDS:
        if name not in targets.values():
            out = {*targets, *(place for refuted_field, place in refuted if refuted_field == name)}
            variant = name == "price" and _is_of_variant(header, targets)
            if (place := best(name, headings, out=out, variant=variant)) is not None:
                targets[place] = name
    return targets


def _without_guessed_description(
    header: Sequence[str], targets: Mapping[int, str], options: ImportOptions
) -> dict[int, str]:
    """The uses of the columns. A column that is called a description may hold the names, unless the options
    say what it is, or no row needs a name.
    """
    if options.mode not in CREATING:
        return dict(targets)
    given = _explicit(header, options.map)
    return {place: use for place, use in targets.items() if use != "description" or place in given}


def _is_of_variant(header: Sequence[str], targets: Mapping[int, str]) -> bool:
    """Whether the SKU is a variant's; then the variant's price is preferred."""
    sku = next((header[place] for place, target in targets.items() if target == "sku"), "")
    return sku.casefold().lstrip().startswith("variant")


def _filled(
    header: Sequence[str],
    targets: Mapping[int, str],
    options: ImportOptions,
    refuted: Collection[Guess] = (),
) -> FieldMapping:
    extra = ATTRIBUTE if options.extra == "attributes" and _may_touch("attributes", options) else IGNORE
    rejects = without_reject_columns(header)
    columns = _keeping(
        tuple(
            ColumnUse(
                place,
                column,
                target := _use(targets.get(place, extra if place < rejects else IGNORE), options),
                currency=currency_of(column) if target == "price" else None,
            )
            for place, column in enumerate(header)
        ),
        extra,
    )
    commands = place_of_commands(header, options)
    if commands is not None:
        columns = tuple(replace(use, target=IGNORE) if use.index == commands else use for use in columns)
    named = {_place(header, column) for column in options.map}
    guessed = tuple(
        (use.target, use.index) for use in columns if use.target in LOOKED_AT and use.index not in named
    )
    return FieldMapping(
        columns,
        guessed=guessed if rejects == len(header) else (),  # rejected cells say nothing about their column
        warnings=(
            *repeated([use for use in columns[:rejects] if use.index not in named], columns),
            *refuted_columns(columns, refuted),
            *overlooked([use for use in columns[:rejects] if use.index not in named], columns, refuted),
        ),
        store_views=tuple(
            use.index
            for use in columns
            if use.target not in FIELDS and use.index not in named and is_store_view_column(use.column)
        ),
        commands=commands,
    )


def _use(target: str, options: ImportOptions) -> str:
    return target if _may_touch("attributes" if target == ATTRIBUTE else target, options) else IGNORE


def _may_touch(field: str, options: ImportOptions) -> bool:
    """Whether the import uses the field's column. A row that only names a product has no other columns."""
    if field == "sku":
        return True
    keys_only = options.mode in KEYS_ONLY and not heeds_commands(options)
    return not keys_only and (not options.only or field in options.only)


def heeds_commands(options: ImportOptions) -> bool:
    """Whether a column of the file says what is done with each row."""
    return options.command_column not in (None, NO_COMMANDS)


def place_of_commands(header: Sequence[str], options: ImportOptions) -> int | None:
    """Returns the place of that column. Raises :class:`UsageError` if the file doesn't have it."""
    if options.command_column is None or not heeds_commands(options):
        return None
    return _place(header, options.command_column)


def _keeping(columns: tuple[ColumnUse, ...], extra: str) -> tuple[ColumnUse, ...]:
    """Makes columns of whole numbers keep other cells as an attribute, if ``extra`` columns are attributes.

    An attribute column of the same name prevents this: its cells would get lost.
    """
    if extra != ATTRIBUTE:
        return columns
    taken = {folded(use.attribute) for use in columns if use.target == ATTRIBUTE}
    return tuple(
        replace(use, keeps=True) if use.target in _WHOLE and folded(use.attribute) not in taken else use
        for use in columns
    )


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
    raise UsageError(f"Column {quoted(column)} {flaw}. The file's columns are {listed(header)}.")
