"""Checks the contracts of validators and policies for duplicates."""

from __future__ import annotations

import pyarrow as pa

from product_importer.guards import sound_findings, sound_ranks
from product_importer.pipeline.seen_columns import COLUMN
from product_importer.ports import ColumnValidator, DedupePolicy, Validator, are_texts
from product_importer.testing.samples import sample_batch


def check_validator(validator: Validator, batch: pa.RecordBatch | None = None) -> None:
    """Checks that findings fit the batch and don't vary, also for a part of it and an empty one.

    Columns that the validator names and the batch lacks are added, with texts and with nulls.
    """
    require(isinstance(validator, Validator), f"{validator!r} lacks what a Validator has")
    batch = _with_columns(validator, sample_batch() if batch is None else batch)
    for part in (batch, batch.slice(1), batch.slice(0, 0)):
        once, twice, copied = (
            [
                (found.field, found.code, found.message, found.rows.to_pylist())
                for found in sound_findings(validator.check(given), given)
            ]
            for given in (part, part, _copied(part))
        )
        require(once == twice, f"a second look finds something else: {once} and {twice}")
        require(once == copied, f"the place in memory matters: {once} and {copied}")


def check_dedupe_policy(policy: DedupePolicy, batch: pa.RecordBatch | None = None) -> None:
    """Checks that ranks fit the batch and don't vary, also for a part of it and an empty one."""
    require(isinstance(policy, DedupePolicy), f"{policy!r} lacks what a DedupePolicy has")
    batch = sample_batch() if batch is None else batch
    for part in (batch, batch.slice(1), batch.slice(0, 0)):
        once, twice, copied = (
            sound_ranks(policy, policy.rank(given), given).to_pylist()
            for given in (part, part, _copied(part))
        )
        require(once == twice, f"a second look ranks otherwise: {once} and {twice}")
        require(once == copied, f"the place in memory matters: {once} and {copied}")


def require(kept: bool, otherwise: str, /) -> None:
    """Raises AssertionError with the message ``otherwise`` if the contract is not ``kept``."""
    if not kept:
        raise AssertionError(otherwise)


def _with_columns(validator: Validator, batch: pa.RecordBatch) -> pa.RecordBatch:
    if not isinstance(validator, ColumnValidator) or not are_texts(validator.columns):
        return batch
    for header in validator.columns:
        if (name := f"{COLUMN}{header}") not in batch.schema.names:
            texts = [None if row % 2 else f" {row}" for row in range(batch.num_rows)]
            batch = batch.append_column(name, pa.array(texts, pa.string()))
    return batch


def _copied(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A copy of the rows in memory of their own, from offset 0."""
    return pa.RecordBatch.from_pylist(batch.to_pylist(), schema=batch.schema)
