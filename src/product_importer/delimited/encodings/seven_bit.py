"""Detects encodings that write Japanese and Korean in ASCII bytes with escape sequences. Such files are valid
UTF-8, too.

HZ isn't detected: its ``~{`` may occur in plain text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import Final

from product_importer.errors import FileError

_CODECS: Final = ("iso2022_jp", "iso2022_jp_ext", "iso2022_kr")
_SHIFTS: Final = re.compile(rb"\x1b[$(]")


def seven_bit(blocks: Iterable[bytes]) -> str | None:
    """Returns the encoding of a file of ASCII bytes with escape sequences for other letters; None if it has
    none.

    Raises :class:`FileError` if the file has such sequences, but fits none of the encodings.
    """
    readings = {name: codecs.getincrementaldecoder(name)() for name in _CODECS}
    foreign: set[str] = set()
    shifts, kept = False, b""
    for block in blocks:
        if not block.isascii():
            return None
        shifts = shifts or _SHIFTS.search(kept + block) is not None
        kept = block[-1:]
        for name, decoder in list(readings.items()):
            text = _text(decoder, block)
            if text is None:
                del readings[name]
            elif not text.isascii():
                foreign.add(name)
    fitting = [name for name in readings if name in foreign]
    if fitting or readings or not shifts:  # the sequences may switch to ASCII only
        return fitting[0] if fitting and shifts else None
    raise FileError(
        "The file holds escape sequences of Japanese and Korean files (ISO-2022), but can't be read "
        "in any encoding of that kind. Export the file anew as UTF-8.",
        code="undecodable",
    )


def _text(decoder: codecs.IncrementalDecoder, block: bytes) -> str | None:
    """The block's text; None if it can't be decoded, or if escapes are left in it."""
    try:
        text = decoder.decode(block)
    except UnicodeDecodeError:
        return None
    return None if "\x1b" in text else text
