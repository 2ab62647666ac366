"""The names of supported encodings: those that people's files have, and none of Python's other codecs."""

from __future__ import annotations

import codecs
from typing import Final

from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError

_NAMES: Final = """
utf-8 utf-8-sig ascii utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be cp1250 cp1251 cp1252 cp1253
cp1254 cp1255 cp1256 cp1257 cp1258 cp874 iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6
iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp437
cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869
cp1125 tis-620 koi8-r koi8-u koi8-t kz1048 ptcp154 hp-roman8 mac-roman mac-latin2 mac-cyrillic mac-greek
mac-iceland mac-turkish mac-croatian mac-romanian mac-arabic mac-farsi cp932 shift_jis shift_jis_2004
shift_jisx0213 euc_jp euc_jis_2004 euc_jisx0213 iso2022_jp iso2022_jp_ext iso2022_kr
gb2312 gbk gb18030 hz big5 big5hkscs cp950
cp949 euc_kr johab
"""

KNOWN: Final = frozenset(_NAMES.split())
"""The supported encodings, by Python's own names for them."""


def known_encoding(name: str) -> str:
    """Returns Python's own name of a supported text encoding, else raises :class:`UsageError`."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: an impossible name, such as one with a NUL in it
        found = ""
    if found not in KNOWN:
        raise UsageError(
            f"There is no text encoding {quoted(name)} that files can be read in. "
            "Usual ones are utf-8, utf-16, cp1252 and cp1250.",
            code="unknown_encoding",
        )
    return found
