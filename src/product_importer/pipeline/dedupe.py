"""Decides over the whole file, before the first write, which row of each SKU is imported.

Memory: a 64-bit hash per row while the file is read, a sorted copy of them at its end, then a byte per row
and about 60 bytes for each hash that occurs more than once. Rows whose hash occurs once are unique. The
others compete. A second, independent hash tells apart SKUs that share the first hash; those compete by their
whole keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from xxhash import xxh3_64_intdigest

from product_importer.pipeline.keyhash import Hashes
from product_importer.pipeline.sorted_words import Flags, is_in

Integers = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]

_NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of one batch whose SKU may occur more than once, with the ranks that the policy gave them."""

    hashes: Hashes
    keys: pa.StringArray
    lines: Integers
    ranks: pa.Int64Array


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for a batch's candidates, one value for each.

    ``rejected``: by the policy; a row that neither wins nor is rejected is a duplicate. ``other_line``:
    another line of the file with the same SKU. ``winner``: the line of the row that wins.
    """

    wins: Flags
    rejected: Flags
    other_line: Integers
    winner: Integers


class RepeatedHashes:
    """The hashes that occur more than once in a file, and their rows. ``batches``: all hashes."""

    def __init__(self, batches: Sequence[Hashes]) -> None:
        ordered = np.concatenate(batches) if batches else np.empty(0, np.uint64)
        ordered.sort()
        again = ordered[1:] == ordered[:-1]
        again[1:] &= ~again[:-1]  # keeps each value once
        self._values = ordered[1:][again]
        self._rows = [is_in(self._values, hashes) for hashes in batches]
        self._hashes = [hashes[rows] for hashes, rows in zip(batches, self._rows, strict=True)]

    def __len__(self) -> int:
        return len(self._values)

    def rows(self, batch: int) -> Flags:
        """Which rows of that batch have a repeated hash."""
        return self._rows[batch]

    def hashes(self, batch: int) -> Hashes:
        """The hashes of those rows, in their order."""
        return self._hashes[batch]

    def places(self, hashes: Hashes) -> Places:
        """The index of each hash among the repeated hashes; each must be one of them."""
        return np.minimum(np.searchsorted(self._values, hashes), len(self) - 1)


def compete(repeated: RepeatedHashes, sweep: Callable[[], Iterable[Candidates]]) -> Competition:
    """Lets all candidates compete. ``sweep`` yields them in the file's order; it is called again in the rare
    case that two SKUs share a hash.
    """
    shared = np.zeros(len(repeated), np.bool_)
    while True:
        competition = Competition(repeated, shared)
        for candidates in sweep():
            competition.enter(candidates)
        if np.array_equal(competition.shared, shared):
            return competition
        shared = competition.shared


class Competition:
    """Finds the best row of each repeated hash, or of each SKU where several SKUs share one hash."""

    def __init__(self, repeated: RepeatedHashes, shared: Flags) -> None:
        self._repeated = repeated
        self._known_shared = shared
        self.shared = shared.copy()
        size = len(repeated)
        self._check = np.zeros(size, np.uint64)
        self._rank = np.full(size, np.iinfo(np.int64).min, np.int64)
        self._winner = np.full(size, _NOBODY, np.int64)
        self._first = np.full(size, _NOBODY, np.int64)
        self._last = np.full(size, _NOBODY, np.int64)
        self._contests: dict[str, _Contest] = {}

    def enter(self, candidates: Candidates) -> None:
        places = self._repeated.places(candidates.hashes)
        self._find_shared(places, candidates.keys)
        for row in np.flatnonzero(self._known_shared[places]).tolist():
            contest = self._contests.setdefault(candidates.keys[row].as_py(), _Contest(len(self._contests)))
            contest.enter(candidates.ranks[row].as_py(), int(candidates.lines[row]))
        newcomers = self._first[places] == _NOBODY
        # NumPy keeps the last of several values assigned to one place; reversed, that is the first row.
        self._first[places[newcomers][::-1]] = candidates.lines[newcomers][::-1]
        self._last[places] = candidates.lines
        self._enter_best(places, candidates)

    @property
    def slots(self) -> int:
        """The number of slots that :meth:`slots_of` may return."""
        return len(self._winner) + len(self._contests)

    def slots_of(self, hashes: Hashes, keys: pa.StringArray) -> tuple[Integers, Integers]:
        """Returns for each row a number of its own SKU, and the line of the row that wins for that SKU.

        Call it after all candidates have entered.
        """
        slots = self._repeated.places(hashes).astype(np.int64)
        winners = self._winner[slots]
        for row in np.flatnonzero(self._known_shared[slots]).tolist():
            contest = self._contests[keys[row].as_py()]
            slots[row] = len(self._winner) + contest.number
            winners[row] = contest.winner
        return slots, winners

    def judge(self, candidates: Candidates) -> Verdict:
        """Returns the verdict on a batch's candidates. Call it after all candidates have entered."""
        places, lines = self._repeated.places(candidates.hashes), candidates.lines
        winner = self._winner[places]
        wins = winner == lines
        other = np.where(self._first[places] == lines, self._last[places], self._first[places])
        for row in np.flatnonzero(self._known_shared[places]).tolist():
            contest = self._contests[candidates.keys[row].as_py()]
            winner[row] = contest.winner
            wins[row] = contest.winner == lines[row]
            other[row] = contest.last if contest.first == lines[row] else contest.first
        alone = other == lines  # its SKU shares a hash with another SKU, but occurs once
        return Verdict(wins | alone, _is_null(candidates.ranks) & ~alone, other, winner)

    @property
    def skus(self) -> int:
        """The number of SKUs among the candidates, after all have entered."""
        return int((~self._known_shared).sum()) + len(self._contests)

    def _find_shared(self, places: Places, keys: pa.StringArray) -> None:
        checks = np.fromiter(map(_check_hash, keys.to_pylist()), np.uint64, len(keys))
        newcomers = self._check[places] == 0
        self._check[places[newcomers]] = checks[newcomers]
        self.shared[places[self._check[places] != checks]] = True

    def _enter_best(self, places: Places, candidates: Candidates) -> None:
        ranked = ~_is_null(candidates.ranks)
        ranks = _integers(candidates.ranks.fill_null(0))[ranked]
        places, lines = places[ranked], candidates.lines[ranked]
        order = np.lexsort((lines, ranks, places))
        places, ranks, lines = places[order], ranks[order], lines[order]
        best = np.ones(len(places), np.bool_)
        best[:-1] = places[1:] != places[:-1]
        places, ranks, lines = places[best], ranks[best], lines[best]
        held_rank, held_line = self._rank[places], self._winner[places]
        ahead = (ranks > held_rank) | ((ranks == held_rank) & (lines > held_line))
        self._rank[places[ahead]] = ranks[ahead]
        self._winner[places[ahead]] = lines[ahead]


@dataclass(slots=True)
class _Contest:
    """The rows of one SKU among several that share a hash. ``number`` counts the contests from 0."""

    number: int
    best: tuple[int, int] | None = field(default=None)
    first: int = _NOBODY
    last: int = _NOBODY

    @property
    def winner(self) -> int:
        return _NOBODY if self.best is None else self.best[1]

    def enter(self, rank: int | None, line: int) -> None:
        if self.first == _NOBODY:
            self.first = line
        self.last = line
        if rank is not None and (self.best is None or (rank, line) > self.best):
            self.best = (rank, line)


def _check_hash(key: str) -> int:
    """The second hash of a key; never 0, which stands for "none yet"."""
    return xxh3_64_intdigest(key.encode()) or 1


def _is_null(array: pa.Array) -> Flags:
    return np.asarray(array.is_null().to_numpy(zero_copy_only=False))


def _integers(array: pa.Int64Array) -> Integers:
    return np.asarray(array.to_numpy(zero_copy_only=False), np.int64)
