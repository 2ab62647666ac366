"""A product's fields, as data: what each is called, what it holds, and what may be done with it.

Whatever has to know all fields follows from :data:`PRODUCT`: the columns of a batch, digests, the bits of
changed fields, the bodies of requests. A field's place in the tuple is its bit in stored events and its place
in digests, so the fields keep their order. Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field holds.

    ``column``: its type in PostgreSQL. ``json``: the types that a value in a request's body may have.
    ``rule``: the end of the sentence that refuses a value of another type; it begins with "The price", say.
    """

    name: str
    column: str
    json: tuple[type, ...]
    rule: str


TEXT: Final = Kind("text", "text", (str,), "has to be a text")
"""One line of text, without blanks around it."""

VERBATIM: Final = Kind("verbatim", "text", (str, type(None)), "has to be a text, or null")
"""A text that is stored as it stands, blanks and line ends included."""

DECIMAL: Final = Kind(
    "decimal", "numeric(19,4)", (str, Decimal, int, type(None)), "has to be a number, or null"
)
"""A decimal number, zero or more, with at most 15 digits before the point and 4 after it."""

FLAG: Final = Kind("flag", "boolean", (bool,), "has to be true or false")

OBJECT: Final = Kind("object", "jsonb", (dict,), "have to be an object of texts")
"""Names with their texts: the columns of a file that are no fields."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a product.

    ``title``: its name on the pages; ``required``: no product is without it; ``clearable``: a blank cell may
    clear it, where the import is told so. ``aliases``: the words by which the headers of files name it,
    compared by letters and digits only. When several columns fit, the word that stands first wins.
    """

    name: str
    kind: Kind
    title: str
    required: bool = False
    clearable: bool = False
    aliases: tuple[str, ...] = ()


# Left out of the aliases on purpose: words that name other things as often ("code", "id", "handle"), prices
# in one of several currencies, and prices of something else ("unit price", "cost price").
PRODUCT: Final = (
    Field(
        "sku",
        TEXT,
        "SKU",
        required=True,
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
        aliases=(
            "price",
            "variant price",
            "regular price",
            "product price",
            "item price",
            "price tax excluded or price tax included",
            "list price",
            "retail price",
            "selling price",
        ),
    ),
    Field(
        "active",
        FLAG,
        "Active",
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
    ),
    Field("attributes", OBJECT, "Attributes", clearable=True),
)

NAMES: Final = tuple(field.name for field in PRODUCT)

FIELDS: Final = tuple(field.name for field in PRODUCT if field.kind is not OBJECT)
"""The fields that are one column of a file each, in the order in which files and messages show them."""

REQUIRED_FIELDS: Final = tuple(field.name for field in PRODUCT if field.required)


CLEARABLE: Final = tuple(field.name for field in PRODUCT if field.clearable and field.kind is not OBJECT)


def of_kind(*kinds: Kind) -> tuple[str, ...]:
    """The names of the fields of these kinds."""
    return tuple(field.name for field in PRODUCT if field.kind in kinds)
