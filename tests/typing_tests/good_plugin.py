"""Plugins that type checkers accept, written in each of the supported ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from product_importer import hookimpl
from product_importer.hookspecs import Hooks
from product_importer.model import RowError
from product_importer.plugins.rowwise import Row, row_validator
from product_importer.ports import Command, DedupePolicy, EventBatch, EventSink, Finding, Validator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa


class Cap:
    name = "cap"

    def check(self, batch: pa.RecordBatch) -> Iterator[Finding]:
        yield Finding("price", "too_high", "Ask first.", batch["price"])


class Policy:
    @property
    def name(self) -> str:
        return "longest"

    @property
    def rejects(self) -> bool:
        return False

    def rank(self, batch: pa.RecordBatch) -> pa.Int64Array:
        return batch["line"]


class Sink:
    name = "sink"

    async def deliver(self, batch: EventBatch) -> None:
        pass


def one(row: Row) -> str | None:
    return "Bad." if row["sku"] is None else None


def several(row: Row) -> Iterator[str | RowError]:
    yield "Bad."
    yield RowError("code", f"Bad line {row['line']}.")


@hookimpl
def product_importer_validators() -> Iterable[Validator]:
    return [Cap(), row_validator(one, name="one"), row_validator(several, name="several")]


@hookimpl
def product_importer_commands() -> Iterable[Command]:
    return [Command("hello", click.Command("hello"))]


class Plugin(Hooks):
    @hookimpl
    def product_importer_dedupe_policies(self) -> Iterable[DedupePolicy]:
        return [Policy()]

    @hookimpl
    def product_importer_event_sinks(self) -> tuple[EventSink, ...]:
        return (Sink(),)
