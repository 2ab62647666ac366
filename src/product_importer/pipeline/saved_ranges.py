"""The ranges of a file's records that are saved, and the gaps between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Range = tuple[int, int]
"""The first and the last record of a range."""


def gaps_in(whole: Range, saved: Sequence[Range]) -> Iterator[Range]:
    """The parts of ``whole`` that no range of ``saved`` (ascending, without overlap) covers."""
    start, end = whole
    for first, last in saved:
        if last < start:
            continue
        if first > end:
            break
        if first > start:
            yield start, first - 1
        start = last + 1
    if start <= end:
        yield start, end
