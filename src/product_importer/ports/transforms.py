"""The protocol of transforms: they change a file's cells before its columns become fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from product_importer.ports.tables import RawBatch


@runtime_checkable
class TransformRun(Protocol):
    """A transform at work on one file. It gets the file's batches in order and may keep state between them.

    ``header``: the file's columns, and after them those that the transform adds. ``apply`` returns the batch
    with these columns, as strings without nulls. A row that it leaves out has to be in ``left_out``.
    """

    @property
    def header(self) -> tuple[str, ...]: ...

    def apply(self, batch: RawBatch) -> RawBatch: ...


@runtime_checkable
class Transformer(Protocol):
    """A step that a profile can list by its name, beside the built-in ones.

    ``start`` gets the file's columns and the options that the profile gives. It may raise
    :class:`~product_importer.errors.UsageError`. What it does may depend on the file and the options only.
    """

    @property
    def name(self) -> str: ...

    def start(self, header: tuple[str, ...], options: Mapping[str, str]) -> TransformRun: ...
