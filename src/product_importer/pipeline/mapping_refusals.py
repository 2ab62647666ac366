"""Refuses headers that lack a required field or are too long, or asks which column holds the field."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from product_importer.cells.headers import heading
from product_importer.cells.shortening import quoted, shortened
from product_importer.delimited.rejects_file import REJECT_COLUMNS
from product_importer.errors import FileError, QuestionsOpen
from product_importer.fields import FIELDS, letters
from product_importer.model import VALUE_CHARS, Answer, ImportOptions, Question
from product_importer.pipeline.candidates import CANDIDATES
from product_importer.pipeline.column_uses import ATTRIBUTE, FieldMapping
from product_importer.pipeline.header_words import best, by_words, headings_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


MAX_ATTRIBUTE_NAMES: Final = 32_768
"""Maximum bytes in the names of all attribute columns together: every row's JSON object repeats them."""

_NO_HEADER_WORD = re.compile(r"[^\w]*\d+([.,]\d+)?[^\w]*|true|false", re.IGNORECASE)
_SHOWN_COLUMNS = 30
_SHOWN_CHARS = 40


def _candidate(name: str, header: Sequence[str], taken: Collection[int]) -> int | None:
    """The column that most probably holds a required field. Remarks in brackets are ignored. A name with
    "sku" in it goes before the candidates, of which a database's ids come last. In price lists, what is
    called a description is often the name.
    """
    bare = [_REMARK.sub("", unicodedata.normalize("NFKC", column)) for column in header]
    if (place := best(name, headings_of(bare), out=taken, variant=False)) is not None:
        return place
    if name == "sku" and len(header) > 1:
        for place, column in enumerate(bare):
            if place not in taken and "sku" in letters(column) and not _OTHERS_SKU.search(column):
                return place
    place = by_words(bare, CANDIDATES[name], taken=taken)
    if place is None and name == "name":
        return best("description", headings_of(bare), out=taken, variant=False)
    return place


_REMARK: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_OTHERS_SKU: Final = re.compile(
    r"parent|supplier|vendor|manufacturer|competitor|\bold\b|related|cross|up.?sell|line.?item", re.IGNORECASE
)


def may_hold_name(header: Sequence[str], targets: Mapping[int, str]) -> bool:
    """Whether a column that isn't used as anything else looks as if it held the products' names."""
    return _candidate("name", header, targets) is not None


def refusal(
    missing: Sequence[str], header: Sequence[str], targets: Mapping[int, str]
) -> FileError | QuestionsOpen:
    """Returns the question whether the likeliest columns hold the required fields that a header lacks, or the
    error if no column is likely, or the file doesn't look like one of products.
    """
    columns = " and no ".join(f"{field} column" for field in missing)
    if not targets and any(_NO_HEADER_WORD.fullmatch(column.strip()) for column in header):
        hint = "Its first line looks like a product, not like names of columns; put a line of names above it."
    else:
        likely = _likely(missing, header, targets)
        if ("sku" in likely or "sku" not in missing) and (targets or len(likely) > 1):
            return QuestionsOpen(tuple(_question(field, column) for field, column in likely.items()))
        options = " ".join(
            f'--map "{shortened(likely.get(field, "COLUMN"), VALUE_CHARS)}={field}"' for field in missing
        )
        hint = f"If other columns of it hold that, say so with {options}."
    message = f"The file has no {columns}. {hint} Its columns are {listed(header)}."
    return FileError(message, code="missing_column", line=1)


def _likely(missing: Sequence[str], header: Sequence[str], targets: Mapping[int, str]) -> dict[str, str]:
    """Field → the header of the column that most probably holds it."""
    taken = {place for place, target in targets.items() if target != "barcode"}  # it may hold SKUs
    likely: dict[str, str] = {}
    for field in missing:
        if (place := _candidate(field, header, taken)) is not None:
            likely[field] = header[place]
            taken.add(place)
    return likely


def _question(field: str, column: str) -> Question:
    if field == "sku":
        return _whether("sku_column", field, "SKUs", column)
    found = heading(column)
    if found is not None and found.named.field == "description":
        no = Answer("description", "No, it holds the descriptions, and all products have names already")
        return _whether("name_column", field, "names", column, no)
    return _whether("name_column", field, "names", column)


def price_question(columns: Sequence[str]) -> Question:
    """Asks whether the first of several columns of prices, such as those of two currencies, has the price."""
    first, *others = columns
    named = f"{', '.join(map(quoted, columns[:-1]))} and {quoted(columns[-1])}"
    other = f"it is the one in {quoted(others[0])}" if len(others) == 1 else "it is another one"
    return Question(
        "price_column",
        f"The columns {named} hold prices. A product has one price: is it the one in {quoted(first)}?",
        "map",
        (
            Answer("price", "Yes; the others are no prices of the product"),
            Answer(ATTRIBUTE, f"No, {other}; this one is an attribute"),
        ),
        key=first,
        column=first,
    )


_NO: Final = Answer(ATTRIBUTE, "No, it is an attribute")


def _whether(code: str, field: str, what: str, column: str, no: Answer = _NO) -> Question:
    return Question(
        code,
        f"Does the column {quoted(column)} hold the {what} of the products?",
        "map",
        (Answer(field, f"Yes, it holds the {what}"), no),
        key=column,
        column=column,
    )


def listed(header: Sequence[str]) -> str:
    """The columns for use in a sentence, cut if they are many or long."""
    names = [f'"{shortened(name, _SHOWN_CHARS)}"' for name in header[:_SHOWN_COLUMNS]]
    more = len(header) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def check_attribute_names(mapping: FieldMapping) -> None:
    """Raises :class:`FileError` for two columns of one attribute, and if the names together are too long."""
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


def check_header_size(header: Sequence[str], options: ImportOptions) -> None:
    """Refuses a header that is too long whatever its columns are used as, before its words are compared.
    Only few columns can be anything but attributes, unless the options say so.
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
