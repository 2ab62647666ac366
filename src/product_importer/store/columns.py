"""SQL fragments about a product's columns, derived from the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.fields import DECIMAL, FLAG, INTEGER, NAMES, OBJECT, PRODUCT, SEARCHABLE, SORTABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from product_importer.fields import Field
    from product_importer.model import DecimalSign

COLUMNS: Final = ", ".join(NAMES)

KEYS: Final[Mapping[str, str]] = {
    field.name: field.name if field.kind is FLAG else f"{field.name}_key" for field in SORTABLE
}
"""The columns of ``product_sorting`` by which lists are sorted, by field name."""

TEXTS: Final[Mapping[str, str]] = {field.name: f"{field.name}_text" for field in SEARCHABLE}
"""The columns of ``product_texts`` in which words are searched, by field name."""


_REMOVED: Final = (
    "CASE WHEN i.absent IS NULL THEN $1::text[] ELSE "
    "ARRAY(SELECT unnest($1::text[]) EXCEPT SELECT jsonb_array_elements_text(i.absent->'attributes')) END"
)


def places(count: int, first: int = 1) -> str:
    """Returns ``count`` parameters of a statement, from ``$first`` on."""
    return ", ".join(f"${number}" for number in range(first, first + count))


def merging(clear: Collection[str], *, attributes: bool = False, product: str = "p") -> Mapping[str, str]:
    """Returns the SQL that merges a row ``i`` into a product; blank cells clear fields in ``clear``
    and, if ``attributes`` is true, remove attributes. Cells that ``i.absent`` names do neither.
    ``product`` is the name that the product has in the statement.

    ``$1`` is the array of the attributes that blank cells remove, or null.
    """
    values = {
        field.name: _merged(field, product, attributes if field.kind is OBJECT else field.name in clear)
        for field in PRODUCT
    }
    differences = [f"{value} IS DISTINCT FROM {product}.{name}" for name, value in values.items()]
    changes = " + ".join(f"({each})::integer * {1 << bit}" for bit, each in enumerate(differences))
    return {
        "assignments": ", ".join(f"{name} = {value}" for name, value in values.items()),
        "changes": f"({changes})::smallint",
        "differs": " OR ".join(differences),
        "attributes": values["attributes"],
        "product": product,
    }


def values(prefix: str, product: str = "p") -> str:
    """Returns the fields of the ``product``, each as :mod:`product_importer.store.plan_rows` takes it, named
    by the field with this prefix.
    """
    texts = {field.name for field in PRODUCT if field.kind in (DECIMAL, OBJECT)}
    casts = {name: "::text" if name in texts else "" for name in NAMES}
    return ", ".join(f"{product}.{name}{cast} AS {prefix}{name}" for name, cast in casts.items())


def _merged(field: Field, product: str, clears: bool) -> str:
    name = field.name
    present = f"{product}.{name}"
    if field.kind is OBJECT:
        return f"merged_attributes(i.{name}, {present}, {_REMOVED if clears else '$1::text[]'})"
    if name == "sku":
        return f"i.{name}"
    if clears:
        return f"CASE WHEN i.absent->'fields' ? '{name}' THEN coalesce(i.{name}, {present}) ELSE i.{name} END"
    return f"coalesce(i.{name}, {present})"


def exported(field: Field, decimal: DecimalSign) -> str:
    """Returns the SQL expression of the field as a cell of a CSV file."""
    name = field.name
    if field.kind is DECIMAL:  # a reader could take three decimals for thousands
        rounded = f"round({name}, CASE WHEN min_scale({name}) > 2 THEN 4 ELSE 2 END)"
        return f"replace({rounded}::text, '.', ',')" if decimal == "comma" else rounded
    if field.kind is FLAG:
        return f"CASE WHEN {name} THEN 'true' ELSE 'false' END"
    return name if field.kind is INTEGER else f"csv_text({name})"
