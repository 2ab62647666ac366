"""The options of an import, and those of a parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

OnError = Literal["skip", "abort"]
OnWarning = Literal["keep", "abort"]
Missing = Literal["keep", "deactivate"]
Blank = Literal["keep", "clear"]
Extra = Literal["attributes", "ignore"]
DecimalSign = Literal["point", "comma"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the memory that one file can take.

    ``field_chars``: characters in one cell (the standard library's csv has the same default);
    ``row_chars``: characters in one record; ``columns``: cells in the header.
    """

    field_chars: int = 131_072
    row_chars: int = 8_388_608
    columns: int = 4_096


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text file is written.

    ``encoding`` is a Python codec name. ``skip_blanks``: whether blanks before an opening quote are no part
    of the cell, as in ``sku, "name"``. ``surplus``: the number of blank cells at the end of each row beyond
    the header.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    skip_blanks: bool = False
    surplus: int = 0


CHUNK_ROWS: Final = 16_384
"""Rows of a chunk, and so of a batch; one statement deletes or deactivates as many products."""


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """The options of a parser; ``None`` means "guess from the file's first part".

    ``reading`` are the parser's own options, ``encoding`` and ``delimiter`` not among them. ``batch_rows``
    and ``batch_chars`` bound a batch of rows, which is saved as one chunk.
    """

    encoding: str | None = None
    delimiter: str | None = None
    limits: Limits = Limits()
    batch_rows: int = CHUNK_ROWS
    batch_chars: int = 8_388_608
    reading: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of one import; the command line's options have the same names.

    ``duplicates`` names a policy for duplicates (built in: ``last``, ``first``, ``error``), ``parser`` a
    parser. ``map`` gives COLUMN → FIELD for columns whose header the aliases don't know, or know wrongly.
    ``decimal`` is the sign before the decimals of the file's prices; None: a point, and a price that may also
    be read in another way is rejected.
    """

    duplicates: str = "last"
    on_error: OnError = "skip"
    max_errors: int | None = None
    on_warning: OnWarning = "keep"
    missing: Missing = "keep"
    blank: Blank = "keep"
    extra: Extra = "attributes"
    map: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    decimal: DecimalSign | None = None
    parser: str = "csv"
    dry_run: bool = False
    limits: Limits = Limits()
