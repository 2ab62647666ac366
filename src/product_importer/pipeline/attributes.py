"""Builds one JSON object per row from the columns that are no product fields.

The objects are built column by column: for each column ``"name": "value"`` for the cells that aren't blank,
then the members of each row are joined. Escaping runs only for columns whose bytes hold something to escape,
which is rare, so a wide and mostly empty export costs little.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import any_true, null_where, verbatim

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

_SHORT_ESCAPES = (("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t"))
_FIRST_PRINTABLE = 0x20
_COMMA = ", "


def attribute_objects(columns: Iterable[tuple[str, pa.StringArray]], rows: int) -> pa.StringArray:
    """Returns JSON objects (text) of ``(name, cells)`` columns of ``rows`` cells each.

    Values are the cells verbatim, in the order of the columns. Blank cells are left out, and a row with blank
    cells only is null. The names must be distinct.
    """
    members = [
        _members(name, filled)
        for name, filled in ((name, verbatim(cells)) for name, cells in columns)
        if filled.null_count < rows
    ]
    if not members:
        return pa.nulls(rows, pa.string())
    # null_handling="skip" won't do: it leaves out the rows in which everything is null.
    joined = pc.binary_join_element_wise(*members, "}", "", null_handling="replace", null_replacement="")
    return null_where(pc.equal(joined, "}"), pc.utf8_replace_slice(joined, 0, len(_COMMA), "{"))


def _members(name: str, cells: pa.StringArray) -> pa.StringArray:
    """``, "name": "value"`` for each cell; null for a null cell."""
    start = f'{_COMMA}{json.dumps(name, ensure_ascii=False)}: "'
    return pc.binary_join_element_wise(start, _escaped(cells), '"', "")


def _escaped(cells: pa.StringArray) -> pa.StringArray:
    """Escapes the cells for JSON strings; the quotes around them are not added."""
    text = _bytes(cells)
    if (text == ord("\\")).any():
        cells = pc.replace_substring(cells, "\\", r"\\")
    if (text == ord('"')).any():
        cells = pc.replace_substring(cells, '"', r"\"")
    if (text < _FIRST_PRINTABLE).any():
        cells = _without_control_characters(cells)
    return cells


def _without_control_characters(cells: pa.StringArray) -> pa.StringArray:
    for character, escape in _SHORT_ESCAPES:
        cells = pc.replace_substring(cells, character, escape)
    left = pc.fill_null(pc.match_substring_regex(cells, r"[\x00-\x1f]"), False)
    if not any_true(left):
        return cells
    # Backslashes and quotes are escaped already, so only the control characters are left.
    table = {code: f"\\u{code:04x}" for code in range(_FIRST_PRINTABLE)}
    written = [cell.translate(table) for cell in cells.filter(left).to_pylist()]
    return pc.replace_with_mask(cells, left, pa.array(written, pa.string()))


def _bytes(cells: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The UTF-8 bytes of all cells, one after the other, without a copy."""
    _, offsets, data = cells.buffers()
    if data is None:
        return np.empty(0, np.uint8)
    bounds = np.frombuffer(offsets, np.int32)[cells.offset : cells.offset + len(cells) + 1]
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
