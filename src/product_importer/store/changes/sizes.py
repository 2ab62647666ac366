"""The sizes of changes: which values are lost, and by how much prices move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from product_importer.fields import CLEARABLE
from product_importer.store.changes.sets import BITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Masks = npt.NDArray[np.int16]


def lost_values(changed: npt.NDArray[np.integer], after: Mapping[str, pa.Array]) -> Masks:
    """Returns bits of the fields that changed and have no value afterwards. ``changed``: bits of the changed
    fields; ``after``: the values afterwards; a field that is missing has none.
    """
    lost = np.zeros(len(changed), np.int16)
    for name in CLEARABLE:
        gone = (changed & BITS[name]) != 0
        if name in after:
            gone &= after[name].is_null().to_numpy(zero_copy_only=False)
        lost |= gone.astype(np.int16) * np.int16(BITS[name])
    return lost


def moves_of(before: pa.Array, after: pa.Array) -> pa.FloatArray:
    """Returns the shares of their old values by which prices move, such as -0.25 for a quarter less; null if
    there is no price above zero before, or none afterwards.
    """
    old, new = (each.cast(pa.float64()).to_numpy(zero_copy_only=False) for each in (before, after))
    with np.errstate(invalid="ignore", divide="ignore"):
        moves = (new - old) / old
    return pa.array(moves, pa.float32(), mask=~np.isfinite(moves))


def sizes_of(
    changed: npt.NDArray[np.integer], before: Mapping[str, pa.Array], after: Mapping[str, pa.Array]
) -> Mapping[str, pa.Array]:
    """Returns the columns ``lost`` and ``moves`` of a change set: see
    :mod:`product_importer.store.changes.sets`. A column without any value is left out.

    ``before``: the values of fields that changed in any product; null where they didn't.
    """
    columns: dict[str, pa.Array] = {}
    lost = lost_values(changed, after)
    if lost.any():
        columns["lost"] = pa.array(lost)
    if "price" in before and "price" in after:
        moves = moves_of(before["price"], after["price"])
        if moves.null_count < len(moves):
            columns["moves"] = moves
    return columns
