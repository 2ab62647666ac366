"""Checks a format from the file to the table, and back if it also writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypeAlias

from product_importer.errors import ImportInterrupted
from product_importer.model import ImportOptions, ParseOptions, Status
from product_importer.pipeline.choosing import head_of, recognising_parser
from product_importer.ports import FormatParser, InputFile
from product_importer.testing.contracts import require
from product_importer.testing.databases import temporary_importer
from product_importer.testing.formats import check_parser, opened_rows
from product_importer.testing.round_trips import check_round_trip
from product_importer.testing.samples import plugin_set

if TYPE_CHECKING:
    from product_importer.app import Importer
    from product_importer.registry import PluginSet

Write: TypeAlias = Callable[[Path, Sequence[Mapping[str, object]]], object]

FORMAT_ROWS: Final[Sequence[Mapping[str, object]]] = (
    {"sku": "A1", "name": "Grün", "price": 4.5, "active": True, "Colour": "red", "Weight": 4.0},
    {"sku": "A2", "name": "Cup", "price": 1299, "active": False, "Colour": "blue", "Weight": 0.1 + 0.2},
    {"sku": "0017", "name": "Jar", "price": None, "active": True, "Colour": "", "Weight": 7},
)
"""Rows with texts, numbers, flags, a cell that is absent and a blank one."""

_FOUND: Final = (
    ("A1", "Grün", Decimal("4.5"), True, {"Colour": "red", "Weight": "4"}),
    ("A2", "Cup", Decimal(1299), False, {"Colour": "blue", "Weight": "0.3"}),
    ("0017", "Jar", None, True, {"Weight": "7"}),
)
"""The products that an import makes of these rows, whatever their format."""

_NO_TABLE: Final = "no such table"


async def check_format(plugin: object, file: Path, write: Write | None = None) -> None:
    """Checks the format that a plugin brings, by a file of it, as :func:`check_parser` does, and in whole
    imports: that the file is recognised among all formats, previews, options and tables, that a second
    import and one that was interrupted change nothing, and, if the plugin has an exporter for the format,
    that exported products come back unchanged.

    ``write`` writes rows, given as mappings of names to texts, numbers, flags and None, to a file of the
    format. If it is given, the types of cells and the places of rejected rows are checked, too.
    """
    plugins = plugin_set(plugin)
    parser = _parser_of(plugins, file)
    check_parser(parser, file)
    async with temporary_importer(plugin) as importer:
        with TemporaryDirectory(prefix="product-importer-") as folder:
            check = FormatCheck(importer, parser, file, Path(folder))
            reading = await check.tables()
            await check.preview(reading)
            await check.options()
            await check.imports(reading)
            if write is not None:
                await check.cells(write)
            await check_round_trip(importer, parser, Path(folder))


def _parser_of(plugins: PluginSet, file: Path) -> FormatParser:
    """Returns the plugin's format that recognises the file best of all formats."""
    found = recognising_parser(plugins, head_of(InputFile.at(file)), file.name)
    own = [name for plugin in plugins.loaded[1:] for name in plugin.registered.get("parser", ())]
    require(bool(own), "the plugin brings no parser")
    require(
        found is not None and found.name in own,
        f"{file.name} is recognised by the parser {found and found.name}, not by one of {own}",
    )
    assert found is not None
    return found


class FormatCheck:
    """The checks of one format by one file, in whole imports. ``folder`` takes further files."""

    def __init__(self, importer: Importer, parser: FormatParser, file: Path, folder: Path) -> None:
        self._importer = importer
        self._parser = parser
        self._file = file
        self._folder = folder

    async def preview(self, reading: Mapping[str, str]) -> None:
        """Checks that a preview shows the table as it is read, and that one of a part of it ends well."""
        header, read_as, rows = opened_rows(self._parser, self._file, ParseOptions(reading=reading))
        shown = await self._importer.imports.preview(self._file, ImportOptions(reading=reading))
        require(shown.parser == self._parser.name, f"the preview is one of the parser {shown.parser}")
        require(shown.problem is None, f"the preview has a problem: {shown.problem}")
        require(shown.header == header, f"the preview's header is {shown.header}, not {header}")
        require(shown.read_as == read_as, f"the preview is read as {shown.read_as}, not {read_as}")
        records = {record for record, _, _ in rows}
        require(all(row.record in records for row in shown.rows), "the preview has rows that the file lacks")
        if not self._parser.needs_whole_file:
            content = self._file.read_bytes()
            await self._importer.imports.preview(content[: len(content) // 2], filename=self._file.name)

    async def options(self) -> None:
        """Checks that the parser accepts the values that it declares, and names a table that isn't there."""
        for option in self._parser.options:
            values = {"choice": option.choices, "flag": ("yes", "no"), "number": ("1",)}
            for value in values.get(option.kind, ()):
                await self._importer.imports.preview(self._file, self._read({option.name: value}))
            if option.kind == "table":
                shown = await self._importer.imports.preview(self._file, self._read({option.name: _NO_TABLE}))
                require(shown.problem is not None, f"a table {_NO_TABLE!r} is read, although there is none")

    async def tables(self) -> Mapping[str, str]:
        """Checks that each table can be chosen; returns the options that choose one if several are likely."""
        tables = self._parser.tables(InputFile.at(self._file))
        option = next((each.name for each in self._parser.options if each.kind == "table"), None)
        require(not tables or option is not None, "tables() names tables, but no option chooses one")
        assert option is not None or not tables
        likely = [table.name for table in tables if table.likely]
        for table in tables:
            shown = await self._importer.imports.preview(self._file, self._read({option or "": table.name}))
            require(
                shown.problem is None or not table.likely,
                f"the table {table.name!r} can't be read: {shown.problem}",
            )
        return {option: likely[0]} if option is not None and len(likely) > 1 else {}

    async def imports(self, reading: Mapping[str, str]) -> None:
        """Checks whole imports of the file: the first, one that is interrupted and resumed, and another."""
        options = ImportOptions(reading=reading)
        first = await self._importer.run(self._file, options)
        require(
            first.status is Status.COMPLETED, f"the import is {first.status.value}: {first.state.message}"
        )
        require(first.state.parser == self._parser.name, f"the import was read by {first.state.parser}")
        import_id = await self._importer.imports.create(self._file, options)
        stop = asyncio.Event()
        stop.set()
        try:
            await self._importer.imports.start(import_id, stop=stop)
        except ImportInterrupted:
            resumed = await self._importer.imports.resume(import_id)
        else:
            resumed = await self._importer.imports.report(import_id)
        for report in (resumed, await self._importer.run(self._file, options)):
            changed = report.created + report.updated
            require(report.status is Status.COMPLETED, f"the same file fails later: {report.state.message}")
            require(not changed, f"the same file changes {changed} products when it is imported again")

    async def cells(self, write: Write) -> None:
        """Checks that cells of all types become the right values, and that a rejected row has its place."""
        path = self._folder / f"products{self._parser.suffixes[0]}"
        await asyncio.to_thread(write, path, FORMAT_ROWS)
        report = await self._importer.run(path, ImportOptions(parser=self._parser.name))
        told = dict(report.warnings)
        require(report.invalid == 0 and not told, f"of good rows, some are rejected or warned of: {told}")
        found = await self._importer.catalogue.by_skus([str(row["sku"]) for row in FORMAT_ROWS])
        products = tuple(
            (each.sku, each.name, each.price, each.active, dict(each.attributes)) for each in found.values()
        )
        require(products == _FOUND, f"the rows became {products}, not {_FOUND}")
        bad = {**FORMAT_ROWS[0], "sku": "A4", "price": "dear"}
        texts = [{**row, "price": None if row["price"] is None else str(row["price"])} for row in FORMAT_ROWS]
        await asyncio.to_thread(write, path, [*texts, bad])
        line = opened_rows(self._parser, path)[2][-1][1]
        report = await self._importer.run(path, ImportOptions(parser=self._parser.name))
        places = [(row.line, row.code) for row in report.rejected]
        require(
            places == [(line, "price_not_a_number")],
            f"the row {line} has a wrong price, but rejected are {places}",
        )

    def _read(self, reading: Mapping[str, str]) -> ImportOptions:
        return ImportOptions(parser=self._parser.name, reading=reading)
