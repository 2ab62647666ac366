"""Names of attributes: the whole catalogue writes each name in the form that came first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import asyncpg

from product_importer.cells.names import folded, settled
from product_importer.store.queries import statements


async def known_names(connection: asyncpg.Connection, names: Iterable[str]) -> Mapping[str, str]:
    """Returns the catalogue's forms of those names that it knows, by their folded forms."""
    rows = await connection.fetch(statements("attribute_names")["known"], [folded(name) for name in names])
    return {row["folded"]: row["name"] for row in rows}


async def note_names(connection: asyncpg.Connection, names: Iterable[str]) -> Mapping[str, str]:
    """Returns the catalogue's forms of all these names, by their folded forms; new names are stored as given.

    If two transactions add the same new name at the same time, both get the same form.
    """
    wanted = {name: folded(name) for name in names}
    known = await known_names(connection, wanted)
    new: dict[str, str] = {}
    for name, fold in wanted.items():
        if fold not in known:
            new.setdefault(fold, name)
    if not new:
        return known
    ordered = sorted(new)  # one order for all transactions, so that they don't deadlock
    await connection.execute(statements("attribute_names")["note"], ordered, [new[fold] for fold in ordered])
    return await known_names(connection, wanted)


async def with_noted_names(connection: asyncpg.Connection, attributes: str) -> str:
    """Returns the attributes (a JSON object) under the catalogue's names, and stores new names."""
    values = json.loads(attributes)
    if not values:
        return attributes
    names = settled(list(values), await note_names(connection, values))
    return json.dumps(dict(zip(names, values.values(), strict=True)), ensure_ascii=False)
