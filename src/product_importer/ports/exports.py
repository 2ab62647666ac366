"""The protocol of exporters, which write products to files."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


@runtime_checkable
class Exporter(Protocol):
    """Writes products to a file of one format; an import with the parser of that format changes nothing.

    ``name`` is the format's usual suffix, without a dot. ``title`` names the format for people.
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def media_type(self) -> str: ...

    def write(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], out: BinaryIO) -> None:
        """Writes all batches, which have this schema, to ``out``, in a thread of its own.

        The columns are strings, decimals, whole numbers and booleans, with null for what a product lacks.
        ``out`` can't be read and has no other position than its end. Raises
        :class:`~product_importer.errors.UsageError` if the products don't fit into the format.
        """
