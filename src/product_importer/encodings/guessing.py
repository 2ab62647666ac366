"""Guesses a file's encoding: from its head where that says it, else from the whole file.

The first that holds: a byte order mark of UTF-8 or UTF-16; NUL bytes on every other place (UTF-16 without a
mark); valid UTF-8, whatever it holds; UTF-8 with less damage than good characters, so that a damaged file is
refused where it is damaged, rather than misread; else what :mod:`product_importer.encodings.deciding` says.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

from product_importer.encodings.deciding import Decision, decide
from product_importer.encodings.telling import Telling, telling
from product_importer.errors import EncodingChoice, EncodingUnclear, FileError

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
_FAR_BEHIND: Final = 25.0
"""A candidate that is so much less likely than the best isn't shown, unless it is the second."""


def guess_encoding(head: bytes, blocks: Blocks, *, complete: bool) -> str:
    """The encoding of a file that begins with ``head``; ``complete`` if that is the whole file.

    ``blocks`` is asked only where the head isn't UTF-8 or UTF-16. Raises :class:`EncodingUnclear`.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    if utf16 := _utf16_without_mark(head):
        return utf16
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=complete)
    except UnicodeDecodeError:
        return encoding_of(blocks)
    return "utf-8"


def encoding_of(blocks: Blocks) -> str:
    """The encoding of a file that isn't valid UTF-8, from its words with bytes beyond ASCII.

    It is utf-8 where the file is damaged, or no text at all. Raises :class:`EncodingUnclear`.
    """
    found = telling(blocks())
    if _is_damaged_utf8(found.text):
        return "utf-8"
    decision = decide(found)
    if decision.encoding is not None:
        return decision.encoding
    if not decision.candidates:
        return "utf-8"
    raise _unclear(decision, found, blocks)


def blocks_of(path: Path) -> Blocks:
    """The blocks of the file at ``path``."""

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
    line, part, at = _line_around(blocks, found.words[word], len(word))
    choices = tuple(
        EncodingChoice(each.encodings[0], _excerpt(part, at, at + len(word), each.encodings[0]))
        for each in shown
    )
    return EncodingUnclear(choices, line)


def _differing_word(found: Telling, encodings: list[str]) -> bytes:
    """The word that reads in most different ways."""

    def ways(word: bytes) -> int:
        return len({word.decode(encoding, "replace") for encoding in encodings})

    return max(found.words, key=ways)


def _line_around(blocks: Blocks, place: int, length: int) -> tuple[int, bytes, int]:
    """The number of the line at a place of the file, what is around it on this line, and where in that."""
    line, offset, part = 1, 0, b""
    before = b""
    for block in blocks():
        if offset <= place:
            ahead = before[-1:] + block[: max(place - offset, 0)]  # a CR at the end may have its LF here
            ends = ahead.count(b"\n") + ahead.count(b"\r") - ahead.count(b"\r\n")
            line += ends - (before[-1:] in (b"\n", b"\r") and bool(before))
        before = (before + block)[-_AROUND * 8 :] if offset + len(block) <= place else before
        if offset + len(block) > place:
            part += block
            if len(part) > place - offset + length + _AROUND * 8:
                break
        offset += len(block) if not part else 0
    at = place - offset
    joined = before + part if offset else part
    at += len(before) if offset else 0
    start = max(joined.rfind(b"\n", 0, at), joined.rfind(b"\r", 0, at)) + 1
    ends_at = [end for end in (joined.find(b"\n", at), joined.find(b"\r", at)) if end >= 0]
    return line, joined[start : min(ends_at, default=len(joined))], at - start


def _excerpt(line: bytes, start: int, stop: int, encoding: str) -> str:
    """The word and what is around it, cut where no character is cut."""
    before = line[:start].decode(encoding, "replace")[-_AROUND:]
    after = line[stop:].decode(encoding, "replace")[:_AROUND]
    text = before + line[start:stop].decode(encoding, "replace") + after
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
