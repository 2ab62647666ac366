"""Active flags as people and other shops' exports write them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import trimmed
from product_importer.ports import Finding

TRUE_WORDS = ("true", "1", "yes", "active", "published", "enabled", "on", "t", "y", "publish")
FALSE_WORDS = (
    "false",
    "0",
    "no",
    "inactive",
    "draft",
    "archived",
    "unpublished",
    "disabled",
    "off",
    "f",
    "n",
    "private",
    "pending",
    "proposed",
    "rejected",
)
_WORDS = pa.array([*TRUE_WORDS, *FALSE_WORDS])
_UNCLEAR = "It isn't clear whether the product is active. Write true or false, or leave it blank."


def to_active(cells: pa.StringArray) -> tuple[pa.BooleanArray, list[Finding]]:
    """Flags of cells, in any case of letters; null where blank, and where the finding says so."""
    text = trimmed(cells)
    word = pc.index_in(pc.ascii_lower(text), value_set=_WORDS)
    active = pc.less(word, len(TRUE_WORDS))
    if active.null_count == text.null_count:
        return active, []
    unclear = pc.and_(pc.is_null(word), pc.is_valid(text))
    return active, [Finding("active", "active_unclear", _UNCLEAR, unclear)]
