"""A product's fields, as data: their names, what they hold, and what may be done with them.

All parts that have to know the fields derive them from :data:`PRODUCT`: the columns of a batch, digests, the
bits of changed fields, the bodies of requests. A field's place in the tuple is its bit in
``products.changes`` and its place in digests, so the order of the fields must not change. This module uses
the standard library only.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a field.

    ``column``: its type in PostgreSQL. ``json``: the types that a value in a request's body may have, besides
    null if the field may be empty. ``rule``: the end of the sentence that refuses a value of another type;
    the sentence begins with "The price", for example.
    """

    name: str
    column: str
    json: tuple[type, ...]
    rule: str


TEXT: Final = Kind("text", "text", (str,), "has to be a text")
"""One line of text, without blanks around it."""

VERBATIM: Final = Kind("verbatim", "text", (str,), "has to be a text")
"""A text that is stored as it stands, blanks and line ends included."""

DECIMAL: Final = Kind("decimal", "numeric(19,4)", (str, Decimal, int), "has to be a number")
"""A decimal number, zero or more, with at most 15 digits before the point and 4 after it."""

INTEGER: Final = Kind("integer", "bigint", (str, int), "has to be a whole number")
"""A whole number of at most 18 digits, which may be negative."""

FLAG: Final = Kind("flag", "boolean", (bool,), "has to be true or false")

OBJECT: Final = Kind("object", "jsonb", (dict,), "have to be an object of texts")
"""Names with their texts: the columns of a file that are no fields."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a product.

    ``title``: its name on the pages; ``required``: every product has it; ``clearable``: a product may lack
    it, so a blank cell may clear it, if the import is told so. ``searchable``: products are found by its
    words; ``sortable``: lists can be sorted by it. ``aliases``: the English words by which the headers of
    files name it, compared by letters and digits only; ``product_importer.cells.headers`` has those of
    other languages. If several columns fit, the first word in the tuple wins. ``lesser``: the aliases that
    come after those of all languages, because they often mean something else as well.
    """

    name: str
    kind: Kind
    title: str
    required: bool = False
    clearable: bool = False
    searchable: bool = False
    sortable: bool = False
    aliases: tuple[str, ...] = ()
    lesser: frozenset[str] = frozenset()

    @property
    def is_text(self) -> bool:
        return self.kind in (TEXT, VERBATIM)

    @property
    def json(self) -> tuple[type, ...]:
        """The types that the field's value may have in a request's body."""
        return (*self.kind.json, type(None)) if self.nullable else self.kind.json

    @property
    def nullable(self) -> bool:
        """Whether a product may lack the field. An object may be empty instead, so it is never null."""
        return self.clearable and self.kind is not OBJECT

    @property
    def rule(self) -> str:
        """The end of the sentence that refuses a value of another type."""
        return f"{self.kind.rule}, or null" if self.nullable else self.kind.rule


# The aliases leave out words that name other things as often ("code", "id", "handle"), prices in one of
# several currencies, and prices of something else ("unit price", "cost price").
PRODUCT: Final = (
    Field(
        "sku",
        TEXT,
        "SKU",
        required=True,
        searchable=True,
        sortable=True,
        aliases=(
            "variant sku",
            "sku",
            "product sku",
            "item sku",
            "sku code",
            "sku number",
            "stock keeping unit",
            "item number",
            "item no",
            "item code",
            "article number",
            "article no",
            "article code",
            "product number",
            "product code",
            "product code/sku",
            "part number",
        ),
    ),
    Field(
        "name",
        TEXT,
        "Name",
        required=True,
        searchable=True,
        sortable=True,
        aliases=(
            "name",
            "title",
            "product name",
            "product title",
            "item name",
            "item title",
            "article name",
            "post title",
        ),
    ),
    Field(
        "description",
        VERBATIM,
        "Description",
        clearable=True,
        searchable=True,
        aliases=(
            "description",
            "body (html)",
            "body",
            "product description",
            "item description",
            "article description",
            "long description",
            "full description",
            "post content",
        ),
    ),
    Field(
        "price",
        DECIMAL,
        "Price",
        clearable=True,
        sortable=True,
        aliases=(
            "price",
            "variant price",
            "regular price",
            "product price",
            "item price",
            "price tax excluded or price tax included",
            "price amount",
            "list price",
            "retail price",
            "selling price",
        ),
        lesser=frozenset({"list price", "retail price", "selling price"}),
    ),
    Field(
        "active",
        FLAG,
        "Active",
        sortable=True,
        aliases=(
            "active",
            "active (0/1)",
            "is active",
            "enabled",
            "is enabled",
            "status",
            "product status",
            "published",
            "is published",
        ),
        lesser=frozenset({"status", "product status", "published", "is published"}),
    ),
    Field("attributes", OBJECT, "Attributes", clearable=True, searchable=True),
    Field(
        "barcode",
        TEXT,
        "Barcode",
        clearable=True,
        searchable=True,
        aliases=(
            "barcode",
            "variant barcode",
            "product barcode",
            "item barcode",
            "gtin upc ean or isbn",
            "gtin",
            "gtin13",
            "gtin14",
            "gtin12",
            "variant ean",
            "ean",
            "ean13",
            "ean code",
            "variant upc",
            "upc",
            "upc code",
            "ean/upc",
            "upc/ean",
        ),
    ),
    Field(
        "stock",
        INTEGER,
        "Stock",
        clearable=True,
        sortable=True,
        aliases=(
            "stock",
            "variant inventory qty",
            "variant inventory quantity",
            "stock quantity",
            "stock qty",
            "stock level",
            "stock on hand",
            "inventory quantity",
            "inventory qty",
            "inventory count",
            "inventory",
            "quantity on hand",
            "qty on hand",
            "quantity in stock",
            "quantity available",
            "available quantity",
            "quantity",
            "qty",
        ),
        lesser=frozenset({"quantity", "qty"}),
    ),
)

NAMES: Final = tuple(field.name for field in PRODUCT)

LATER: Final = NAMES[6:]
"""The fields that were added after the first digests were stored. Such a field is part of a digest only if
the row has a value for it, so the stored digests of all other rows stay valid.
"""

FIELDS: Final = tuple(field.name for field in PRODUCT if field.kind is not OBJECT)
"""The fields that are one column of a file each, in the order in which files and messages show them."""

REQUIRED_FIELDS: Final = tuple(field.name for field in PRODUCT if field.required)

SORTABLE: Final = tuple(field for field in PRODUCT if field.sortable)

SEARCHABLE: Final = tuple(field for field in PRODUCT if field.searchable)

FILTERS: Final = tuple(field.name for field in SEARCHABLE if field.kind is not OBJECT)
"""The fields by whose text products can be filtered."""


def letters(name: str) -> str:
    """The letters and digits of a header, in lower case and in Unicode's compatibility form; aliases are
    compared in this form.
    """
    plain = name if name.isascii() else unicodedata.normalize("NFKC", name)
    return "".join(filter(str.isalnum, plain.casefold()))


CLEARABLE: Final = tuple(field.name for field in PRODUCT if field.nullable)


PLAIN_TEXTS: Final = tuple(field.name for field in PRODUCT if field.kind is TEXT and not field.required)
"""The fields of one line of text that a product may lack."""


def of_kind(*kinds: Kind) -> tuple[str, ...]:
    """The names of the fields of these kinds."""
    return tuple(field.name for field in PRODUCT if field.kind in kinds)
