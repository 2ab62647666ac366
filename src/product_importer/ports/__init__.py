"""The protocols of parsers, validators, policies for duplicates, sources, event sinks and commands.

Plugins register objects that fulfil these protocols (:mod:`product_importer.hookspecs`), and the pipeline
calls them once per batch of some thousand rows, never once per row. Parsers, validators and policies are
synchronous and run in worker threads: they must not touch the event loop. Sources and sinks are asynchronous.
"""

from product_importer.ports.commands import Command, Extension
from product_importer.ports.events import (
    JSON_TEXT,
    ConnectedSink,
    DetailedSink,
    EventBatch,
    EventSink,
    EventValues,
    LimitedSink,
    MoreValuesWanted,
    OrderedSink,
    SinkHost,
    SubscribedSink,
)
from product_importer.ports.exports import Exporter
from product_importer.ports.files import (
    Fetch,
    Fetched,
    ListingSource,
    NotModified,
    ReportingSource,
    Source,
    Storage,
)
from product_importer.ports.formats import Codec, FormatParser, InputFile, ParsedTable
from product_importer.ports.outbox import Outbox, QueuedBatch, SinkQueue
from product_importer.ports.rows import (
    ColumnValidator,
    DedupePolicy,
    FillingPolicy,
    Finding,
    Validator,
    are_texts,
)
from product_importer.ports.store import (
    DIGEST_BYTES,
    Chunk,
    ChunkWriter,
    Lease,
    MissingProducts,
    ReadSoFar,
    Terms,
)
from product_importer.ports.tables import (
    LeftOut,
    MalformedRow,
    ParsedFile,
    Parser,
    RawBatch,
    Reading,
    VersionedParser,
)
from product_importer.ports.transforms import Transformer, TransformRun

__all__ = [
    "DIGEST_BYTES",
    "JSON_TEXT",
    "Chunk",
    "ChunkWriter",
    "Codec",
    "ColumnValidator",
    "Command",
    "ConnectedSink",
    "DedupePolicy",
    "DetailedSink",
    "EventBatch",
    "EventSink",
    "EventValues",
    "Exporter",
    "Extension",
    "Fetch",
    "Fetched",
    "FillingPolicy",
    "Finding",
    "FormatParser",
    "InputFile",
    "Lease",
    "LeftOut",
    "LimitedSink",
    "ListingSource",
    "MalformedRow",
    "MissingProducts",
    "MoreValuesWanted",
    "NotModified",
    "OrderedSink",
    "Outbox",
    "ParsedFile",
    "ParsedTable",
    "Parser",
    "QueuedBatch",
    "RawBatch",
    "ReadSoFar",
    "Reading",
    "ReportingSource",
    "SinkHost",
    "SinkQueue",
    "Source",
    "Storage",
    "SubscribedSink",
    "Terms",
    "TransformRun",
    "Transformer",
    "Validator",
    "VersionedParser",
    "are_texts",
]
