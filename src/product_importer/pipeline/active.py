"""Converts the cells of the active column, as people and shops' exports write them, into booleans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import trimmed
from product_importer.ports import Finding

TRUE_WORDS = (
    "true", "1", "yes", "active", "published", "enabled", "on", "t", "y", "publish",
    "1.0", "visible", "live", "online",
)  # fmt: skip
FALSE_WORDS = (
    "false", "0", "no", "inactive", "draft", "archived", "unpublished", "disabled", "off", "f", "n",
    "private", "pending", "proposed", "rejected",
    "0.0", "hidden", "invisible", "unlisted", "offline", "trash", "future", "scheduled", "deactivated", "-1",
)  # fmt: skip
"""``-1`` is WooCommerce's value for a draft; see also :attr:`ActiveNotation.minus_one`."""

SPREADSHEETS_TRUE: Final = (
    "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "prawda", "pravda", "sant", "sand", "sann",
    "tosi", "igaz", "doğru", "adevărat", "истина",
)  # fmt: skip
SPREADSHEETS_FALSE: Final = (
    "falsch", "faux", "falso", "onwaar", "fałsz", "nepravda", "falskt", "falsk", "usann", "epätosi", "hamis",
    "yanlış", "yanliş", "fals", "ложь",
)  # fmt: skip
"""The words of spreadsheets in other languages for TRUE and FALSE. ``yanliş`` is the Turkish word in
capitals, put into lower case by rules that aren't Turkish.
"""

_MINUS_ONE: Final = "-1"
_TRUE: Final = (*TRUE_WORDS, *SPREADSHEETS_TRUE)
_WORDS = pa.array([*_TRUE, *(word for word in FALSE_WORDS if word != _MINUS_ONE), *SPREADSHEETS_FALSE])
_ONE: Final = pa.scalar(TRUE_WORDS.index("1"), pa.int32())

_OTHER_WORDS: Final = """
    ja nein jein nej nei nee oui non sí si não nao sim tak nie ano áno ne igen nem da nu evet hayır hayir
    kyllä ei jah jā nē taip ναι όχι да нет так ні не כן לא نعم لا हाँ नहीं ใช่ ไม่ใช่ có không ya tidak
    是 否 有 无 無 はい いいえ 예 아니오 上架 下架 启用 停用 啟用 有效 无效 公開 非公開
    truth
    aktiv inaktiv actif inactif activo inactivo activa inactiva attivo inattivo ativo inativo actief inactief
    aktywny nieaktywny aktivní neaktivní aktívny neaktívny aktív inaktív активен активный неактивен
    неактивный активно неактивно aktiivinen etkin pasif sichtbar versteckt verborgen ausgeblendet
    publié dépublié brouillon publicado borrador oculto nascosto bozza pubblicato concept gepubliceerd
    veröffentlicht entwurf
    x ✓ ✔ ✗ ✘ ☑ ☐ true() false() =true() =false() .t. .f.
"""
"""Known words for yes and no, and for shown and hidden, that are not read as flags."""

_MAY_BE_FLAGS: Final = pa.array(_OTHER_WORDS.split())

_ADVICE: Final = "Write true or false, or leave it blank."
_UNCLEAR: Final = f"It isn't clear whether the product is active. {_ADVICE}"
_NUMBER: Final = r"^[-+]?[0-9]{1,3}(?:[.,][0-9]+)?$"


@dataclass(frozen=True, slots=True)
class ActiveNotation:
    """``minus_one``: whether ``-1`` is read as a draft. In a column with ``1`` it is one; elsewhere ``-1``
    may mean yes.
    """

    minus_one: bool = False


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
    lower = pc.ascii_lower(text)
    word = pc.index_in(lower, value_set=_WORDS)
    ones = int(pc.index(word, _ONE).as_py() >= 0)
    if word.null_count > text.null_count and not text.buffers()[2].to_pybytes().isascii():
        word = pc.index_in(pc.utf8_lower(text), value_set=_WORDS)
    active = pc.less(word, len(_TRUE))
    filled = len(text) - text.null_count
    if active.null_count == text.null_count:
        return Flags(active, [], ActiveSigns(filled, filled, ones))
    unclear = pc.and_(pc.is_null(word), pc.is_valid(text))
    fitting = filled - _count(unclear) + _count(_may_be_flags(lower.filter(unclear)))
    drafts = pc.fill_null(pc.equal(text, _MINUS_ONE), False)
    minus_ones = _count(drafts)
    if minus_ones and notation.minus_one:
        active, unclear = pc.if_else(drafts, False, active), pc.and_not(unclear, drafts)
        if not pc.any(unclear).as_py():
            return Flags(active, [], ActiveSigns(filled, fitting, ones, minus_ones))
    finding = Finding("active", "active_unclear", _UNCLEAR, unclear)
    return Flags(active, [finding], ActiveSigns(filled, fitting, ones, minus_ones))


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
