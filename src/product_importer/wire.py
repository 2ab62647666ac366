"""The shapes in which programs see imports: the command line's ``--json`` and the HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from product_importer.model import ImportOptions, ImportReport, ImportState, RejectedRow


def import_object(state: ImportState, links: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An import, fit for JSON; times are ISO 8601 in UTC."""
    return {
        "id": state.id,
        "status": state.status.value,
        "phase": state.phase.value,
        "filename": state.filename,
        "bytes_total": state.bytes_total,
        "bytes_done": state.bytes_done,
        "percent": state.percent,
        **asdict(state.counts),
        "rows_per_second": state.rows_per_second,
        "eta_seconds": state.eta_seconds,
        "message": state.message,
        "created_at": _time(state.created_at),
        "started_at": _time(state.started_at),
        "finished_at": _time(state.finished_at),
        "options": _options(state.options),
        "encoding": state.dialect.encoding if state.dialect else None,
        "delimiter": state.dialect.delimiter if state.dialect else None,
        "mapping": dict(state.mapping),
        "links": dict(links or {}),
    }


def report_object(report: ImportReport) -> dict[str, Any]:
    """An import with its first rejected rows under ``rejected``."""
    return import_object(report.state) | {"rejected": [reject_object(row) for row in report.rejected]}


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


def _options(options: ImportOptions) -> dict[str, Any]:
    values = asdict(options)
    del values["limits"]
    return values


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
