"""Converts a parser's text into typed product fields."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.shortening import quoted
from product_importer.cells.sku import sku_keys
from product_importer.delimited.formulas import unmarked
from product_importer.fields import (
    DECIMAL,
    FLAG,
    INTEGER,
    OBJECT,
    PLAIN_TEXTS,
    PRODUCT,
    TEXT,
    VERBATIM,
    of_kind,
)
from product_importer.pipeline.active import may_be_flags, to_active
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.attributes import attribute_objects
from product_importer.pipeline.cells import Cells
from product_importer.pipeline.column_rules import NUMBERS
from product_importer.pipeline.numbers import NumberSigns, count
from product_importer.pipeline.price import PRICE_TYPE, may_be_prices, to_price
from product_importer.pipeline.store_views import store_view_rows
from product_importer.pipeline.text import any_true, is_blank
from product_importer.pipeline.typed_numbers import TypedCells, without_zeros
from product_importer.pipeline.warning_codes import no_whole_number
from product_importer.pipeline.whole_number import (
    WHOLE_NUMBER_TYPE,
    WholeNumbers,
    may_be_whole_numbers,
    to_whole_number,
)
from product_importer.ports import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from product_importer.fields import Kind
    from product_importer.pipeline.assumptions import Guess
    from product_importer.pipeline.column_uses import ColumnUse, FieldMapping
    from product_importer.pipeline.evidence import Signs
    from product_importer.pipeline.numbers import Notation
    from product_importer.pipeline.price import Prices
    from product_importer.ports import RawBatch

ARROW_TYPES: Final[Mapping[Kind, pa.DataType]] = {
    TEXT: pa.string(),
    VERBATIM: pa.string(),
    DECIMAL: PRICE_TYPE,
    INTEGER: WHOLE_NUMBER_TYPE,
    FLAG: pa.bool_(),
    OBJECT: pa.string(),
}
"""The Arrow type of a batch's column for each kind of field; an object is JSON text."""

_KEY: Final = ("sku_key", pa.string())

MAPPED_SCHEMA: Final = pa.schema(
    [
        ("line", pa.int64()),
        ("record", pa.int64()),
        *(
            column
            for field in PRODUCT
            for column in ((field.name, ARROW_TYPES[field.kind]), *((_KEY,) if field.name == "sku" else ()))
        ),
    ]
)
"""The columns of :class:`~product_importer.ports.Validator`'s batch."""


_ASSUMED: Final = Assumptions()
_WHOLE: Final = of_kind(INTEGER)
_NONE_TYPED: Final = TypedCells()


class Converted(NamedTuple):
    """A batch's rows as product fields, one for each row of the raw batch.

    ``findings`` name the cells that could not be read; those are null in ``batch`` (:data:`MAPPED_SCHEMA`).
    ``blank`` is true for rows in which all cells are blank: they are skipped, not validated.
    ``signs``: counts of how the cells of the price, active and stock columns are written.
    """

    batch: pa.RecordBatch
    findings: list[Finding]
    blank: pa.BooleanArray
    signs: Mapping[Guess, Signs]


def convert(
    raw: RawBatch,
    mapping: FieldMapping,
    assumed: Assumptions = _ASSUMED,
    typed: TypedCells = _NONE_TYPED,
) -> Converted:
    """Returns the rows of ``raw`` as product fields, by ``mapping`` and its rules. ``typed``: the cells that
    were numbers with decimals already; they don't show how the others are written.

    Texts stay as they are, except that SKU and name are trimmed, invisible characters are removed from SKUs,
    and the marks that our exports and spreadsheets put on cells are removed. Prices and active flags are
    read exactly or not at all.
    """
    cells, rows, rules = raw.cells, raw.cells.num_rows, mapping.rules

    def text_of(field: str) -> pa.StringArray:
        place = mapping.index_of(field)
        return pa.nulls(rows, pa.string()) if place is None else cells.column(place)

    texts = Cells()
    sku = texts.sku(text_of("sku"))
    prices = texts.value("price", text_of("price"))
    price = to_price(prices, rules.numbers("price", assumed))
    active = to_active(texts.value("active", text_of("active")), rules.active(assumed))
    number_texts = {field: texts.value(field, text_of(field)) for field in _WHOLE}
    numbers = {
        field: to_whole_number(text, rules.numbers(field, assumed)) for field, text in number_texts.items()
    }
    kept = (
        *_currencies(mapping, price),
        *(
            each
            for field, read in numbers.items()
            for each in _kept(mapping.use_of(field), number_texts[field], read, typed)
        ),
    )
    columns = {
        "line": raw.lines,
        "record": raw.records,
        "sku": sku,
        "sku_key": sku_keys(sku),
        "name": texts.name(text_of("name")),
        "description": texts.description(text_of("description")),
        "price": price.values,
        "active": active.values,
        "attributes": attribute_objects(chain(texts.attributes(mapping.attributes, cells), kept), rows),
        **{field: texts.text(field, text_of(field)) for field in PLAIN_TEXTS},
        **{field: read.values for field, read in numbers.items()},
    }
    batch = pa.RecordBatch.from_pydict(columns, schema=MAPPED_SCHEMA)
    found: dict[str, Signs] = {"price": price.signs, "active": active.signs}
    found |= {field: read.signs for field, read in numbers.items()}
    for use in mapping.columns if typed else ():
        if use.index in typed and use.target in NUMBERS:
            text = prices if use.target == "price" else number_texts[use.target]
            notation = rules.numbers(use.target, assumed)
            found[use.target] = _signs_beside(typed[use.index], text, use.target, notation)
    signs: dict[Guess, Signs] = {
        (field, place): each.at(raw.lines.to_numpy()) if isinstance(each, NumberSigns) else each
        for field, each in found.items()
        if (place := mapping.index_of(field)) is not None
    }
    for field, place in assumed.refuted:
        signs[field, place] = _LOOKS[field](unmarked(cells.column(place))[0])
    views = store_view_rows(cells, mapping.store_views)
    others = (_no_whole_numbers(mapping.use_of(field), read) for field, read in numbers.items())
    findings = [*views, *price.findings, *active.findings, *chain(*others), *texts.findings]
    return Converted(batch, findings, _blank_rows(cells), signs)


_LOOKS: Final[Mapping[str, Callable[[pa.StringArray], Signs]]] = {
    "price": may_be_prices,
    "active": may_be_flags,
    **dict.fromkeys(_WHOLE, may_be_whole_numbers),
}


def _currencies(mapping: FieldMapping, price: Prices) -> Iterator[tuple[str, pa.StringArray]]:
    """The currencies of the prices, as an attribute: those of the cells, else that of the header."""
    use = mapping.currency
    if use is None:
        return
    currencies = price.currencies
    if use.currency is not None:
        of_header = pc.if_else(pc.is_valid(price.values), use.currency, None)
        currencies = of_header if currencies is None else pc.coalesce(currencies, of_header)
    if currencies is not None:
        yield use.attribute, currencies


def _signs_beside(
    typed: pa.BooleanArray, text: pa.StringArray, field: str, notation: Notation
) -> NumberSigns:
    """The signs of the cells that are texts. Typed ones are counted, but show nothing."""
    others = pc.invert(typed)
    read = to_price if field == "price" else to_whole_number
    signs = read(text.filter(others), notation).signs.at(np.flatnonzero(others))
    number = count(typed)
    fitting = number if field == "price" else 0
    return signs + NumberSigns(cells=number, fitting=fitting, typed=fitting)


def _kept(
    use: ColumnUse | None, text: pa.StringArray, read: WholeNumbers, typed: TypedCells
) -> Iterator[tuple[str, pa.StringArray]]:
    """The cells that hold no whole number, as an attribute."""
    if use is not None and use.keeps and read.others is not None:
        if use.index in typed:
            text = pc.if_else(typed[use.index], without_zeros(text), text)
        yield use.attribute, pc.if_else(read.others, text, None)


def _no_whole_numbers(use: ColumnUse | None, read: WholeNumbers) -> Iterator[Finding]:
    if use is not None and read.others is not None:
        done = f"kept as the attribute {quoted(use.attribute)}" if use.keeps else "left out"
        message = (
            f"The {use.target} isn't a whole number, so the cell was {done}. Write a number such as 12 or "
            "-3, without separators."
        )
        yield Finding(use.target, no_whole_number(use.target), message, read.others, warning=True)


def _blank_rows(cells: pa.RecordBatch) -> pa.BooleanArray:
    blank = pa.repeat(True, cells.num_rows)
    for column in cells.columns:
        if not any_true(blank):
            break
        blank = pc.and_(blank, is_blank(column))
    return blank
