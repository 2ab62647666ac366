"""Mistakes in plugins that type checkers catch; the comments are the codes of mypy's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer.hookspecs import Hooks
from product_importer.model import RowError
from product_importer.plugins.rowwise import Row, row_validator
from product_importer.ports import Command, DedupePolicy, EventBatch, EventSink, Finding, Validator

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa


class Nameless:
    def check(self, batch: pa.RecordBatch) -> Iterable[Finding]:
        return [Finding("price", "too_high", "Ask first.", batch["price"])]


class ByRow:
    name = "by-row"

    def check(self, row: dict[str, object]) -> RowError | None:
        return RowError("no_sku", "Give it a SKU.") if row["sku"] is None else None


class BlockingSink:
    name = "sink"

    def deliver(self, batch: EventBatch) -> None:
        pass


def number(row: Row) -> int:
    return len(row)


@hookimpl
def product_importer_validators() -> Iterable[Validator]:
    return [
        Nameless(),  # error: list-item
        ByRow(),  # error: list-item
        row_validator(number, name="number"),  # error: arg-type
        row_validator(str),  # error: call-arg
    ]


class Plugin(Hooks):
    @hookimpl
    def product_importer_dedupe_policies(self) -> Iterable[DedupePolicy]:
        return [Nameless()]  # error: list-item

    @hookimpl
    def product_importer_event_sinks(self) -> Iterable[EventSink]:
        return [BlockingSink()]  # error: list-item

    @hookimpl
    def product_importer_parsers(self) -> Iterable[Validator]:  # error: override
        return []

    @hookimpl
    def product_importer_commands(self, _config: object) -> Iterable[Command]:  # error: override
        return []
