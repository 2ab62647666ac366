"""The JSON forms of imports and products for programs: the command line's ``--json`` and the HTTP API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from product_importer.fields import NAMES
from product_importer.ports import JSON_TEXT
from product_importer.support.profile_texts import profile_object

if TYPE_CHECKING:
    import pyarrow as pa

    from product_importer.model import (
        ImportOptions,
        ImportReport,
        ImportState,
        Inspection,
        Preview,
        Question,
        ReadAs,
        RejectedRow,
        RowWarning,
        StoredProfile,
        Upload,
    )
    from product_importer.model.schedules import Schedule, ScheduleRun
    from product_importer.ports import EventBatch
    from product_importer.product import Deletion, Product, ProductPage

_PLAIN: Final = (
    *("id", "filename", "origin", "bytes_total", "bytes_done", "percent", "rows_read", "rows_rejected"),
    *("rows_pending", "rows_per_second", "eta_seconds", "message", "to_confirm", "file_kept", "interrupted"),
    *("author", "kind", "of", "parser"),
)
"""What an import's object has as the state has it."""


def import_object(state: ImportState, links: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An import as a JSON object; times are ISO 8601 in UTC."""
    return {
        **{name: getattr(state, name) for name in _PLAIN},
        "status": state.status.value,
        "phase": state.phase.value,
        **asdict(state.counts),
        "warnings": dict(state.warnings),
        "questions": [question_object(question) for question in state.questions],
        "profile": profile_object(state.profile),
        "created_at": _time(state.created_at),
        "started_at": _time(state.started_at),
        "finished_at": _time(state.finished_at),
        "applied_at": _time(state.applied_at),
        "options": _options(state.options),
        "encoding": state.dialect.encoding if state.dialect else None,
        "delimiter": state.dialect.delimiter if state.dialect else None,
        "read_as": _read_as(state.read_as),
        "mapping": dict(state.mapping),
        "rules": dict(state.rules),
        "links": dict(links or {}),
    }


def question_object(question: Question) -> dict[str, Any]:
    """A question. Its ``option`` is named as in requests and on the command line."""
    option = "set" if question.option == "reading" else question.option
    return asdict(question) | {"option": option}


def report_object(report: ImportReport) -> dict[str, Any]:
    """An import with its first rejected rows under ``rejected``, its first warnings under ``warned``."""
    return import_object(report.state) | {
        "rejected": [reject_object(row) for row in report.rejected],
        "warned": [asdict(warning) for warning in report.warned],
    }


def upload_object(upload: Upload) -> dict[str, Any]:
    """An upload: how many bytes have arrived, and when it expires."""
    return {
        "id": upload.id,
        "filename": upload.filename,
        "length": upload.length,
        "received": upload.received,
        "complete": upload.complete,
        "created_at": _time(upload.created_at),
        "expires_at": _time(upload.expires_at),
    }


def preview_object(preview: Preview) -> dict[str, Any]:
    """A preview; ``columns`` are those of the header, each with what it is used as."""
    return {
        "complete": preview.complete,
        "encoding": preview.dialect.encoding if preview.dialect else None,
        "delimiter": preview.dialect.delimiter if preview.dialect else None,
        "parser": preview.parser,
        "read_as": _read_as(preview.read_as),
        "columns": [{"name": name, "use": preview.mapping[name]} for name in preview.header],
        "rows": [asdict(row) for row in preview.rows],
        "problem": asdict(preview.problem) if preview.problem else None,
    }


def inspection_object(inspection: Inspection) -> dict[str, Any]:
    """What can be learned from a file, with a proposed profile."""
    return {
        "filename": inspection.filename,
        "kind": inspection.kind,
        "parser": inspection.parser,
        "read_as": _read_as(inspection.read_as),
        "tables": [asdict(table) for table in inspection.tables],
        "header_line": inspection.header_line,
        "encodings": [asdict(encoding) for encoding in inspection.encodings],
        "columns": [asdict(column) for column in inspection.columns],
        "rows": inspection.rows,
        "damage": dict(inspection.damage),
        "warnings": [asdict(warning) for warning in inspection.warnings],
        "questions": [question_object(question) for question in inspection.questions],
        "provisional": list(inspection.provisional),
        "profile": profile_object(inspection.profile),
        "problem": asdict(inspection.problem) if inspection.problem else None,
        "complete": inspection.complete,
    }


def stored_profile_object(stored: StoredProfile) -> dict[str, Any]:
    """A profile under its name."""
    return {
        "name": stored.name,
        "profile": profile_object(stored.profile),
        "signature": stored.signature,
        "created_at": _time(stored.created_at),
        "updated_at": _time(stored.updated_at),
        "author": stored.author,
    }


def reject_object(row: RejectedRow) -> dict[str, Any]:
    """A rejected row: the first error's column and code, all messages, and every error in full."""
    return {
        "line": row.line,
        "record": row.record,
        "column": row.column,
        "code": row.code,
        "message": row.message,
        "errors": [asdict(error) for error in row.errors],
        "cells": list(row.cells),
    }


def warning_object(number: int, warning: RowWarning) -> dict[str, Any]:
    """A warning, with its number among the import's."""
    return {"number": number, **asdict(warning)}


def product_object(product: Product) -> dict[str, Any]:
    """A product as a JSON object. The price is a text, so that no program changes its digits."""
    return {
        "id": product.id,
        "version": product.version,
        **{name: field_value(getattr(product, name)) for name in NAMES},
        "created_at": _time(product.created_at),
        "updated_at": _time(product.updated_at),
        "created_by_import": product.created_by_import,
        "updated_by_import": product.updated_by_import,
    }


def field_value(value: object) -> object:
    """The value of a product's field, as JSON has it."""
    if isinstance(value, Decimal):
        from product_importer.product import price_text  # noqa: PLC0415 - an import's report has no products

        return price_text(value)
    return dict(value) if isinstance(value, Mapping) else value


def page_object(page: ProductPage) -> dict[str, Any]:
    """A page of products and its place in the list."""
    return {
        "products": [product_object(product) for product in page.products],
        "page": page.page,
        "page_size": page.page_size,
        "pages": page.pages,
        "total": page.total,
        "total_is_exact": page.total_is_exact,
        "has_next": page.has_next,
        "pending": page.pending,
    }


def deletion_object(deletion: Deletion, links: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The deletion of all products as a JSON object."""
    return {
        "id": deletion.id,
        "status": deletion.status.value,
        "percent": deletion.percent,
        "total": deletion.total,
        "deleted": deletion.deleted,
        "message": deletion.message,
        "actor": deletion.actor,
        "created_at": _time(deletion.created_at),
        "started_at": _time(deletion.started_at),
        "finished_at": _time(deletion.finished_at),
        "links": dict(links or {}),
    }


def schedule_object(schedule: Schedule, links: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A schedule as a JSON object, with its latest run."""
    return {
        "id": schedule.id,
        "version": schedule.version,
        "name": schedule.name,
        "origin": schedule.origin,
        "cron": schedule.cron,
        "time_zone": schedule.time_zone,
        "overlap": schedule.overlap,
        "active": schedule.active,
        "options": _options(schedule.options),
        "next_at": _time(schedule.next_at),
        "created_at": _time(schedule.created_at),
        "updated_at": _time(schedule.updated_at),
        "author": schedule.author,
        "last": schedule_run_object(schedule.last) if schedule.last else None,
        "unfinished": asdict(schedule.unfinished) if schedule.unfinished else None,
        "links": dict(links or {}),
    }


def schedule_run_object(run: ScheduleRun) -> dict[str, Any]:
    """A run of a schedule as a JSON object."""
    return {
        "id": run.id,
        "slot": _time(run.slot),
        "at": _time(run.at),
        "actor": run.actor,
        "result": run.result.value,
        "import_id": run.import_id,
        "status": run.status.value if run.status else None,
        "message": run.message,
    }


def event_objects(batch: EventBatch, start: int = 0, count: int | None = None) -> Iterator[dict[str, Any]]:
    """The batch's events, or ``count`` of them, as JSON objects; the ids are the same on every delivery."""
    timestamp = _time(batch.timestamp)
    names = batch.data.schema.names
    columns = [
        _event_values(field, column.slice(start, count).to_pylist())
        for field, column in zip(batch.data.schema, batch.data.columns, strict=True)
    ]
    for number, values in enumerate(zip(*columns, strict=True), batch.first + start):
        yield {
            "id": f"{batch.id}-{number}",
            "type": batch.type,
            "timestamp": timestamp,
            "actor": batch.actor,
            "data": dict(zip(names, values, strict=True)),
        }


def _event_values(field: pa.Field, values: list[Any]) -> list[Any]:
    """Returns the values of a column of events; texts that are JSON are decoded."""
    if JSON_TEXT not in (field.metadata or ()):
        return values
    return [None if each is None else json.loads(each) for each in values]


def _read_as(read_as: ReadAs | None) -> dict[str, Any] | None:
    """How a file was, or would be, read."""
    if read_as is None:
        return None
    return {"words": read_as.words, "values": dict(read_as.values), "place": read_as.place}


def _options(options: ImportOptions) -> dict[str, Any]:
    values = asdict(options)
    del values["limits"]
    values["reading"] = dict(options.reading)
    return values


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
