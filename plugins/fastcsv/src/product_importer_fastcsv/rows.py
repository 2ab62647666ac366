"""Reads single records that pyarrow can't read, by the exact rules of the standard library's reader."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from product_importer.errors import ParserDeclined

if TYPE_CHECKING:
    from product_importer.model import Limits
    from product_importer_fastcsv.blocks import Block
    from product_importer_fastcsv.records import Offsets


def read_rows(block: Block, positions: Offsets, delimiter: str, limits: Limits) -> list[list[str]]:
    """Returns the cells of the block's records at ``positions``.

    Raises :class:`ParserDeclined` if their text isn't UTF-8 or a record exceeds the limits.
    """
    starts, stops = block.records.starts[positions].tolist(), block.records.stops[positions].tolist()
    text = b"\n".join(block.text[start:stop] for start, stop in zip(starts, stops, strict=True))
    try:
        rows = list(csv.reader(io.StringIO(text.decode(), newline=""), delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error) as error:  # the csv module has its own limit for a cell
        raise ParserDeclined(f"After line {block.line:,}: {error}.") from error
    for row in rows:
        sizes = list(map(len, row))
        if max(sizes) > limits.field_chars or sum(sizes) + len(sizes) > limits.row_chars:
            raise ParserDeclined(f"After line {block.line:,} there is a record that is too long.")
    return rows
