"""Which rows of a file the products show already, by the digests of what was merged into them.

Memory: 16 bytes a product.
"""

from __future__ import annotations

from array import array
from typing import Final

import numpy as np
import pyarrow as pa

from product_importer.pipeline.sorted_words import Flags, Words, is_in

_HALVES: Final = 2


class KnownDigests:
    """A set of digests (see :mod:`.digest`). Filled once, then asked.

    Their halves are kept in two arrays, each sorted. A digest of which both halves are found counts as found:
    the odds that another one passes, its halves coming from two others, are below one in 2⁸⁰ for each row,
    with ten million products.
    """

    def __init__(self) -> None:
        self._halves = (array("Q"), array("Q"))

    def add(self, digests: pa.FixedSizeBinaryArray) -> None:
        for half, words in zip(self._halves, _split(digests), strict=True):
            half.frombytes(words.tobytes())

    def sort(self) -> None:
        """To be called when all are added. In place: there is no second copy at any time."""
        for half in self._views():
            half.sort()

    def contains(self, digests: pa.FixedSizeBinaryArray) -> Flags:
        found = np.ones(len(digests), np.bool_)
        for half, words in zip(self._views(), _split(digests), strict=True):
            found[found] = is_in(half, words[found])
        return found

    def _views(self) -> list[Words]:
        return [np.frombuffer(half, np.uint64) for half in self._halves]


def _split(digests: pa.FixedSizeBinaryArray) -> Words:
    """The digests' halves: an array of each."""
    words = np.frombuffer(digests.buffers()[1], np.uint64)
    start, end = (_HALVES * number for number in (digests.offset, digests.offset + len(digests)))
    return words[start:end].reshape(-1, _HALVES).T
