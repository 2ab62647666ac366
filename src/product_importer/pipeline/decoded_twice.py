"""Repairs texts that were decoded twice: UTF-8 read as Windows-1252 or Latin-1, then saved as UTF-8."""

from __future__ import annotations

import re
from typing import Final

_UNDEFINED: Final = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
_BYTES: Final = {
    **{chr(byte): byte for byte in range(0x80, 0x100)},
    **{bytes([byte]).decode("cp1252"): byte for byte in range(0x80, 0x100) if byte not in _UNDEFINED},
}
"""Character → the byte that it was, in either encoding."""

_CONTINUATION: Final = "".join(re.escape(each) for each, byte in _BYTES.items() if byte < 0xC0)
_RUN: Final = re.compile(
    f"[\u00c2-\u00df][{_CONTINUATION}]|[\u00e0-\u00ef][{_CONTINUATION}]{{2}}|[\u00f0-\u00f4][{_CONTINUATION}]{{3}}"
)
"""Matches one character of UTF-8 as it looks when decoded twice."""

_SURE_LEADS: Final = "\u00c2\u00c3\u00e2"
"""First characters of accented letters, quotation marks, dashes and signs. Hardly any text has them before
continuation characters.
"""

_EMOJI: Final = 4
"""Length in UTF-8 bytes of emoji and of all other characters beyond U+FFFF."""

_ENDS_WORDS: Final = "®™°»”’…›\u00a0"
"""Characters that may rightly follow an accented capital, as in NESCAFÉ®."""


def repaired(text: str) -> str | None:
    """Returns the text as it was meant, or None if it is not certain that it was decoded twice."""
    found = [match for match in _RUN.finditer(text) if _decoded(match[0]) is not None]
    sure = any(_is_sure(text, match) for match in found)
    if not sure and len(found) < _MANY:
        return None
    repair = _RUN.sub(lambda match: _decoded(match[0]) or match[0], text)
    return repair if repair != text else None


_MANY: Final = 3
"""This many matches in one text are no chance, whichever characters they are."""


def _is_sure(text: str, match: re.Match[str]) -> bool:
    if len(match[0]) == _EMOJI:
        return True
    if match[0][0] not in _SURE_LEADS:
        return False
    if match[0][0] == "\u00c2":
        return True  # no word ends in Â; of such characters, ® and ° are the commonest
    before = text[match.start() - 1 : match.start()]
    in_word = before.isalpha() and before.isupper() == match[0][0].isupper()
    return not (in_word and match[0][1] in _ENDS_WORDS)


def _decoded(run: str) -> str | None:
    try:
        character = bytes(_BYTES[each] for each in run).decode()
    except (KeyError, UnicodeDecodeError):
        return None
    return character if character.isprintable() or character == "\u00a0" else None
