"""The SKU key: when two SKUs are the same SKU.

Two SKUs are the same when their keys are. A key is the SKU trimmed and put through Unicode's compatibility
caseless form (``NFKC_Casefold``: compatibility caseless matching, without the characters that can't be
seen), so ``abc-1``, `` ABC-1 ``, ``ＡＢＣ－１`` and ``ABC-1`` with a zero-width space in it are one product,
and so are ``STRASSE`` and ``straße``. ``İ`` is not ``i``: Unicode folds it to ``i`` with a dot above.
"""

from __future__ import annotations

import re
from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc

# Unicode's property Default_Ignorable_Code_Point, which the standard library's unicodedata doesn't have.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)


def sku_key(sku: str) -> str:
    """The key of one SKU; a key is its own key.

    It is empty when there is nothing to see in the SKU.
    """
    if sku.isascii():
        return sku.strip().lower()
    folded = normalize("NFD", _INVISIBLE.sub("", sku)).casefold()
    return normalize("NFKC", normalize("NFKC", folded).casefold()).strip()


def sku_keys(skus: pa.StringArray) -> pa.StringArray:
    """The keys of a column of SKUs: :func:`sku_key` of each, null where the SKU is null."""
    keys = pc.ascii_lower(pc.utf8_trim_whitespace(skus))
    foreign = pc.fill_null(pc.invert(pc.string_is_ascii(skus)), False)
    if not pc.any(foreign).as_py():
        return keys
    folded = [sku_key(sku) for sku in skus.filter(foreign).to_pylist()]
    return pc.replace_with_mask(keys, foreign, pa.array(folded, pa.string()))
