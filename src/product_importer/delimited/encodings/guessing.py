"""Guesses a file's encoding: from its head if that is enough, else from the whole file.

The first rule that applies decides: a byte order mark of UTF-8 or UTF-16; NUL bytes on every other place
(UTF-16 without a mark); valid UTF-8, except ASCII bytes in which escape sequences switch to other letters;
UTF-8 with less damage than good characters, so that a damaged file is refused at the damaged place instead of
being misread; else the decision of :mod:`product_importer.delimited.encodings.deciding`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from product_importer.delimited.encodings.seven_bit import seven_bit
from product_importer.delimited.textfile import ESCAPE
from product_importer.errors import EncodingChoice, EncodingUnclear, FileError

if TYPE_CHECKING:
    from product_importer.delimited.encodings.deciding import Decision
    from product_importer.delimited.encodings.telling import Telling

Blocks: TypeAlias = Callable[[], Iterable[bytes]]
"""Reads a file from its beginning, in blocks."""

_BLOCK_BYTES: Final = 262_144
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHOWN: Final = 4
_AROUND: Final = 40
_AROUND_BYTES: Final = 1_000
_FAR_BEHIND: Final = 25.0
"""A candidate whose score is this far below the best isn't shown, unless it is the second."""


def guess_encoding(head: bytes, blocks: Blocks, *, complete: bool) -> str:
    """Returns the encoding of a file that begins with ``head``; ``complete`` if that is the whole file.

    ``blocks`` is called only if the head isn't UTF-8 or UTF-16. Raises :class:`EncodingUnclear`.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark) or (mark.startswith(head) and not complete):
            return encoding
    if utf16 := _utf16_without_mark(head):
        return utf16
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=complete)
    except UnicodeDecodeError:
        return encoding_of(blocks)
    return encoding_of(blocks) if ESCAPE in head and head.isascii() else "utf-8"


def encoding_of(blocks: Blocks) -> str:
    """Returns the encoding of a file that isn't valid UTF-8, from its words with bytes beyond ASCII, or of an
    ASCII file with escape sequences.

    The result is utf-8 if the file is damaged or is no text at all. Raises :class:`EncodingUnclear`.
    """
    # Imported here because only files that aren't UTF-8 need these modules, and loading them takes a while.
    from product_importer.delimited.encodings.deciding import decide  # noqa: PLC0415
    from product_importer.delimited.encodings.telling import telling  # noqa: PLC0415

    if shifting := seven_bit(blocks()):
        return shifting
    found = telling(blocks())
    if not found.words or _is_damaged_utf8(found.text):
        return "utf-8"
    decision = decide(found)
    if decision.encoding is not None:
        return decision.encoding
    if not decision.candidates:
        return "utf-8"
    raise _unclear(decision, found, blocks)


def blocks_of(path: Path) -> Blocks:
    """Returns a function that reads the file at ``path`` in blocks."""

    def blocks() -> Iterator[bytes]:
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    yield block
        except OSError as error:
            raise FileError(f"{path} can't be read: {error.strerror}.") from error

    return blocks


def _utf16_without_mark(head: bytes) -> str | None:
    """Latin text in UTF-16 has a NUL in nearly every character's high byte, and hardly any in the low one."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    enough = len(head) // 8
    if odd > enough and even <= odd // 20:
        return "utf-16-le"
    if even > enough and odd <= even // 20:
        return "utf-16-be"
    return None


def _is_damaged_utf8(text: bytes) -> bool:
    """Whether there are more good characters beyond ASCII than bad places; a file's own U+FFFD is good."""
    decoded = text.decode("utf-8", "replace")
    good = sum(not char.isascii() for char in decoded)
    damaged = decoded.count("\ufffd") - text.count("\ufffd".encode())
    return damaged < good - damaged


def _unclear(decision: Decision, found: Telling, blocks: Blocks) -> EncodingUnclear:
    best, *others = decision.candidates
    shown = [best, *others[:1]]
    shown += [each for each in others[1 : _SHOWN - 1] if each.score > best.score - _FAR_BEHIND]
    word = _differing_word(found, [each.encodings[0] for each in shown])
    line, before, after = _around(blocks, word)
    choices = tuple(
        EncodingChoice(each.encodings[0], _excerpt((before, word, after), each.encodings[0]))
        for each in shown
    )
    return EncodingUnclear(choices, line)


def _differing_word(found: Telling, encodings: list[str]) -> bytes:
    """The word that these encodings decode in the most different ways."""

    def ways(word: bytes) -> int:
        return len({word.decode(encoding, "replace") for encoding in encodings})

    return max(found.words, key=ways)


def _around(blocks: Blocks, word: bytes) -> tuple[int, bytes, bytes]:
    """The number of the first line with the word, and the line's bytes before and after the word."""
    line, data = 1, b""
    for block in blocks():
        if (place := data.find(word)) >= 0 and place + len(word) + _AROUND_BYTES <= len(data):
            break
        kept = max(len(data) - len(word) - 2 * _AROUND_BYTES, 0) if place < 0 else 0
        kept -= data[kept - 1 : kept + 1] == b"\r\n"  # a CRLF is one line end, to be counted once
        line += _line_ends(data[:kept])
        data = data[kept:] + block
    place = max(data.find(word), 0)
    before, after = data[:place], data[place + len(word) :]
    start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
    return line + _line_ends(before), before[start:], re.split(rb"[\r\n]", after, maxsplit=1)[0]


def _line_ends(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _excerpt(parts: tuple[bytes, bytes, bytes], encoding: str) -> str:
    """The word and its surroundings on its line, cut between characters."""
    before, word, after = (part.decode(encoding, "replace") for part in parts)
    text = before[-_AROUND:] + word + after[:_AROUND]
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
