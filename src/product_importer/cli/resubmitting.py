"""``product-importer resubmit``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option, json_option, quiet_option, rejects_option
from product_importer.cli.outcome import Output, write_rejects
from product_importer.cli.running import ACTOR, run_import
from product_importer.errors import FileError
from product_importer.storage.sources import blocks_of

if TYPE_CHECKING:
    from product_importer.app import Importer
    from product_importer.model import Upload


@click.command("resubmit")
@click.argument("import_id", type=click.IntRange(min=1))
@click.argument("file", type=click.Path(path_type=Path))
@database_url_option
@rejects_option("the rows that stay rejected")
@json_option
@quiet_option
def resubmit_command(
    import_id: int,
    file: Path,
    database_url: str | None,
    rejects: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Import the corrected file of an import's rejected rows, as --rejects wrote it.

    The rows are read and merged as in that import, and move in its counts. Exit status: as for import.
    """
    return asyncio.run(_resubmit(import_id, file, database_url, rejects, Output(None, as_json, quiet)))


async def _resubmit(
    first: int, path: Path, database_url: str | None, rejects: Path | None, output: Output
) -> int:
    async with open_importer(database_url) as importer:
        Output(rejects, output.json, output.quiet).check(importer)
        importer.imports.check_resubmittable(await importer.imports.state(first))
        upload = await _kept(importer, path)
        import_id = await importer.imports.resubmit_upload(first, upload.id, actor=ACTOR)
        code = await run_import(importer, importer.imports.start, import_id, output)
        if rejects is not None:
            await write_rejects(importer, await importer.imports.report(first), rejects)
        return code


async def _kept(importer: Importer, path: Path) -> Upload:
    """Copies the file to the storage."""
    try:
        stream = await asyncio.to_thread(path.open, "rb")
    except OSError as error:
        raise FileError(f"{path} can't be read: {error.strerror}.", code="unreadable_file") from error
    with stream:
        return await importer.uploads.receive(path.name, blocks_of(stream), actor=ACTOR)
