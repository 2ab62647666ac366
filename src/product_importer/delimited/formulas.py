"""Marks cells that a spreadsheet would take for formulas, in the files that we write, and removes the marks
when files are read; also removes the marks by which spreadsheets and shops keep a number a text.

A formula, however many ``'`` it begins with, is written with one ``'`` more in front, and read without it:
``=1+1`` is written ``'=1+1``, and ``'=1+1`` is written ``''=1+1``. A number that begins with ``'`` is
treated likewise, because ``'0017`` is how others write ``0017``: the text ``'0017`` is written ``''0017``.
So every text is read back unchanged. Other cells that begin with ``'`` are left alone in both directions. The
database marks cells in the same way (``csv_text`` in the migrations).

``="0017"`` is another such mark, which we never write; it is read as ``0017``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.headers import goes_before_own_name
from product_importer.cells.leading import Leading
from product_importer.cells.names import folded
from product_importer.delimited.header import clean_cell, fold_cell

if TYPE_CHECKING:
    import numpy.typing as npt

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Characters that begin a formula, or that spreadsheets skip before one. (OWASP ASVS 5.0, 1.2.10)"""

_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_MARK: Final = "'"
_NUMBER: Final = "[.,]?[0-9][0-9.,:/ -]*(?:[eE][+-]?[0-9]+)?%?"
"""Matches numbers, dates and times, as a spreadsheet would read them."""

_FORMULA: Final = f"[{re.escape(''.join(STARTS))}]"
_OURS: Final = f"^{_MARK}+(?:{_FORMULA}|{_NUMBER}$)"
_FOREIGN: Final = f"^{_MARK}{_NUMBER}$"
_WRAPPED: Final = '^="((?:[^"]|"")*)"$'
_NUMBER_TEXT: Final = re.compile(_NUMBER)
_WRAPPED_TEXT: Final = re.compile(_WRAPPED[1:-1], re.DOTALL)
_SPELLED: Final = re.compile(r'attribute \d+: (".*")', re.DOTALL)


def marked(text: str) -> str:
    """Returns the text with a mark if it needs one, as it is written to a file."""
    bare = text.lstrip(_MARK)
    if bare.startswith(STARTS) or (bare != text and _NUMBER_TEXT.fullmatch(bare)):
        return _MARK + text
    return text


def unmarked_text(text: str) -> str:
    """Returns one text without marks, as it is read from a file."""
    if text.startswith(_MARK):
        bare = text.lstrip(_MARK)
        return text[1:] if bare.startswith(STARTS) or _NUMBER_TEXT.fullmatch(bare) else text
    return without_foreign_mark(text)


def without_foreign_mark(text: str) -> str:
    """Returns the text without the mark of a spreadsheet or a shop, if it certainly has one."""
    if text.startswith(_MARK):
        return text[1:] if _NUMBER_TEXT.fullmatch(text, 1) else text
    wrapped = _WRAPPED_TEXT.fullmatch(text)
    return text if wrapped is None else wrapped[1].replace('""', '"')


class Unmarked(NamedTuple):
    """Cells without marks. ``foreign``: which of them had a mark that isn't ours; None if none had."""

    cells: pa.StringArray
    foreign: pa.BooleanArray | None


def unmarked(cells: pa.StringArray, leading: Leading | None = None) -> Unmarked:
    """Removes the marks of cells. ``leading``: their first bytes, if those are known already."""
    leading = leading or Leading(cells)
    if not leading.may_begin_with(b"'="):
        return Unmarked(cells, None)
    suspects = leading.begin_with(b"'=")
    if not suspects.any():
        return Unmarked(cells, None)
    places = np.flatnonzero(suspects)
    found = cells.take(pa.array(places))
    ours = pc.match_substring_regex(found, _OURS)
    wrapped = pc.match_substring_regex(found, _WRAPPED)
    texts = pc.if_else(ours, pc.utf8_slice_codeunits(found, 1), found)
    if pc.any(wrapped).as_py():
        texts = pc.if_else(wrapped, _unwrapped(found), texts)
    foreign = pc.or_(wrapped, pc.match_substring_regex(found, _FOREIGN))
    mask = pa.array(suspects)
    return Unmarked(pc.replace_with_mask(cells, mask, texts), _spread(foreign, places, len(cells)))


def remarked(cells: pa.StringArray) -> pa.StringArray:
    """Puts a mark on those cells that would lose a mark when they are read, and on no others.

    Files whose cells have types need no other marks: there, a spreadsheet takes no text for a formula.
    """
    leading = Leading(pc.fill_null(cells, ""))
    suspects = leading.begin_with(b"'=")
    if not suspects.any():
        return cells
    changed = pc.or_(pc.match_substring_regex(cells, _OURS), pc.match_substring_regex(cells, _WRAPPED))
    return pc.if_else(pc.fill_null(changed, False), pc.binary_join_element_wise(_MARK, cells, ""), cells)


def _unwrapped(cells: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring(pc.replace_substring_regex(cells, _WRAPPED, r"\1"), '""', '"')


def _spread(found: pa.BooleanArray, places: npt.NDArray[np.intp], length: int) -> pa.BooleanArray | None:
    found = pc.fill_null(found, False)
    if not pc.any(found).as_py():
        return None
    rows = np.zeros(length, np.bool_)
    rows[places[found.to_numpy(zero_copy_only=False)]] = True
    return pa.array(rows)


def attribute_headers(
    names: Iterable[str], taken: Iterable[str], known: Mapping[str, str] = _NONE
) -> list[str]:
    """Returns the headers of the attributes' columns, all different even if case is ignored.

    A name is spelled out as ``attribute 2: "Colour"`` if it can't be a header itself: because another column
    has it (``taken``, or an attribute that differs in case), because headers are trimmed, or because an
    import would take it for a field. So is a name that the catalogue writes differently; ``known`` gives the
    catalogue's names by their folded forms.
    """
    columns = {fold_cell(name) for name in taken}
    headers = []
    for name in names:
        header = marked(name)
        number = 1
        while (
            (number == 1 and known.get(folded(name), name) != name)
            or not header
            or clean_cell(header) != header
            or fold_cell(header) in columns
            or attribute_name(header) != name
            or goes_before_own_name(header)
        ):
            header = f"attribute {number}: {json.dumps(name, ensure_ascii=False)}"
            number += 1
        columns.add(fold_cell(header))
        headers.append(header)
    return headers


def attribute_name(header: str) -> str:
    """The name of the attribute that a column's header stands for."""
    return spelled_name(header) or unmarked_text(header) or header


def spelled_name(header: str) -> str | None:
    """The attribute's name that a column's header spells out; None if it doesn't."""
    spelled = _SPELLED.fullmatch(header)
    return (_json_text(spelled[1]) or None) if spelled else None


def _json_text(text: str) -> str | None:
    try:
        found = json.loads(text, strict=False)
        return str(found) if "\0" not in found and found.encode() else None
    except ValueError:
        return None
