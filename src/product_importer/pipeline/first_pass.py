"""The first pass: reads and checks the whole file before any product is saved."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from product_importer.errors import ParserDeclined, QuestionsOpen
from product_importer.model import AUTO_PARSER, ImportOptions
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.choosing import FALLBACK_PARSER, chosen_parser, head_of
from product_importer.pipeline.origins import StillRejected
from product_importer.pipeline.pace import Pace
from product_importer.pipeline.reading import FileReader
from product_importer.pipeline.sample import Sample
from product_importer.pipeline.saving import Contents
from product_importer.pipeline.spooling import Spooling
from product_importer.pipeline.terms import terms_of
from product_importer.ports import FormatParser, InputFile, Lease, Parser, ReadSoFar

if TYPE_CHECKING:
    from product_importer.delimited.rejects_file import FindOrigin
    from product_importer.pipeline.file_digest import FileDigest
    from product_importer.pipeline.side_thread import SideThread
    from product_importer.pipeline.spool import Spool
    from product_importer.pipeline.watch import Watch
    from product_importer.registry import PluginSet

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Again:
    """The assumptions for another reading of the file; ``seen``: whether this reading saw the whole file."""

    assumed: Assumptions
    seen: bool


class FirstPass:
    """Reads one file into a spool. ``timeout``: seconds that a plugin's object may take for one batch;
    ``digest``: computes the SHA-256 of the file's bytes; ``origin_of`` finds the import of which the file
    holds the rejected rows. After the reading, ``options`` are those with which the import goes on.
    """

    def __init__(
        self,
        lease: Lease,
        plugins: PluginSet,
        file: InputFile,
        options: ImportOptions,
        watch: Watch,
        *,
        digest: FileDigest,
        timeout: float,
        origin_of: FindOrigin,
    ) -> None:
        self._lease = lease
        self._plugins = plugins
        self._file = file
        self.options = options
        self._watch = watch
        self._digest = digest
        self._timeout = timeout
        self._origin_of = origin_of

    async def read(self, spool: Spool, thread: SideThread) -> Contents:
        """Writes the checked rows to ``spool`` and returns the contents. Raises what the parser raises."""
        parser = await self._choose(thread)
        try:
            return await self._read_with(parser, spool, thread)
        except ParserDeclined as declined:
            if parser.name == FALLBACK_PARSER:
                raise
            _logger.info("Parser %r declines %s: %s", parser.name, self._file.filename, declined)
            await thread.call(spool.clear)
            return await self._read_with(self._plugins.parsers[FALLBACK_PARSER], spool, thread)

    async def _choose(self, thread: SideThread) -> Parser | FormatParser:
        """Returns the parser. A resumed import goes on with the one that read the rows it has saved."""
        begun_by = await self._lease.begun_by()
        parser = None if begun_by is None else self._plugins.parsers.get(begun_by)
        if parser is not None and (self.options.parser == AUTO_PARSER or begun_by == FALLBACK_PARSER):
            return parser
        return await thread.call(
            lambda: chosen_parser(self._plugins, self.options, head_of(self._file), self._file.filename)
        )

    async def _read_with(self, parser: Parser | FormatParser, spool: Spool, thread: SideThread) -> Contents:
        """Reads the file, and reads it again while its rows show that the assumptions are wrong.

        Reading starts again at once for each guess that is refuted. After the whole file was seen it is read
        again once or twice at most: then a refuted guess may only return, and the rest follows from the rows.
        """
        assumed, seen = Assumptions(), False
        while True:
            found = await self._read_under(assumed, seen, parser, spool, thread)
            if isinstance(found, Contents):
                return found
            assumed, seen = found.assumed, found.seen
            _logger.info("%s is read again, because of what its rows show", self._file.filename)
            await thread.call(spool.clear)

    async def _read_under(
        self,
        assumed: Assumptions,
        seen: bool,
        parser: Parser | FormatParser,
        spool: Spool,
        thread: SideThread,
    ) -> Contents | _Again:
        rejected = 0
        saved = await self._lease.saved()
        reader = FileReader(
            self._plugins,
            parser,
            self._file,
            self.options,
            timeout=self._timeout,
            raise_if_stopped=self._watch.raise_if_stopped,
            assumed=assumed,
            origin_of=self._origin_of,
        )
        async with reader, Spooling(spool, thread) as spooling:
            self.options = reader.settled
            names = reader.mapping.attribute_names
            known = await self._lease.attribute_names(names, note=not self.options.dry_run)
            reader.mapping = reader.mapping.named(known)
            described = reader.reading
            await self._lease.describe(described)
            sample = Sample(
                self._lease, terms_of(self.options, reader.mapping, await self._lease.place()), saved
            )
            pace, still = Pace(), StillRejected(self._lease, saved)
            async for checked in reader.batches():
                spooled = await still.kept(checked.spooled, reader.warnings)
                batch = replace(checked, spooled=spooled)
                self._watch.raise_if_stopped()
                if not seen and (better := reader.evidence.at_once()) is not None:
                    return _Again(better, seen=False)
                await spooling.append(batch)
                rejected += batch.spooled.rejects.num_rows
                if self._watch.sample_due:
                    self._watch.sample_due = False
                    await sample.add(batch.spooled)
                self._watch.note(
                    ReadSoFar(
                        *(batch.bytes_done, batch.spooled.last, rejected, pace.at(batch.bytes_done)),
                        *(sample.rows, sample.unchanged),
                    )
                )
                if self.options.max_errors is not None and rejected > self.options.max_errors:
                    break
            await spooling.done()
            await still.done()
            await self._lease.heartbeat(self._watch.read_so_far)  # the next may come after a quick import
            whole = self.options.max_errors is None or rejected <= self.options.max_errors
            if whole and (better := reader.evidence.after_all()) is not None:
                return _Again(better, seen=True)
            if whole and (questions := reader.questions):
                raise QuestionsOpen(questions)
            if reader.reading != described:  # the bytes that show the encoding may come late in the file
                await self._lease.describe(reader.reading)
            reader.warnings.extend(reader.column_warnings if whole else reader.mapping.warnings)
            contents = Contents(
                spool,
                await thread.call(spooling.repeated),
                reader.mapping,
                reader.warnings,
                reader.twins,
                described.read_as.place,
            )
            if whole:
                await self._lease.file_read(spool.records, await self._digest.sha256(), spooling.rows_digest)
            return contents
