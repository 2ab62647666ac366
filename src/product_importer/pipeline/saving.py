"""The second pass: makes chunks of spooled batches, without duplicates and sorted by SKU key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.guards import ranks_of
from product_importer.model import CHANGING, CREATING, VALUE_CHARS, PlaceWord, RowError, RowWarning
from product_importer.pipeline.column_uses import FieldMapping
from product_importer.pipeline.commands import acts
from product_importer.pipeline.convert import MAPPED_SCHEMA
from product_importer.pipeline.cutting import chunk_of
from product_importer.pipeline.dedupe import Candidates, Competition, RepeatedHashes, compete
from product_importer.pipeline.digest import DIGEST, digests
from product_importer.pipeline.filling import ATTRIBUTES, FILLABLE, Candidate, Fillings, Mixtures
from product_importer.pipeline.known_digests import KnownDigests
from product_importer.pipeline.rejects import Reject, nameless_rejects, reject_batch, unknown_products
from product_importer.pipeline.row_cells import CELLS
from product_importer.pipeline.sample import sampled
from product_importer.pipeline.saved_ranges import Range, gaps_in
from product_importer.pipeline.sorted_words import Flags
from product_importer.pipeline.spool import Spool, SpooledBatch
from product_importer.pipeline.twins import TwinSearch
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.pipeline.warning_log import WarningLog
from product_importer.ports import Chunk, DedupePolicy, FillingPolicy, Terms
from product_importer.registry import PluginSet

_SAMPLED_BATCHES: Final = 4


@dataclass(frozen=True, slots=True)
class Contents:
    """The result of the first pass. ``repeated``: the hashes of repeated SKU keys; ``place``: see ReadAs."""

    spool: Spool
    repeated: RepeatedHashes
    mapping: FieldMapping
    warnings: WarningLog
    twins: TwinSearch
    place: PlaceWord


class ChunkMaker:
    """Resolves the file's duplicates and makes its chunks. Its methods block: call them in a side thread.

    Use as a context manager. ``terms`` are the terms under which the chunks are merged.
    """

    def __init__(self, contents: Contents, plugins: PluginSet, policy: DedupePolicy, terms: Terms) -> None:
        self._spool = contents.spool
        self._terms = terms
        self._mapping = contents.mapping
        self._place = contents.place
        self._plugins = plugins
        self._policy = policy
        self._repeated = contents.repeated
        self._competition: Competition | None = None
        self._fillings: Fillings | None = None
        self._stack = ExitStack()
        self.asking = False
        """``asking``: whether the policy is running; ``answers``: its answers so far. They show a hang."""
        self.answers = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def resolve(self) -> None:
        """Decides which row of each SKU wins, and what its blank cells are filled with.

        Raises :class:`PluginError` where the policy fails.
        """
        if not len(self._repeated):
            return
        fields = self._filled_fields()
        mixtures = Mixtures(len(self._repeated))
        self._competition = compete(self._repeated, partial(self._sweep, mixtures if fields else None))
        mixed = mixtures.found(fields) | self._competition.shared
        if fields and mixed.any():
            self._fillings = self._stack.enter_context(
                Fillings(self._spool.first_records, fields, self._mapping.attribute_names)
            )
            self._fillings.gather(self._backwards(self._competition, mixed), self._competition.slots)

    def list_duplicates(self, warnings: WarningLog) -> None:
        """Warns of each duplicate, with the place of the row that wins. Call it after :meth:`resolve`."""
        if self._competition is None:
            return
        listed = 0
        for number, batch in enumerate(self._spool):
            concerned = self._repeated.rows(number)
            if not concerned.any():
                continue
            if not self._policy.rejects and warnings.room(WarningCode.DUPLICATE) <= 0:
                break  # the number of duplicates is known without reading them
            verdict = self._competition.judge(
                self._candidates(number, batch.rows.filter(pa.array(concerned)))
            )
            lost = np.flatnonzero(~verdict.wins & ~verdict.rejected)
            listed += len(lost)
            rows = batch.rows.select(["line", "record", "sku"]).take(
                pa.array(np.flatnonzero(concerned)[lost])
            )
            warnings.add(
                WarningCode.DUPLICATE, len(lost), self._gave_way(rows, verdict.winner[lost].tolist())
            )
        if not self._policy.rejects:
            candidates = sum(len(self._repeated.hashes(number)) for number in range(len(self._spool)))
            warnings.add(WarningCode.DUPLICATE, candidates - self._competition.skus - listed, ())

    def rejected(self) -> int:
        """Counts the rows of the file that are rejected, by validation or by the policy."""
        if self._competition is None or not self._policy.rejects:
            return sum(batch.rejects.num_rows for batch in self._spool)
        return sum(self._judged(number, batch)[1].num_rows for number, batch in enumerate(self._spool))

    def chunks(self, number: int, saved: Sequence[Range], stored: KnownDigests) -> list[Chunk]:
        """Returns the unsaved chunks of the spool's batch ``number``: one, or several if part of it is saved.

        ``stored``: the digests of rows that change no product.
        """
        batch = self._spool[number]
        gaps = list(gaps_in((batch.first, batch.last), saved))
        if not gaps:
            return []
        rows, rejects, duplicate = self._judged(number, batch)
        rows = rows.append_column("digest", digests(rows, self._terms))
        known = self._unchanged(rows, stored)
        unchanged = rows.column("record").filter(pa.array(known))
        if len(unchanged):
            rows = rows.filter(pa.array(~known))
        rows = rows.take(pc.sort_indices(rows.column("sku_key")))
        return [chunk_of(gap, rows, rejects, unchanged, duplicate, batch.origins) for gap in gaps]

    def _unchanged(self, rows: pa.RecordBatch, stored: KnownDigests) -> Flags:
        """Which rows change no product for certain. Rows that create or delete have other effects."""
        changing = acts(rows, self._terms.mode, CHANGING)
        if changing.any():
            changing[changing] = stored.contains(rows.column("digest").filter(pa.array(changing)))
        return changing

    def sample(self) -> tuple[list[str], list[bytes]]:
        """The keys and the digests of some rows, from all parts of the file."""
        keys: list[str] = []
        found: list[bytes] = []
        for number in range(0, len(self._spool), ceil(len(self._spool) / _SAMPLED_BATCHES) or 1):
            more_keys, more = sampled(self._spool[number].rows, self._terms)
            keys += more_keys
            found += more
        return keys, found

    def winners(self, number: int) -> tuple[int, list[str]]:
        """The number of the batch's rows that are neither rejected nor duplicates, and the keys of those that
        are rejected if there is no product with their SKU.
        """
        rows = self._judged(number, self._spool[number])[0]
        return rows.num_rows, rows.filter(self._without_name(rows)).column("sku_key").to_pylist()

    def _without_name(self, rows: pa.RecordBatch) -> pa.BooleanArray:
        return pc.and_(pa.array(acts(rows, self._terms.mode, CREATING)), rows.column("name").is_null())

    def rejects_only(self, number: int, present: Collection[str]) -> Chunk:
        """The batch's rejected rows as a chunk of their own. ``present``: the keys of :meth:`winners` without
        a name that have a product.
        """
        batch = self._spool[number]
        rows, rejects, _ = self._judged(number, batch)
        without = rows.filter(self._without_name(rows))
        new = pc.invert(pc.is_in(without.column("sku_key"), pa.array(present, pa.string())))
        if pc.any(new).as_py():
            rejects = _merged(rejects, nameless_rejects(without.filter(new), self._terms.nameless))
        nothing = rows.slice(0, 0).append_column("digest", pa.array([], DIGEST))
        return Chunk(batch.first, batch.last, nothing, rejects, unchanged=0, duplicate=0, skipped=0)

    def unknown(self) -> Counter[str]:
        """Counts, by their codes, the rejected rows of which it isn't certain which product they are.

        Rows that the policy rejects have a good SKU each, so they aren't counted.
        """
        codes: Counter[str] = Counter()
        for batch in self._spool:
            codes += unknown_products(batch.rejects)
        return codes

    def keys(self, number: int) -> pa.StringArray:
        """All keys in the batch, those of rejected rows and of rows that steps left out included."""
        batch = self._spool[number]
        parts = [part for part in (batch.rows, batch.rejects, batch.left_out) if part is not None]
        return pa.concat_arrays([part.column("sku_key").drop_null() for part in parts])

    def _filled_fields(self) -> list[str]:
        """The fields whose blank cells are filled: all but those that a blank cell clears."""
        if not (isinstance(self._policy, FillingPolicy) and self._policy.fills_blanks):
            return []
        cleared = {*self._terms.clear, *(() if self._terms.clear_attributes is None else (ATTRIBUTES,))}
        return [field for field in FILLABLE if field not in cleared]

    def _sweep(self, mixtures: Mixtures | None) -> Iterator[Candidates]:
        for number, batch in enumerate(self._spool):
            concerned = self._repeated.rows(number)
            if concerned.any():
                competing = batch.rows.filter(pa.array(concerned))
                candidates = self._candidates(number, competing)
                if mixtures is not None:
                    mixtures.enter(self._repeated.places(candidates.hashes), competing)
                yield candidates

    def _backwards(self, competition: Competition, mixed: Flags) -> Iterator[Candidate]:
        """The rows of SKUs with a mixture of blank and filled cells, from the file's end to its start."""
        for number in range(len(self._spool) - 1, -1, -1):
            concerned = self._repeated.rows(number)
            hashes = self._repeated.hashes(number)
            wanted = mixed[self._repeated.places(hashes)]
            if wanted.any():
                rows = self._spool[number].rows.filter(pa.array(concerned)).filter(pa.array(wanted))
                slots, winners = competition.slots_of(hashes[wanted], rows.column("sku_key"))
                yield Candidate(rows, slots, winners)

    def _candidates(self, number: int, competing: pa.RecordBatch) -> Candidates:
        self.asking = True
        ranks = ranks_of(self._plugins, self._policy, competing.select(MAPPED_SCHEMA.names))
        self.asking = False
        self.answers += 1
        return Candidates(
            hashes=self._repeated.hashes(number),
            keys=competing.column("sku_key"),
            lines=competing.column("line").to_numpy(),
            ranks=ranks,
        )

    def _judged(
        self, number: int, batch: SpooledBatch
    ) -> tuple[pa.RecordBatch, pa.RecordBatch, pa.Int64Array]:
        """The winning rows, the rejects, and the record numbers of the duplicates."""
        concerned = self._repeated.rows(number)
        if self._competition is None or not concerned.any():
            return batch.rows, batch.rejects, pa.array([], pa.int64())
        candidates = self._candidates(number, batch.rows.filter(pa.array(concerned)))
        verdict = self._competition.judge(candidates)
        wins = ~concerned
        wins[concerned] = verdict.wins
        rejected = np.zeros(len(wins), np.bool_)
        rejected[concerned] = verdict.rejected
        rejects = batch.rejects
        if rejected.any():
            others = verdict.other_line[verdict.rejected].tolist()
            rejects = _merged(rejects, self._duplicate_rejects(batch, rejected, others))
        duplicates = batch.rows.column("record").filter(pa.array(~wins & ~rejected))
        winners = batch.rows.filter(pa.array(wins))
        if self._fillings is not None:
            winners = self._fillings.filled(number, winners)
        return winners, rejects, duplicates

    def _gave_way(self, rows: pa.RecordBatch, winners: Sequence[int]) -> Iterator[RowWarning]:
        column = self._mapping.column_of("sku")
        for row, winner in zip(rows.to_pylist(), winners, strict=True):
            message = f"The row gives way to {self._place} {winner}, which has the same SKU."
            yield RowWarning(WarningCode.DUPLICATE, message, row["line"], row["record"], column, row["sku"])

    def _duplicate_rejects(
        self, batch: SpooledBatch, rejected: Flags, others: Sequence[int]
    ) -> pa.RecordBatch:
        column = self._mapping.column_of("sku")
        return reject_batch(
            Reject(
                *(row["record"], row["line"], row[CELLS]),
                (_duplicate_error(column, row["sku"], f"{self._place} {other}"),),
                row["sku_key"],
            )
            for row, other in zip(batch.rows.filter(pa.array(rejected)).to_pylist(), others, strict=True)
        )


def _merged(one: pa.RecordBatch, other: pa.RecordBatch) -> pa.RecordBatch:
    both = pa.concat_batches([one, other])
    return both.take(pc.sort_indices(both.column("record")))


def _duplicate_error(column: str | None, sku: str, other: str) -> RowError:
    return RowError(
        "duplicate_sku",
        f"This SKU is also on {other}. Keep one of the rows, or choose whether the first or the "
        "last one is to count.",
        column,
        sku[:VALUE_CHARS],
    )
