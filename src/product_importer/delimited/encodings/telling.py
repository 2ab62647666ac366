"""Collects the words of a file that show its encoding: words with bytes beyond ASCII, of all such bytes.

Words are cut at bytes that are no part of a longer character in any of the candidate encodings (blanks,
commas, quotes: all below ``0``), so no character is cut.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

ASCII: Final = bytes(range(128))
_CUTS: Final = bytes.maketrans(bytes(range(0x30)), b" " * 0x30)
_PLAIN: Final = re.compile(rb"(?<![\w\x80-\xff])[a-z]{2,}(?![\w\x80-\xff])")
_HEAD_BYTES: Final = 65_536
_LAST_ASCII: Final = 127
_ENOUGH_OF_A_BYTE: Final = 24
_LOOKS: Final = 4
_ENOUGH_BLOCKS: Final = 16
_ENOUGH_WORDS: Final = 700
_MOST_WORDS: Final = 3_000
_MOST_BYTES: Final = 48_000
_WORD_BYTES: Final = 65_536


@dataclass(slots=True)
class Telling:
    """``words``: the words in the file's order, each once.

    ``counts``: in how many of them each byte is; ``looks``: in how many blocks each byte was looked for.
    ``open_end``: whether the last word ends with the file, in a byte beyond ASCII. ``plain``: the words of
    ASCII letters at the file's beginning, in lower case.
    """

    words: dict[bytes, None] = field(default_factory=dict)
    plain: frozenset[bytes] = frozenset()
    counts: Counter[int] = field(default_factory=Counter)
    looks: Counter[int] = field(default_factory=Counter)
    size: int = 0
    blocks: int = 0
    open_end: bool = False

    def see(self, data: bytes) -> None:
        """Collects words from the next part of the file, which must not begin or end within a word."""
        if data.isascii():
            return
        present = np.flatnonzero(np.bincount(np.frombuffer(data, np.uint8), minlength=256)[128:]) + 128
        if self._enough and all(self.looks[byte] >= _LOOKS for byte in present.tolist()):
            return
        self.looks.update(present.tolist())
        self.blocks += 1
        for word in dict.fromkeys(data.translate(_CUTS).split()):
            if word.isascii() or len(word) > _WORD_BYTES or word in self.words:
                continue
            if not self._enough or (len(self.words) < _MOST_WORDS and any(map(self._wanted, word))):
                self.words[word] = None
                self.size += len(word)
                self.counts.update(set(word.translate(None, ASCII)))

    def _wanted(self, byte: int) -> bool:
        return byte > _LAST_ASCII and self.counts[byte] < _ENOUGH_OF_A_BYTE

    @property
    def _enough(self) -> bool:
        return len(self.words) >= _ENOUGH_WORDS or self.size >= _MOST_BYTES or self.blocks >= _ENOUGH_BLOCKS

    @property
    def text(self) -> bytes:
        """The words, one on each line; the last line stays open if the file's end may cut a character."""
        return b"\n".join(self.words) + b"\n" * (not self.open_end)


def telling(blocks: Iterable[bytes]) -> Telling:
    """Collects words from consecutive blocks of a file, in bounded memory."""
    found = Telling()
    kept, first = b"", True
    for block in blocks:
        if first:
            first = False
            found.plain = frozenset(_PLAIN.findall(block[:_HEAD_BYTES].lower()))
        data = kept + block
        cut = _last_cut(data)
        found.see(data[:cut])
        kept = data[cut:]
    seen = len(found.words)
    found.see(kept)
    found.open_end = len(found.words) > seen and not kept[-1:].isascii()
    return found


def _last_cut(data: bytes) -> int:
    """The position after the last byte that ends a word; the end of ``data`` if there is none in 64 KiB."""
    for position in range(len(data) - 1, max(len(data) - 65_536, -1), -1):
        if data[position] < 0x30:
            return position + 1
    return len(data) if len(data) > 65_536 else 0
