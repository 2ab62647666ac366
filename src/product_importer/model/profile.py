"""A profile: the answers to how a file is read and merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal

from product_importer.model.formats import AUTO_PARSER
from product_importer.model.modes import Mode

if TYPE_CHECKING:
    from product_importer.model.transforms import Transform
else:
    Transform = Any  # few profiles have transforms, and their classes take time to load

Missing = Literal["keep", "deactivate", "delete"]
Blank = Literal["keep", "clear"]
Extra = Literal["attributes", "ignore"]
DecimalSign = Literal["point", "comma"]

PROFILE_VERSION: Final = 1
"""The version of the written form of a profile. It grows when a key gets another meaning."""

AUTO_SHOP: Final = "auto"
NO_SHOP: Final = "none"
"""Values of ``shop`` that name no shop: it is recognised by the header, or no shop's profile is used."""

NO_NEW_SKUS: Final = "none"
"""The value of ``sku_from`` with which no SKU is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything that says how a file is read and merged; an import can be repeated from it.

    ``duplicates`` names a policy for duplicates (built in: ``last``, ``first``, ``error``), ``parser`` a
    parser, or ``auto`` for the one that recognises the file. ``reading`` gives the parser's own options, by
    name; ``encoding`` and ``delimiter`` are short forms of two of them. ``map`` gives COLUMN →
    FIELD for columns whose header the aliases don't know, or know wrongly.
    ``decimal`` is the sign before the decimals of the file's prices and stocks; None: the sign that the cells
    of each column show. ``rule`` gives COLUMN → rule for columns whose cells are written in a special way
    (see :class:`~product_importer.model.value_rules.ValueRule`); a field's name stands for its column.
    ``null`` lists the words that stand for a blank cell in every column. ``transforms`` change the cells
    before columns become fields. ``shop`` names the profile of a shop whose files these are; ``auto``: the
    shop is recognised by the header, ``none``: no shop's profile is used. ``sku_from`` names the columns,
    with ``+`` between them, from which a SKU is made where a row has none; ``none``: no SKU is made.
    ``mode``: what is done with the rows of products that exist, and with those of unknown SKUs. ``only``: the
    fields that the import may touch, among them ``attributes``; empty: all of them. ``command_column`` names
    the column that says for each row what is done with it; ``-``: no column does.
    """

    duplicates: str = "last"
    missing: Missing = "keep"
    blank: Blank = "keep"
    extra: Extra = "attributes"
    map: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    decimal: DecimalSign | None = None
    rule: Mapping[str, str] = field(default_factory=dict)
    null: tuple[str, ...] = ()
    parser: str = AUTO_PARSER
    reading: Mapping[str, str] = field(default_factory=dict)
    transforms: tuple[Transform, ...] = field(
        default=(), metadata={"home": "product_importer.model.transforms", "type": "Transforms"}
    )
    shop: str = AUTO_SHOP
    sku_from: str | None = None
    mode: Mode = "merge"
    only: tuple[str, ...] = ()
    command_column: str | None = None


PROFILE_FIELDS: Final = tuple(each.name for each in fields(Profile))
"""The names of a profile's fields, in order."""


def merged(values: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """Returns ``values`` with those of ``given`` in their places; mappings are merged key by key."""
    result = {**values, **given}
    for name in values.keys() & given.keys():
        below, above = values[name], given[name]
        if isinstance(below, Mapping) and isinstance(above, Mapping):
            result[name] = {**below, **above}
    return result
