"""Cells that a spreadsheet would take for formulas, in the files that we write and read again.

Such a cell, however many ``'`` it begins with, is written with one ``'`` more in front, and read without it:
``=1+1`` is written ``'=1+1``, and ``'=1+1`` is written ``''=1+1``. So every text comes back as it was. Other
cells that begin with ``'`` are left alone in both directions. The database writes them likewise
(``csv_text`` in the migrations).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.header import clean_cell, fold_cell

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What formulas begin with, and what spreadsheets pass over before one. (OWASP ASVS 5.0, 1.2.10)"""

_MARK: Final = "'"
_MARKED: Final = f"^{_MARK}+[{re.escape(''.join(STARTS))}]"
_SPELLED: Final = re.compile(r'attribute \d+: (".*")', re.DOTALL)


def marked(text: str) -> str:
    """The text as it is written."""
    return _MARK + text if text.lstrip(_MARK).startswith(STARTS) else text


def unmarked(cells: pa.StringArray) -> pa.StringArray:
    """The texts of cells as they are read."""
    if not pc.any(pc.starts_with(cells, _MARK)).as_py():
        return cells
    ours = pc.match_substring_regex(cells, _MARKED)
    return pc.if_else(ours, pc.utf8_slice_codeunits(cells, 1), cells)


def attribute_headers(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """The headers of the attributes' columns, all different whatever the case of letters.

    A name that can't stand there as it is, because another column is called so (``taken``, or an attribute
    that differs in case) or because headers are trimmed, is spelled out as ``attribute 2: "Colour"``.
    """
    folded = {fold_cell(name) for name in taken}
    headers = []
    for name in names:
        header = marked(name)
        number = 1
        while (
            not header
            or clean_cell(header) != header
            or fold_cell(header) in folded
            or attribute_name(header) != name
        ):
            header = f"attribute {number}: {json.dumps(name, ensure_ascii=False)}"
            number += 1
        folded.add(fold_cell(header))
        headers.append(header)
    return headers


def attribute_name(header: str) -> str:
    """The attribute's name that a column's header stands for."""
    if (spelled := _SPELLED.fullmatch(header)) and (name := _json_text(spelled[1])):
        return name
    return header[1:] if re.match(_MARKED, header) else header


def _json_text(text: str) -> str | None:
    try:
        found = json.loads(text, strict=False)
        return str(found) if "\0" not in found and found.encode() else None
    except ValueError:
        return None
