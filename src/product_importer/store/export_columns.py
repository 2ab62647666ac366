"""The columns of an exported file: fields, and attributes by their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from product_importer.cells.names import folded
from product_importer.cells.shortening import quoted
from product_importer.delimited.formulas import attribute_headers
from product_importer.errors import UsageError
from product_importer.fields import FIELDS, PRODUCT, Field
from product_importer.model import Limits
from product_importer.store.attribute_names import known_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg

_MOST_ATTRIBUTES: Final = Limits().columns - len(FIELDS)


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column: a field, or the attribute of the name ``attribute``."""

    header: str
    field: Field | None
    attribute: str = ""


async def export_columns(
    connection: asyncpg.Connection, names: Sequence[str], wanted: Sequence[str]
) -> list[ExportColumn]:
    """Returns the columns for products that have attributes of these ``names``.

    ``wanted`` chooses among them, and orders them; empty means all. Raises :class:`UsageError` if there is no
    such field or attribute, if one is named twice, or if there are more attributes than an import takes.
    """
    if not wanted and len(names) > _MOST_ATTRIBUTES:
        raise UsageError(
            f"These products have {len(names):,} different attributes, and a file has room for "
            f"{_MOST_ATTRIBUTES:,}. Export fewer products at a time, by a filter, or fewer columns."
        )
    known = await known_names(connection, [*names, *wanted])
    others = (known[each] for each in dict.fromkeys(map(folded, wanted)) if each in known)
    attributes = [*names, *(name for name in others if name not in names)]
    headers = attribute_headers(attributes, FIELDS, known)
    columns = [
        *(ExportColumn(field.name, field) for field in PRODUCT if field.name in FIELDS),
        *(ExportColumn(header, None, name) for header, name in zip(headers, attributes, strict=True)),
    ]
    return _chosen(columns, wanted) if wanted else columns


def _chosen(columns: Sequence[ExportColumn], wanted: Sequence[str]) -> list[ExportColumn]:
    by_name: Mapping[str, ExportColumn] = {
        **{column.attribute: column for column in columns},
        **{folded(column.attribute): column for column in columns},
        **{column.header: column for column in columns},
    }
    chosen = []
    for name in wanted:
        column = by_name.get(name) or by_name.get(folded(name))
        if not name or column is None:
            raise UsageError(
                f"There is no field and no attribute {quoted(name)} to export. The fields are "
                f"{', '.join(FIELDS)}."
            )
        if column in chosen:
            raise UsageError(f"The column {quoted(name)} is named twice. Name each column once.")
        chosen.append(column)
    return chosen
