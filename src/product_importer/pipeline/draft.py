"""Checks one product, typed in by a person or sent by a program, by the rules for rows of files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from product_importer.cells.names import folded
from product_importer.cells.shortening import quoted
from product_importer.cells.sku import sku_keys, visible_skus
from product_importer.cells.storable import text_flaw
from product_importer.delimited.header import clean_cell
from product_importer.errors import InvalidProduct
from product_importer.fields import FIELDS, INTEGER, OBJECT, PLAIN_TEXTS, PRODUCT, TEXT, VERBATIM, of_kind
from product_importer.guards import findings_of
from product_importer.model import VALUE_CHARS, Limits, RowError
from product_importer.pipeline.convert import MAPPED_SCHEMA
from product_importer.pipeline.mapping_refusals import MAX_ATTRIBUTE_NAMES
from product_importer.pipeline.numbers import NO_FILE, Notation
from product_importer.pipeline.price import to_price
from product_importer.pipeline.seen_columns import seen_by
from product_importer.pipeline.text import trimmed, verbatim
from product_importer.pipeline.warning_codes import no_whole_number
from product_importer.pipeline.whole_number import to_whole_number
from product_importer.ports import Finding
from product_importer.product import CheckedProduct

if TYPE_CHECKING:
    from product_importer.product import ProductDraft
    from product_importer.registry import PluginSet

MAX_TEXT: Final = Limits().field_chars
"""Maximum characters in one text: the limit for a file's cell."""

_MOST_PLACES: Final = 40
"""Maximum digits before or after the point of a price that is written out and checked as a file's cell is."""

_WHOLE: Final = of_kind(INTEGER)

_TOO_LARGE: Final = 10**18

_NUMBER_CHARS: Final = 50
"""Characters of a whole number that are checked: no product can have a longer one."""

_TYPES: Final[Mapping[type, str]] = {
    str: "a text",
    int: "a whole number",
    Decimal: "a Decimal",
    bool: "True or False",
    type(None): "None",
}

_NO_WHOLE_NUMBER: Final = "The {field} is no whole number of at most 18 digits. Write one such as 12 or -3."


def checked(
    draft: ProductDraft, plugins: PluginSet, stored: Mapping[str, object] | None = None
) -> CheckedProduct:
    """Returns the draft's values, trimmed and typed. ``stored``: attributes that stay as they are, unchecked.

    Raises :class:`InvalidProduct` with every problem that the import's rules and the plugins' validators
    find, and :class:`PluginError` where a validator fails.
    """
    if wrong := tuple(_type_problems(draft)):
        raise InvalidProduct(wrong)
    price = Decimal(draft.price) if isinstance(draft.price, int) else draft.price
    texts = {
        **{field: getattr(draft, field) or "" for field in of_kind(TEXT, VERBATIM)},
        "price": _price_text(price) if isinstance(price, Decimal) else price or "",
        **{field: _number_text(getattr(draft, field)) for field in _WHOLE},
    }
    problems = [
        *(problem for field, text in texts.items() for problem in _text_problems(field, text)),
        *_attribute_problems(draft.attributes),
        *_price_problems(price),
    ]
    if problems:  # conversion and validators must not get such text
        raise InvalidProduct(tuple(problems))
    given = {clean_cell(name): value for name, value in draft.attributes.items()}
    filled = {name: value for name, value in given.items() if value and not value.isspace()}
    notation = Notation("point", sure=True) if isinstance(price, Decimal) else NO_FILE
    batch, findings = _converted(texts, filled if stored is None else stored, draft.active, notation)
    texts_of = partial(_texts_of, filled if stored is None else stored)
    for validator in plugins.validators.values():
        findings += findings_of(plugins, validator, seen_by(validator, batch, texts_of))
    problems = [
        RowError(finding.code, finding.message, *_blamed(finding, texts, given))
        for finding in findings
        if not finding.warning and finding.rows[0].as_py()
    ]
    if batch.column("name").null_count:
        problems.append(RowError("name_missing", "The name is missing. Write one.", "name", ""))
    if problems:
        raise InvalidProduct(tuple(problems))
    row = batch.to_pylist()[0]
    values = {name: row[name] for name in ("sku_key", *FIELDS)}
    return CheckedProduct(**values, attributes=row["attributes"] or "{}")


def _texts_of(attributes: Mapping[str, object], header: str) -> pa.StringArray | None:
    """The text of the attribute with this name, as a column; None if there is none."""
    alike = (value for name, value in attributes.items() if folded(name) == folded(header))
    value = next(alike, None)
    return pa.array([value], pa.string()) if isinstance(value, str) else None


def _blamed(
    finding: Finding, texts: Mapping[str, str], attributes: Mapping[str, str]
) -> tuple[str | None, str]:
    """The name and the text of the field or the attribute that the finding blames."""
    if finding.field is not None or finding.column is None:
        return finding.field, texts.get(finding.field or "", "")[:VALUE_CHARS]
    alike = (name for name in attributes if folded(name) == folded(finding.column))
    name = next(alike, finding.column)
    return name, attributes.get(name, "")[:VALUE_CHARS]


def _converted(
    texts: Mapping[str, str], attributes: Mapping[str, object], active: bool, notation: Notation
) -> tuple[pa.RecordBatch, list[Finding]]:
    """The mapped batch of one row, as a file's would be, and the findings about its numbers."""
    sku = trimmed(visible_skus(pa.array([texts["sku"]])).skus)
    price, findings, _, _ = to_price(pa.array([texts["price"]]), notation)
    numbers = {field: to_whole_number(pa.array([texts[field]])) for field in _WHOLE}
    for field, read in numbers.items():
        if read.others is not None:
            message = _NO_WHOLE_NUMBER.format(field=field)
            findings.append(Finding(field, no_whole_number(field), message, read.others))
    columns = {
        "line": pa.array([1]),
        "record": pa.array([1]),
        "sku": sku,
        "sku_key": sku_keys(sku),
        "name": trimmed(pa.array([texts["name"]])),
        "description": verbatim(pa.array([texts["description"]])),
        "price": price,
        "active": pa.array([active]),
        "attributes": pa.array(
            [json.dumps(dict(attributes), ensure_ascii=False) if attributes else None], pa.string()
        ),
        **{field: trimmed(pa.array([texts[field]])) for field in PLAIN_TEXTS},
        **{field: read.values for field, read in numbers.items()},
    }
    return pa.RecordBatch.from_pydict(columns, schema=MAPPED_SCHEMA), findings


def _number_text(number: int | str | None) -> str:
    if isinstance(number, int) and abs(number) >= _TOO_LARGE:  # writing it out may take millions of digits
        return "…"
    text = "" if number is None else str(number).strip()
    return text if len(text) <= _NUMBER_CHARS else f"{text[:_NUMBER_CHARS]}…"


def _price_text(price: Decimal) -> str:
    """The price's digits; empty where the price is too long to write out (:func:`_price_problems`)."""
    return "" if _far_out(price) else format(price, "f")


def _far_out(price: Decimal) -> bool:
    exponent = price.as_tuple().exponent
    return isinstance(exponent, int) and (price.adjusted() > _MOST_PLACES or exponent < -_MOST_PLACES)


def _price_problems(price: Decimal | str | None) -> Iterator[RowError]:
    if not isinstance(price, Decimal) or not _far_out(price):
        return
    shown = str(price)[:VALUE_CHARS]
    if price.adjusted() > _MOST_PLACES:
        message = "The price has more than 15 digits before the decimal point. Correct it."
        yield RowError("price_too_large", message, "price", shown)
    else:
        message = "The price has more than 4 decimals. Round it to at most 4."
        yield RowError("price_too_many_decimals", message, "price", shown)


def _type_problems(draft: ProductDraft) -> Iterator[RowError]:
    """Values of other types than the draft declares, as untyped programs give them."""
    for field in PRODUCT:
        value = getattr(draft, field.name)
        if field.kind is OBJECT:
            if not isinstance(value, Mapping):
                yield _wrong_type(quoted(field.name), field.name, value, "a mapping of texts")
                continue
            for name, text in value.items():
                if not isinstance(name, str):
                    yield _wrong_type("an attribute's name", field.name, name, _TYPES[str])
                elif not isinstance(text, str):
                    yield _wrong_type(f"the attribute {quoted(name)}", field.name, text, _TYPES[str])
        else:
            types = (*field.kind.json, *(() if bool in field.kind.json else (type(None),)))
            if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
                words = " or ".join(_TYPES[each] for each in types)
                yield _wrong_type(quoted(field.name), field.name, value, words)


def _wrong_type(what: str, field: str, value: object, wanted: str) -> RowError:
    message = f"The value of {what} is of the type {type(value).__name__}. Give {wanted}."
    return RowError("wrong_type", message, field)


def _text_problems(field: str, text: str) -> Iterator[RowError]:
    """Problems of a text that couldn't be in a file's cell either."""
    if (flaw := text_flaw(text)) is not None:
        shown = text[:VALUE_CHARS].encode(errors="replace").decode()
        yield RowError(flaw.code, flaw.message, field, shown)
    if len(text) > MAX_TEXT:
        yield RowError(
            "text_too_long", f"The text is longer than {MAX_TEXT:,} characters. Shorten it.", field
        )


def _attribute_problems(attributes: Mapping[str, str]) -> Iterator[RowError]:
    names: set[str] = set()
    for name, value in attributes.items():
        yield from _text_problems("attributes", name)
        yield from _text_problems("attributes", value)
        clean = clean_cell(name)
        if not clean:
            yield RowError("attribute_unnamed", "An attribute has no name. Give it one.", "attributes")
        elif folded(clean) in names:
            yield RowError(
                "attribute_repeated",
                f"Two attributes are called {quoted(clean)}, but for the case of letters. "
                "Rename or remove one.",
                "attributes",
            )
        names.add(folded(clean))
    if sum(len(name.encode(errors="replace")) for name in attributes) > MAX_ATTRIBUTE_NAMES:
        yield RowError(
            "attributes_too_long",
            f"The attributes' names take more than {MAX_ATTRIBUTE_NAMES:,} bytes together. Shorten them.",
            "attributes",
        )
