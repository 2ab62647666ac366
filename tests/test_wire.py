"""Every member of the objects that programs get, written down once more: a lost one makes a test fail."""

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa

from product_importer import wire
from product_importer.model import (
    Counts,
    Dialect,
    ImportOptions,
    ImportReport,
    ImportState,
    Phase,
    Preview,
    PreviewRow,
    ReadAs,
    RejectedRow,
    RowError,
    Status,
    Upload,
)
from product_importer.ports import EventBatch
from product_importer.product import Deletion, Product, ProductPage

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ERROR = RowError("missing", "There is no SKU.", "SKU", "")
REJECT = RejectedRow(2, 1, ("", "Tea"), (ERROR,))
READ_AS = ReadAs("utf-8, cells separated by commas", {"encoding": "utf-8", "delimiter": ","})
ROW = PreviewRow(2, 1, ("",), (ERROR,))
PREVIEW = Preview("csv", READ_AS, Dialect(), ("SKU",), {"SKU": "sku"}, (ROW,), None, True)
PRODUCT = Product(1, 1, "T", "Tea", None, Decimal(1), True, {}, NOW, NOW)
STATE = ImportState(
    *(1, Status.COMPLETED, Phase.READING, "tea.csv", "/tea.csv", 9, 9, 100.0, Counts(), None, None, ""),
    *(NOW, NOW, NOW, ImportOptions(), Dialect()),
)

IMPORT = {
    *("id", "status", "phase", "filename", "bytes_total", "bytes_done", "percent"),
    *("rows_read", "rows_rejected", "rows_pending"),
    *(
        "read",
        "created",
        "updated",
        "unchanged",
        "deleted",
        "duplicate",
        "invalid",
        "skipped",
        "deactivated",
        "removed",
        "to_confirm",
    ),
    *("rows_per_second", "eta_seconds", "message", "created_at", "started_at", "finished_at", "applied_at"),
    *("options", "encoding", "delimiter", "mapping", "rules", "links", "warnings", "author", "origin"),
    *("parser", "read_as", "file_kept", "interrupted", "of", "kind"),
    *("questions", "profile"),
}


def test_imports():
    shown = wire.import_object(STATE)
    assert shown.keys() == IMPORT
    assert shown["options"].keys() == {
        *("duplicates", "on_error", "max_errors", "missing", "blank", "extra"),
        *(
            "map",
            "encoding",
            "delimiter",
            "parser",
            "dry_run",
            "decimal",
            "rule",
            "null",
            "on_warning",
            "questions",
        ),
        *("transforms", "shop", "sku_from"),
        *("reading", "mode", "only", "command_column", "confirm_missing", "profile_name"),
    }
    assert wire.report_object(ImportReport(STATE, (REJECT,))).keys() == IMPORT | {"rejected", "warned"}


def test_rejected_rows():
    shown = wire.reject_object(REJECT)
    assert shown.keys() == {"line", "record", "column", "code", "message", "errors", "cells"}
    assert shown["errors"][0].keys() == {"code", "message", "column", "value"}


def test_uploads_and_previews():
    upload = Upload("f" * 32, "tea.csv", 9, 9, "", "", NOW, NOW)
    assert wire.upload_object(upload).keys() == {
        *("id", "filename", "length", "received", "complete", "created_at", "expires_at"),
    }
    shown = wire.preview_object(PREVIEW)
    assert shown.keys() == {
        *("complete", "encoding", "delimiter", "parser", "read_as", "columns", "rows", "problem")
    }
    assert shown["columns"][0].keys() == {"name", "use"}
    assert shown["rows"][0].keys() == {"line", "record", "cells", "errors", "warnings", "values"}


def test_products():
    assert wire.product_object(PRODUCT).keys() == {
        *("id", "version", "sku", "name", "description", "price", "active", "attributes", "barcode", "stock"),
        *("created_at", "updated_at", "created_by_import", "updated_by_import"),
    }
    assert wire.page_object(ProductPage((PRODUCT,), 1, 50, 1, True, False, 0)).keys() == {
        *("products", "page", "page_size", "pages", "total", "total_is_exact", "has_next", "pending"),
    }


def test_deletions():
    assert wire.deletion_object(Deletion(1, Status.RUNNING, "user:1", 2, 1, "", NOW, NOW, None)).keys() == {
        *("id", "status", "percent", "total", "deleted", "message", "actor"),
        *("created_at", "started_at", "finished_at", "links"),
    }


def test_events():
    batch = EventBatch(
        "b", "product.created", NOW, "user:1", pa.RecordBatch.from_pydict({"product_id": [1], "sku": ["T"]})
    )
    (event,) = wire.event_objects(batch)
    assert event.keys() == {"id", "type", "timestamp", "actor", "data"}
    assert event["data"].keys() == {"product_id", "sku"}
