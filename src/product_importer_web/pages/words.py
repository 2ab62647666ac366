"""The pages' texts for the library's short names. ``static/js/words.js`` has those that change live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from product_importer import Importer
from product_importer.fields import FIELDS, PRODUCT
from product_importer.model import (
    AUTO_SHOP,
    NO_NEW_SKUS,
    NO_SHOP,
    ImportOptions,
    ImportState,
    Phase,
    Status,
    TableInfo,
)
from product_importer.model.import_lists import Alike
from product_importer.model.schedules import RunResult
from product_importer.model.transform_texts import text_of
from product_importer.model.value_rules import ValueRule
from product_importer.storage.sources import is_url
from product_importer_web import formats

USES: Final = {
    **{field.name: field.title for field in PRODUCT if field.name in FIELDS},
    "attribute": "Attribute",
    "ignore": "Ignored",
}

DELIMITERS: Final = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Pipe"}

ENCODINGS: Final = (
    "utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15", "windows-1250", "iso-8859-2",
    "windows-1251", "mac-roman", "shift_jis", "gb18030", "big5", "euc-kr",
)  # fmt: skip
"""Encodings that the form offers; the library knows more."""

CHOICES: Final = {
    "duplicates": (
        "Several rows with one SKU",
        {"last": "The last one counts", "first": "The first one counts", "error": "All of them are rejected"},
    ),
    "on_error": (
        "A row that can't be imported",
        {
            "skip": "Is rejected; the others are imported",
            "abort": "Stops the import before anything is saved",
        },
    ),
    "on_warning": (
        "A row that looks damaged",
        {
            "keep": "Is imported as it stands, and listed",
            "abort": "Stops the import before anything is saved",
        },
    ),
    "mode": (
        "The rows of the file",
        {
            "merge": "Create and change products",
            "update": "Only change products that are there",
            "create": "Only create new products",
            "delete": "Delete their products",
            "deactivate": "Deactivate their products",
        },
    ),
    "missing": (
        "Products that the file lacks",
        {"keep": "Stay as they are", "deactivate": "Are deactivated", "delete": "Are deleted"},
    ),
    "blank": (
        "Empty cells",
        {"keep": "Leave the product's value as it is", "clear": "Clear the product's value"},
    ),
    "extra": (
        "Columns that are no field of a product",
        {"attributes": "Are kept as attributes", "ignore": "Are ignored"},
    ),
    "decimal": (
        "Prices and stocks in the file",
        {
            "": "Are written as the file shows",
            "point": "Have a decimal point: 1,299.50",
            "comma": "Have a decimal comma: 1.299,50",
        },
    ),
    "shop": (
        "The shop that wrote the file",
        {AUTO_SHOP: "Is recognised by its columns", NO_SHOP: "None: it is read as any file"},
    ),
}
"""Options with few values: their titles, and a text for each value."""

OVERLAPS: Final = {
    "skip": "That time is left out",
    "queue": "It begins when that import has ended",
}

RESULTS: Final = {
    RunResult.UNCHANGED: ("The file had not changed", "secondary"),
    RunResult.SKIPPED: ("Left out: the import before ran", "warning"),
    RunResult.IMPORTED: ("Imported", "secondary"),
}
"""Texts and colours for the runs of schedules without an import."""

FIGURES: Final = {
    "read": "Rows read",
    "created": "Created",
    "updated": "Updated",
    "unchanged": "Unchanged",
    "deleted": "Deleted",
    "duplicate": "Duplicates left out",
    "invalid": "Rejected",
    "skipped": "Blank or left out",
    "deactivated": "Products that the file lacks, deactivated",
    "removed": "Products that the file lacks, deleted",
}
"""The counts of the ledger."""

ALIKE: Final = {
    Alike.PROFILE: "the latest import before with the same profile",
    Alike.URL: "the latest import before from the same URL",
    Alike.FILENAME: "the latest import before of a file with this name",
    Alike.CHOSEN: "an import that was chosen",
}
"""Why an import is compared with another one."""

_PHASES: Final = {
    Phase.WAITING: "A worker takes it on in a moment",
    Phase.FETCHING: "Fetching the file",
    Phase.READING: "Reading and checking the file",
    Phase.SAVING: "Saving products",
    Phase.DEACTIVATING: "Ending products that the file lacks",
    Phase.FINISHED: "",
}

_INTERRUPTED: Final = "Interrupted; a worker goes on with it in a moment"


def exports(importer: Importer, names: Iterable[str]) -> dict[str, str]:
    """Returns the titles of formats in which files are written, by the formats' names."""
    exporters = importer.plugins.exporters
    return {name: exporters[name].title if name in exporters else name.upper() for name in names}


def table(table: TableInfo) -> str:
    """Returns a table's name and, if that is known, its number of rows."""
    if table.rows is None:
        return table.name
    return f"{table.name} ({formats.grouped(table.rows)} {'row' if table.rows == 1 else 'rows'})"


def elsewhere(state: ImportState) -> str:
    """Returns how an import goes on whose file no worker may read; an empty text if workers run it."""
    if is_url(state.source):
        return ""
    return f"Go on where its file is: product-importer import --resume {state.id}"


def header_line(state: ImportState) -> int | None:
    """Returns the line or row that the names of the columns were found on, if the format has such options."""
    return state.read_as.header_line if state.read_as else None


def phase(state: ImportState) -> str:
    waits = state.interrupted or (state.phase is Phase.WAITING and state.status is Status.QUEUED)
    if waits and (told := elsewhere(state)):
        return told
    if state.interrupted:
        return _INTERRUPTED
    if state.status in (Status.QUEUED, Status.RUNNING):
        return _PHASES[state.phase]
    return ""


def percent_read(state: ImportState) -> int:
    """Returns how much of the file a running import has fetched or read, in percent."""
    if state.status is not Status.RUNNING or not state.bytes_total:
        return 0
    return min(100, 100 * state.bytes_done // state.bytes_total)


def pace(state: ImportState) -> str:
    if state.status is not Status.RUNNING:
        return ""
    parts = []
    if state.phase is Phase.FETCHING:
        parts.append(f"{formats.size(state.bytes_done)} fetched")
    if state.phase is Phase.READING:
        parts.append(f"{percent_read(state)} % read")
    if state.rows_per_second:
        parts.append(f"{formats.grouped(round(state.rows_per_second))} rows/s")
    if state.eta_seconds is not None:
        parts.append(f"{formats.duration(state.eta_seconds)} left")
    return " · ".join(parts)


def told(state: ImportState) -> str:
    """Returns the progress bar's text for screen readers, if it says more than the percentage."""
    if state.status is not Status.RUNNING or state.phase is not Phase.READING:
        return ""
    return f"{int(state.percent)} % saved, {percent_read(state)} % of the file read"


def unusual(options: ImportOptions) -> list[tuple[str, str]]:
    """Returns the options that differ from their defaults, in words."""
    usual = ImportOptions()
    found = []
    for name, (title, values) in CHOICES.items():
        value = getattr(options, name)
        if value != getattr(usual, name):
            found.append((title, values.get(value, value)))
    found += [(f"Values of {column}", ValueRule.of(rule).words) for column, rule in options.rule.items()]
    found += [("Cells are changed first", text_of(step)) for step in options.transforms]
    if options.null:
        found.append(("Words for a blank cell", ", ".join(options.null)))
    if options.only:
        found.append(("Fields that are touched", ", ".join(options.only)))
    if options.command_column is not None:
        found.append(("Column that says what is done with each row", options.command_column))
    if options.sku_from is not None:
        made = options.sku_from.replace("+", " + ")
        found.append(
            ("Rows without a SKU", "Are rejected" if made == NO_NEW_SKUS else f"Get one made of {made}")
        )
    if options.max_errors is not None:
        found.append(("Give up after rejected rows", f"{options.max_errors:,}"))
    if options.parser != usual.parser:
        found.append(("Parser", options.parser))
    found += [(f"Reading: {name}", value) for name, value in options.reading.items()]
    return found
