"""The columns of a file while steps change them: they are found by their headers, and steps may add some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError
from product_importer.fields import letters
from product_importer.pipeline.mapping_refusals import listed

if TYPE_CHECKING:
    import pyarrow as pa

    Columns = list[pa.StringArray]

_ANY: Final = "*"


class Headers:
    """The headers of a file's columns, in the file's order; columns that steps add follow.

    ``strict``: whether a step may name only columns that the file has. The steps of a shop's profile may name
    others, because a shop's exports differ in their columns.
    """

    def __init__(self, header: Sequence[str], *, strict: bool) -> None:
        self._names = list(header)
        self._strict = strict
        self._places: dict[str, int] = {}
        for place, name in enumerate(header):
            self._places.setdefault(letters(name), place)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._names)

    def find(self, name: str) -> int | None:
        """The place of the column. Raises :class:`UsageError` if it has to be there and is not."""
        place = self._places.get(letters(name))
        if place is None and self._strict:
            raise UsageError(
                f"A transform names the column {quoted(name)}, which is not in the file. "
                f"The file's columns are {listed(self._names)}."
            )
        return place

    def find_all(self, names: Iterable[str]) -> tuple[int, ...]:
        """The places of the columns, each once, in the order of ``names``."""
        found: dict[int, None] = {}
        for name in names:
            if name.endswith(_ANY):
                part, anywhere = letters(name), name.startswith(_ANY)
                for number, known in enumerate(map(letters, self._names)):
                    if part in known if anywhere else known.startswith(part):
                        found[number] = None
            elif (place := self.find(name)) is not None:
                found[place] = None
        return tuple(found)

    def find_or_add(self, name: str) -> int:
        """The place of the column, which is added if the file lacks it."""
        place = self._places.get(letters(name))
        if place is None:
            place = self._places[letters(name)] = len(self._names)
            self._names.append(name)
        return place
