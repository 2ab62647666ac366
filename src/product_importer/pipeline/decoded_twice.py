"""Texts that were decoded twice: UTF-8 that was read as Windows-1252 or Latin-1, then saved as UTF-8."""

from __future__ import annotations

import re
from typing import Final

_UNDEFINED: Final = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
_BYTES: Final = {
    **{chr(byte): byte for byte in range(0x80, 0x100)},
    **{bytes([byte]).decode("cp1252"): byte for byte in range(0x80, 0x100) if byte not in _UNDEFINED},
}
"""The byte that each character was, read in either encoding."""

_CONTINUATION: Final = "".join(re.escape(each) for each, byte in _BYTES.items() if byte < 0xC0)
_RUN: Final = re.compile(
    f"[\u00c2-\u00df][{_CONTINUATION}]|[\u00e0-\u00ef][{_CONTINUATION}]{{2}}|[\u00f0-\u00f4][{_CONTINUATION}]{{3}}"
)
"""One character of UTF-8, as it looks then."""

_SURE_LEADS: Final = "\u00c2\u00c3\u00e2"
"""Of accented letters, quotation marks, dashes and signs: hardly any text has these before such marks."""

_EMOJI: Final = 4
"""Bytes of one, as of all characters beyond the usual ones."""

_ENDS_WORDS: Final = "®™°»”’…›\u00a0"
"""Marks that may follow an accented capital by right, as in NESCAFÉ®."""


def repaired(text: str) -> str | None:
    """The text as it was meant, or None where it is not certain that it was decoded twice."""
    found = [match for match in _RUN.finditer(text) if _decoded(match[0]) is not None]
    sure = any(_is_sure(text, match) for match in found)
    if not sure and len(found) < _MANY:
        return None
    repair = _RUN.sub(lambda match: _decoded(match[0]) or match[0], text)
    return repair if repair != text else None


_MANY: Final = 3
"""So many in one text are no chance, whatever they are."""


def _is_sure(text: str, match: re.Match[str]) -> bool:
    if len(match[0]) == _EMOJI:
        return True
    if match[0][0] not in _SURE_LEADS:
        return False
    if match[0][0] == "\u00c2":
        return True  # no word ends in it, and ® and ° are decoded twice more often than any letter
    before = text[match.start() - 1 : match.start()]
    in_word = before.isalpha() and before.isupper() == match[0][0].isupper()
    return not (in_word and match[0][1] in _ENDS_WORDS)


def _decoded(run: str) -> str | None:
    try:
        character = bytes(_BYTES[each] for each in run).decode()
    except (KeyError, UnicodeDecodeError):
        return None
    return character if character.isprintable() or character == "\u00a0" else None
