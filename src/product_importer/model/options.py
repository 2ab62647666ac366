"""The options of an import, and those of a parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from product_importer.fields import FIELDS
from product_importer.model.formats import ReadAs
from product_importer.model.profile import PROFILE_FIELDS, Profile, merged

OnError = Literal["skip", "abort"]
OnWarning = Literal["keep", "abort"]
Questions = Literal["ask", "refuse"]


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
    the header. ``header_line``: the line from which on the file is read; what stands above it is left out.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    skip_blanks: bool = False
    surplus: int = 0
    header_line: int = 1


CHUNK_ROWS: Final = 16_384
"""Rows of a chunk, and so of a batch; one statement deletes or deactivates as many products."""


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """The options of a parser; ``None`` means "guess from the file's first part".

    ``reading`` are the parser's own options, ``encoding`` and ``delimiter`` not among them. ``batch_rows``
    and ``batch_chars`` bound a batch of rows, which is saved as one chunk. ``rows``: only the first ones are
    looked at, so many that a parser may leave out what comes after them; None: all of them are read.
    """

    encoding: str | None = None
    delimiter: str | None = None
    limits: Limits = Limits()
    batch_rows: int = CHUNK_ROWS
    batch_chars: int = 8_388_608
    rows: int | None = None
    reading: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions(Profile):
    """The options of one import: a profile, and what is to happen with this file only.

    The command line's options have the same names. ``confirm_missing``: the number of products that the file
    lacks and that may be deactivated or deleted although they are many. ``questions``: whether an import of a
    file that raises questions waits for the answers, or fails. ``profile_name``: the stored profile that the
    other options were taken from, if one was.
    """

    on_error: OnError = "skip"
    max_errors: int | None = None
    on_warning: OnWarning = "keep"
    confirm_missing: int | None = None
    questions: Questions = "ask"
    dry_run: bool = False
    limits: Limits = Limits()
    profile_name: str | None = None


def options_with(profile: Profile, given: Mapping[str, object]) -> ImportOptions:
    """Returns the profile's options with those that are given by hand, by their names; the latter win.

    Mappings, such as ``map``, are merged key by key.
    """
    values = {name: getattr(profile, name) for name in PROFILE_FIELDS}
    return ImportOptions(**merged(values, given))  # type: ignore[arg-type]


def found_profile(
    options: ImportOptions,
    parser: str,
    dialect: Dialect | None,
    read_as: ReadAs | None,
    mapping: Mapping[str, str],
    rules: Mapping[str, str] | None = None,
    shop: str | None = None,
) -> Profile:
    """Returns the options' profile with what was found out about a file, so that it is read so again.

    ``shop``: the shop whose profile was used, ``none`` if none was; None if that isn't known.
    Columns that became no field aren't named, unless the options name them: a column that is named as an
    attribute has no other meaning any more, such as that of a store view.
    """
    found: dict[str, object] = {"parser": parser}
    if dialect is not None:
        found |= {"encoding": dialect.encoding, "delimiter": dialect.delimiter}
    elif read_as is not None:
        found["reading"] = dict(read_as.values)
    uses = {column: use for column, use in mapping.items() if use in FIELDS}
    if uses:
        found["map"] = uses
    if shop is not None:
        found["shop"] = shop
    known = profile_of(options)
    if rules:  # those of the options are among them
        known = replace(known, rule=dict(rules))
    return profile_of(options_with(known, found))


def with_answers(options: ImportOptions, given: Mapping[str, object]) -> ImportOptions:
    """Returns the options with those that are given in their places; mappings are merged key by key."""
    values = {name: getattr(options, name) for name in given}
    return replace(options, **merged(values, given))  # type: ignore[arg-type]


def profile_of(options: ImportOptions) -> Profile:
    """Returns what the options say about the file and the merge."""
    return Profile(**{name: getattr(options, name) for name in PROFILE_FIELDS})
