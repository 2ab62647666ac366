"""The SKU key, which decides whether two SKUs are the same SKU.

Two SKUs are the same if their keys are equal. A key is the trimmed SKU in Unicode's compatibility caseless
form (``NFKC_Casefold``: compatibility caseless matching, without invisible characters). These are one
product: ``abc-1``, `` ABC-1 ``, ``ＡＢＣ－１`` and ``ABC-1`` with a zero-width space in it; so are
``STRASSE`` and ``straße``. ``İ`` is not ``i``: Unicode folds it to ``i`` with a dot above.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple
from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc

# Unicode's property Default_Ignorable_Code_Point, which the standard library's unicodedata doesn't have.
INVISIBLE = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
"""A regular expression for one or more invisible characters."""

_INVISIBLE = re.compile(INVISIBLE)

# Invisible characters that are needed: joiners between letters of scripts that join them (Arabic, Syriac
# and similar ones, the scripts of India, of Burma, Cambodia and Mongolia); joiners and selectors of emoji;
# selectors of ideographs and of Mongolian letters; regions in flags; fillers in Hangul syllables.
_JOINING = (
    "[\u0600-\u061b\u061d-\u0dff\u1000-\u109f\u1780-\u17b3\u17b6-\u180a\u1810-\u18af\ua840-\uaaff"
    "\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00010fff\U00011000-\U00011fff\U0001e900-\U0001e95f]"
)
_EMOJI = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_HANGUL = "[\u1100-\u115e\u1161-\u11ff]"
_NEEDED = "|".join(
    (
        "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f",
        f"{_EMOJI}[\ufe0e\ufe0f]?(?:\u200d?{_EMOJI}[\ufe0e\ufe0f]?)*",
        "[0-9#*]\ufe0f\u20e3",
        f"(?:{_JOINING}[\u180b-\u180d\u180f]?)(?:[\u200c\u200d]?{_JOINING}[\u180b-\u180d\u180f]?)*",
        "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][\ufe00-\ufe0f\U000e0100-\U000e01ef]",
        f"{_HANGUL}\u1160|\u115f(?={_HANGUL})",
    )
)


@cache
def _needed_or_not() -> re.Pattern[str]:
    """Compiled when the first SKU needs it: this takes as long as importing the rest of this module."""
    return re.compile(f"({_NEEDED})|{INVISIBLE}")


def visible_sku(sku: str) -> str:
    """Returns the SKU without invisible characters, except where emoji or a script need them.

    The key doesn't change by this.
    """
    return sku if sku.isascii() else _needed_or_not().sub(lambda found: found[1] or "", sku)


class VisibleSkus(NamedTuple):
    """SKUs after :func:`visible_sku`. ``changed``: which of them it has changed; None if none."""

    skus: pa.StringArray
    changed: pa.BooleanArray | None


def visible_skus(skus: pa.StringArray) -> VisibleSkus:
    foreign = pc.fill_null(pc.invert(pc.string_is_ascii(skus)), False)
    if not pc.any(foreign).as_py():
        return VisibleSkus(skus, None)
    before = skus.filter(foreign)
    if not pc.any(pc.match_substring_regex(before, INVISIBLE)).as_py():
        return VisibleSkus(skus, None)
    after = pa.array([visible_sku(sku) for sku in before.to_pylist()], pa.string())
    changed = pc.not_equal(before, after)
    if not pc.any(changed).as_py():
        return VisibleSkus(skus, None)
    rows = pc.replace_with_mask(pa.repeat(False, len(skus)), foreign, changed)
    return VisibleSkus(pc.replace_with_mask(skus, foreign, after), rows)


def sku_key(sku: str) -> str:
    """Returns the key of one SKU. The key of a key is the key itself.

    The key is empty if the SKU has no visible character.
    """
    if sku.isascii():
        return sku.strip().lower()
    folded = normalize("NFD", _INVISIBLE.sub("", sku)).casefold()
    return normalize("NFKC", normalize("NFKC", folded).casefold()).strip()


def sku_keys(skus: pa.StringArray) -> pa.StringArray:
    """The keys of a column of SKUs by :func:`sku_key`; null where the SKU is null."""
    keys = pc.ascii_lower(pc.utf8_trim_whitespace(skus))
    foreign = pc.fill_null(pc.invert(pc.string_is_ascii(skus)), False)
    if not pc.any(foreign).as_py():
        return keys
    folded = [sku_key(sku) for sku in skus.filter(foreign).to_pylist()]
    return pc.replace_with_mask(keys, foreign, pa.array(folded, pa.string()))
