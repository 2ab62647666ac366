"""What an import does with the rows of products that exist, and with those of unknown SKUs."""

from __future__ import annotations

from typing import Final, Literal, get_args

from product_importer.fields import NAMES

Mode = Literal["merge", "update", "create", "delete", "deactivate"]

MODES: Final[tuple[Mode, ...]] = get_args(Mode)
"""All modes. In a chunk, a row's mode is its place in this tuple."""

CREATING: Final[tuple[Mode, ...]] = ("merge", "create")
"""The modes that create the products of unknown SKUs."""

CHANGING: Final[tuple[Mode, ...]] = ("merge", "update")
"""The modes that write a row's values into the product that is there."""

KEYS_ONLY: Final[tuple[Mode, ...]] = ("delete", "deactivate")
"""The modes that use no column but the SKU."""

TOUCHABLE: Final = tuple(name for name in NAMES if name != "sku")
"""The names that ``only`` may have. The SKU says which product is meant, so it is always used."""


def split_names(text: str | None) -> tuple[str, ...]:
    """Returns the names in a text such as ``price, active``."""
    return tuple(name for each in (text or "").split(",") if (name := each.strip().lower()))


IGNORE_ROW: Final = "ignore"
"""The command of a row that is left out."""

COMMANDS: Final = (*MODES, IGNORE_ROW)
"""The words that a column of commands may have."""

NO_COMMANDS: Final = "-"
"""Stands for the name of a column of commands where a file has none, although one looks like it."""

COMMAND: Final = "command"
"""A chunk's column with the rows' modes, and the usual header of such a column in a file."""


UNKNOWN_SKU: Final = "unknown_sku"
KNOWN_SKU: Final = "known_sku"

LEFT_OUT: Final = {
    UNKNOWN_SKU: "The row was left out, because no product has this SKU and the row is to create none.",
    KNOWN_SKU: "The row was left out, because a product has this SKU and the row is to change none.",
}
"""The warnings of rows that a mode leaves out: code → sentence."""
