"""Tells which of a file's tables holds the products, by the headers of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.cells.headers import heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENOUGH: Final = 3
"""So many fields are only named by a table of products, even if none of them is the SKU."""


def table_of_products(tables: Mapping[str, Iterable[str]]) -> str | None:
    """The name of the table that certainly holds the products; None if several may, or none shows it.

    ``tables``: the headers of each table by its name. The table has an SKU and another field, or three
    fields; of each other table, at most one column is named like a field, such as ``name`` or ``price``.
    """
    fields = {name: _fields(header) for name, header in tables.items()}
    found = [name for name, named in fields.items() if _is_enough(named)]
    others = [named for name, named in fields.items() if name not in found]
    return found[0] if len(found) == 1 and all(len(named) < 2 for named in others) else None


def _fields(header: Iterable[str]) -> set[str]:
    return {found.named.field for column in header if (found := heading(column)) is not None}


def _is_enough(fields: set[str]) -> bool:
    return len(fields) >= _ENOUGH or ("sku" in fields and len(fields) > 1)
