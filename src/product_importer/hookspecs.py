"""The hooks by which plugins register objects: one hook for each kind of object.

Hooks are called once, when the program starts, and return finished objects that fulfil the protocols in
:mod:`product_importer.ports`. These objects do the work, never a hook.

A plugin is a module (or an object) whose functions have the names below and are marked with ``hookimpl``.
It is found through the entry-point group ``product_importer``. Each example below is a whole plugin; the
tests run it and load what it defines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from product_importer.model import MigrationSet, ShopProfiles
    from product_importer.ports import (
        Codec,
        Command,
        DedupePolicy,
        EventSink,
        Exporter,
        FormatParser,
        Parser,
        ReportingSource,
        Source,
        Transformer,
        Validator,
    )

PROJECT = "product_importer"
"""The name of the hooks' markers and of the entry-point group."""

WEB = "product_importer.web"
"""The group of the entry points that extend the web pages; each names a WebPlugin, not hooks."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's hooks. Import it as ``from product_importer import hookimpl``."""


class Hooks:
    """Every hook. A plugin written as a class can subclass this one: type checkers then see a wrong hook."""

    @hookspec
    def product_importer_parsers(self) -> Iterable[Parser | FormatParser]:
        """Parsers: they turn a file into batches of text rows. ``ImportOptions.parser`` picks one.

        >>> import dataclasses
        >>> from product_importer import hookimpl
        >>> from product_importer.builtin.csv_parser import CsvParser
        >>> class PipeParser(CsvParser):
        ...     name = "pipes"
        ...     def open(self, path, options):
        ...         return super().open(path, dataclasses.replace(options, delimiter="|"))
        >>> @hookimpl
        ... def product_importer_parsers():
        ...     return [PipeParser()]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_validators(self) -> Iterable[Validator]:
        """Validators: they name the wrong rows of a batch. All of them run on every import, in this order.

        >>> import pyarrow.compute as pc
        >>> from product_importer import hookimpl
        >>> from product_importer.ports import Finding
        >>> class PriceCap:
        ...     name = "price-cap"
        ...     def check(self, batch):
        ...         dear = pc.greater(batch["price"], 10_000)
        ...         yield Finding("price", "price_too_high", "Ask for approval above 10,000.", dear)
        >>> @hookimpl
        ... def product_importer_validators():
        ...     return [PriceCap()]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_dedupe_policies(self) -> Iterable[DedupePolicy]:
        """Policies for duplicates: they pick one of the rows with one SKU. ``--duplicates NAME`` names one.

        >>> import pyarrow as pa, pyarrow.compute as pc
        >>> from product_importer import hookimpl
        >>> class LongestDescription:
        ...     name = "longest-description"
        ...     rejects = False
        ...     def rank(self, batch):
        ...         return pc.utf8_length(batch["description"].fill_null("")).cast(pa.int64())
        >>> @hookimpl
        ... def product_importer_dedupe_policies():
        ...     return [LongestDescription()]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_event_sinks(self) -> Iterable[EventSink]:
        """Event sinks: they receive committed events, at least once, batch by batch.

        >>> from product_importer import hookimpl
        >>> class Counter:
        ...     name = "counter"
        ...     seen = 0
        ...     async def deliver(self, batch):
        ...         self.seen += batch.data.num_rows
        >>> @hookimpl
        ... def product_importer_event_sinks():
        ...     return [Counter()]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_sources(self) -> Iterable[Source | ReportingSource]:
        """Sources: they fetch a file from a URL of one of their schemes, for ``import URL``.

        >>> from product_importer import hookimpl
        >>> class Literal:
        ...     name = "literal"
        ...     schemes = ("literal",)
        ...     async def fetch(self, url, into):
        ...         into.write_text(url.removeprefix("literal:"))
        >>> @hookimpl
        ... def product_importer_sources():
        ...     return [Literal()]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_migrations(self) -> Iterable[MigrationSet]:
        """Migration sets: tables that the plugin needs. ``migrate`` applies them after the library's own.

        >>> from pathlib import Path
        >>> from product_importer import hookimpl
        >>> from product_importer.model import MigrationSet, ShopProfiles
        >>> @hookimpl
        ... def product_importer_migrations():
        ...     return [MigrationSet("acme", Path("acme/migrations"))]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_commands(self) -> Iterable[Command]:
        """Commands: they appear in ``product-importer --help`` beside the built-in ones.

        >>> import click
        >>> from product_importer import hookimpl
        >>> from product_importer.ports import Command
        >>> @click.command
        ... @click.option("--name", default="world")
        ... def greet(name):
        ...     '''Says hello.'''
        ...     click.echo(f"Hello, {name}!")
        >>> @hookimpl
        ... def product_importer_commands():
        ...     return [Command("greet", greet)]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_codecs(self) -> Iterable[Codec]:
        """Codecs: they unpack packed files before a parser reads them. Built in: gzip, Zstandard and zip.

        >>> import bz2, contextlib
        >>> from product_importer import hookimpl
        >>> class Bzip2:
        ...     name = "bzip2"
        ...     title = "bzip2 archive"
        ...     suffixes = (".bz2",)
        ...     def recognises(self, head):
        ...         return head.startswith(b"BZh")
        ...     def members(self, file):
        ...         return None
        ...     def unpack(self, file, member):
        ...         return contextlib.closing(bz2.BZ2File(file))
        >>> @hookimpl
        ... def product_importer_codecs():
        ...     return [Bzip2()]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_profiles(self) -> Iterable[ShopProfiles]:
        """Sets of profiles: TOML files that say how the exports of a shop's software are read.

        >>> from pathlib import Path
        >>> from product_importer import hookimpl
        >>> from product_importer.model import ShopProfiles
        >>> @hookimpl
        ... def product_importer_profiles():
        ...     return [ShopProfiles("acme", Path("acme/shops"))]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_transforms(self) -> Iterable[Transformer]:
        """Transforms: they change a file's cells before its columns become fields. A profile names one.

        >>> import dataclasses, pyarrow as pa, pyarrow.compute as pc
        >>> from product_importer import hookimpl
        >>> class Shouting:
        ...     name = "shouting"
        ...     def start(self, header, options):
        ...         return Run(header, header.index(options["column"]))
        >>> class Run:
        ...     def __init__(self, header, place):
        ...         self.header, self.place = header, place
        ...     def apply(self, batch):
        ...         loud = pc.utf8_upper(batch.cells.column(self.place))
        ...         cells = batch.cells.set_column(self.place, self.header[self.place], loud)
        ...         return dataclasses.replace(batch, cells=cells)
        >>> @hookimpl
        ... def product_importer_transforms():
        ...     return [Shouting()]
        """
        raise NotImplementedError

    @hookspec
    def product_importer_exporters(self) -> Iterable[Exporter]:
        """Exporters: they write products to files. ``export --format NAME`` names one.

        >>> from product_importer import hookimpl
        >>> class Count:
        ...     name = "count"
        ...     title = "Number of products"
        ...     media_type = "text/plain"
        ...     def write(self, schema, batches, out):
        ...         out.write(b"%d" % sum(batch.num_rows for batch in batches))
        >>> @hookimpl
        ... def product_importer_exporters():
        ...     return [Count()]
        """
        raise NotImplementedError
