"""Converts the cells of the active column, as people and shops' exports write them, into booleans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.active_words import FALSE, MAY_BE_FLAGS, MINUS_ONE, TRUE
from product_importer.pipeline.text import trimmed
from product_importer.ports import Finding

_WORDS = pa.array([*TRUE, *FALSE])
_ONE: Final = pa.scalar(TRUE.index("1"), pa.int32())
_MAY_BE_FLAGS: Final = pa.array(MAY_BE_FLAGS)

_ADVICE: Final = "Write true or false, or leave it blank."
_UNCLEAR: Final = f"It isn't clear whether the product is active. {_ADVICE}"
_NUMBER: Final = r"^[-+]?[0-9]{1,3}(?:[.,][0-9]+)?$"


@dataclass(frozen=True, slots=True)
class ActiveNotation:
    """``minus_one``: whether ``-1`` is read as a draft. In a column with ``1`` it is one; elsewhere ``-1``
    may mean yes. ``yes`` and ``no``: further words, in lower case, that a rule of the column names; they go
    before the known ones.
    """

    minus_one: bool = False
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActiveSigns:
    """Counts of cells: those that aren't blank, those of them that may be flags in some language, those that
    are ``1`` (a lower bound), and those that are ``-1``.
    """

    cells: int = 0
    fitting: int = 0
    ones: int = 0
    minus_ones: int = 0

    def __add__(self, other: ActiveSigns) -> ActiveSigns:
        return ActiveSigns(
            self.cells + other.cells,
            self.fitting + other.fitting,
            self.ones + other.ones,
            self.minus_ones + other.minus_ones,
        )


class Flags(NamedTuple):
    """The flags of a column's cells; null for blank cells and for cells that a finding names."""

    values: pa.BooleanArray
    findings: list[Finding]
    signs: ActiveSigns


def to_active(cells: pa.StringArray, notation: ActiveNotation = ActiveNotation()) -> Flags:
    """Reads cells as flags; upper and lower case are not distinguished."""
    text = trimmed(cells)
    if notation.yes or notation.no:
        text = _by_rule(text, notation)
    lower = pc.ascii_lower(text)
    word = pc.index_in(lower, value_set=_WORDS)
    ones = int(pc.index(word, _ONE).as_py() >= 0)
    if word.null_count > text.null_count and not text.buffers()[2].to_pybytes().isascii():
        word = pc.index_in(pc.utf8_lower(text), value_set=_WORDS)
    active = pc.less(word, len(TRUE))
    filled = len(text) - text.null_count
    if active.null_count == text.null_count:
        return Flags(active, [], ActiveSigns(filled, filled, ones))
    unclear = pc.and_(pc.is_null(word), pc.is_valid(text))
    fitting = filled - _count(unclear) + _count(_may_be_flags(lower.filter(unclear)))
    drafts = pc.fill_null(pc.equal(text, MINUS_ONE), False)
    minus_ones = _count(drafts)
    if minus_ones and notation.minus_one:
        active, unclear = pc.if_else(drafts, False, active), pc.and_not(unclear, drafts)
        if not pc.any(unclear).as_py():
            return Flags(active, [], ActiveSigns(filled, fitting, ones, minus_ones))
    finding = Finding("active", "active_unclear", _UNCLEAR, unclear)
    return Flags(active, [finding], ActiveSigns(filled, fitting, ones, minus_ones))


def _by_rule(text: pa.StringArray, notation: ActiveNotation) -> pa.StringArray:
    """Replaces the words that the rule names."""
    lower = pc.utf8_lower(text)
    for words, meaning in ((notation.yes, TRUE[0]), (notation.no, FALSE[0])):
        if words:
            text = pc.if_else(pc.is_in(lower, pa.array(words)), meaning, text)
    return text


def may_be_flags(cells: pa.StringArray) -> ActiveSigns:
    """Counts the cells that aren't blank, and those of them that may be flags in some language."""
    text = trimmed(cells)
    word = pc.index_in(pc.utf8_lower(text), value_set=_WORDS)
    strange = text.filter(pc.and_(pc.is_null(word), pc.is_valid(text)))
    filled = len(text) - text.null_count
    return ActiveSigns(filled, filled - len(strange) + _count(_may_be_flags(strange)))


def _may_be_flags(text: pa.StringArray) -> pa.BooleanArray:
    return pc.or_(
        pc.is_in(pc.utf8_lower(text), value_set=_MAY_BE_FLAGS), pc.match_substring_regex(text, _NUMBER)
    )


def _count(mask: pa.BooleanArray) -> int:
    return pc.sum(mask).as_py() or 0
