"""Checks that exported products come back unchanged."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from product_importer.model import ExportOptions, ImportOptions
from product_importer.product import ProductDraft
from product_importer.testing.contracts import require

if TYPE_CHECKING:
    from pathlib import Path

    from product_importer.app import Importer
    from product_importer.ports import FormatParser

TEXTS: Final = (
    "0017", "1.299", "=1+1", "'=1+1", "'0017", '="0017"', "a;b|c\td", 'say "x"', "line\nbreak\rtwo\r\n",
    " blanks ", "_x0041_", "_x000D_", "\x01\x1f", "<b>&amp;</b>", "日本 🫖 é", "null", "NaN", "true", "4.0",
    "1e5", "2024-01-31", "x" * 30_000, "\ufeffmark", "{}",
    "[1]", "https://example.com/?a=1", "mailto:x@example.com",
)  # fmt: skip
"""Texts that formats and spreadsheets are apt to change."""

_PRICES: Final = ("1.2990", "123456789012345.6789", "4.50", None)
_STOCKS: Final = (12, None, 999_999_999_999_999_999)


async def check_round_trip(importer: Importer, parser: FormatParser, folder: Path) -> None:
    """Checks the exporters of the parser's format, if there are any. Deletes all products of the importer."""
    for name in importer.plugins.exporters:
        if f".{name}" in parser.suffixes:
            await _empty(importer)
            await _export(importer, name, folder)
            await _fill(importer)
            await _check_all(importer, parser, name, folder)
            path = await _export(importer, name, folder, columns=("colour", "sku"))
            shown = await importer.imports.preview(path)
            require(shown.header == ("Colour", "sku"), f"of the columns Colour and sku, {shown.header} came")


async def _check_all(importer: Importer, parser: FormatParser, name: str, folder: Path) -> None:
    before = [product async for product in importer.catalogue.iterate()]
    path = await _export(importer, name, folder)
    report = await importer.run(path, ImportOptions(missing="deactivate"))
    after = [product async for product in importer.catalogue.iterate()]
    require(report.state.parser == parser.name, f"an exported file is read by {report.state.parser}")
    require(not report.invalid, f"exported products are rejected: {report.rejected[:3]}")
    for old, new in zip(before, after, strict=True):
        require(old == new, f"an exported product comes back changed: {old} as {new}")
    require(report.unchanged == len(TEXTS), f"of {len(TEXTS)} products, {report.unchanged} are unchanged")


async def _empty(importer: Importer) -> None:
    ids = [product.id async for product in importer.catalogue.iterate()]
    await importer.catalogue.delete_selected(ids, actor="system")


async def _fill(importer: Importer) -> None:
    for number, text in enumerate(TEXTS):
        draft = ProductDraft(
            sku=f"000{number}",
            name=text.strip() or "-",
            description=text,
            price=_PRICES[number % len(_PRICES)],
            active=number % 2 == 0,
            stock=_STOCKS[number % len(_STOCKS)],
            attributes={"Colour": text, f"only {number % 5}": "4.0"},
        )
        await importer.catalogue.create(draft, actor="system")


async def _export(importer: Importer, name: str, folder: Path, *, columns: tuple[str, ...] = ()) -> Path:
    path = folder / f"exported.{name}"
    options = ExportOptions(format=name, columns=columns)
    with path.open("wb") as file:
        async with aclosing(importer.catalogue.export(options=options)) as pieces:
            async for piece in pieces:
                file.write(piece)
    return path
