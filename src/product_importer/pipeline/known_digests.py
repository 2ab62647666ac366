"""The digests of rows that were merged into products, to find the rows of a file that change nothing.

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
    """A set of digests (see :mod:`.digest`). It is filled once, then queried.

    The halves of the digests are kept in two sorted arrays. A digest counts as found if both its halves are
    found. The probability of a false match, with halves of two other digests, is below 2⁻⁸⁰ for each row,
    with ten million products.
    """

    def __init__(self) -> None:
        self._halves = (array("Q"), array("Q"))

    def add(self, digests: pa.FixedSizeBinaryArray) -> None:
        for half, words in zip(self._halves, _split(digests), strict=True):
            half.frombytes(words.tobytes())

    def sort(self) -> None:
        """Sorts the digests in place, without a second copy. Call it after all digests are added."""
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
    """The digests' halves, as one array for the first and one for the second."""
    words = np.frombuffer(digests.buffers()[1], np.uint64)
    start, end = (_HALVES * number for number in (digests.offset, digests.offset + len(digests)))
    return words[start:end].reshape(-1, _HALVES).T
