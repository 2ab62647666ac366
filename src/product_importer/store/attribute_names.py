"""The form in which each attribute's name is written, all over the catalogue: the one that came first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import asyncpg

from product_importer.cells.names import folded, settled
from product_importer.store.queries import statements


async def known_names(connection: asyncpg.Connection, names: Iterable[str]) -> Mapping[str, str]:
    """The catalogue's forms of those of these names that it has, by their folded forms."""
    rows = await connection.fetch(statements("attribute_names")["known"], [folded(name) for name in names])
    return {row["folded"]: row["name"] for row in rows}


async def note_names(connection: asyncpg.Connection, names: Iterable[str]) -> Mapping[str, str]:
    """The same for all of these names: one that is new to the catalogue is noted as it is.

    Two who bring a new name at once get the same form of it.
    """
    wanted = {name: folded(name) for name in names}
    known = await known_names(connection, wanted)
    new: dict[str, str] = {}
    for name, fold in wanted.items():
        if fold not in known:
            new.setdefault(fold, name)
    if not new:
        return known
    ordered = sorted(new)  # so that two of them don't wait for each other in a circle
    await connection.execute(statements("attribute_names")["note"], ordered, [new[fold] for fold in ordered])
    return await known_names(connection, wanted)


async def with_noted_names(connection: asyncpg.Connection, attributes: str) -> str:
    """The attributes (a JSON object) under the names that the catalogue has for them."""
    values = json.loads(attributes)
    if not values:
        return attributes
    names = settled(list(values), await note_names(connection, values))
    return json.dumps(dict(zip(names, values.values(), strict=True)), ensure_ascii=False)
