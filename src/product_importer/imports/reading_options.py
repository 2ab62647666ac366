"""Checks the options of parsers' own (``ImportOptions.reading``) against what the parsers declare."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from product_importer.cells.shortening import quoted
from product_importer.delimited.dialect import known_delimiter
from product_importer.errors import UsageError
from product_importer.model import AUTO_PARSER, MEMBER
from product_importer.ports import FormatParser

if TYPE_CHECKING:
    from collections.abc import Iterable

    from product_importer.model import ImportOptions, Option
    from product_importer.registry import PluginSet

_SHORT_FORMS: Final = ("encoding", "delimiter")
_FLAGS: Final = ("yes", "no")
_DIGITS: Final = 9


def with_checked_reading(options: ImportOptions, plugins: PluginSet) -> ImportOptions:
    """Returns the options with ``encoding`` and ``delimiter`` in the fields of these names.

    Raises :class:`UsageError` for an option that the parser doesn't have, and for a value that it can't have.
    """
    if not options.reading:
        return options
    reading = dict(options.reading)
    known: dict[str, list[Option]] = {}
    for option in declared(options.parser, plugins):
        known.setdefault(option.name, []).append(option)
    for name, value in reading.items():
        if name not in known:
            raise UsageError(_unknown(name, options.parser, known), code="wrong_reading_option")
        expected = [_expected(option, value) for option in known[name]]
        if None not in expected:
            raise UsageError(
                f"{name} is {quoted(value)}; it has to be {expected[0]}.", code="wrong_reading_option"
            )
    short: dict[str, Any] = {name: reading.pop(name) for name in _SHORT_FORMS if name in reading}
    for name, value in short.items():
        if getattr(options, name) not in (None, value):
            raise UsageError(f"{name} is given twice: {quoted(value)} and {quoted(getattr(options, name))}.")
    if "delimiter" in short:
        short["delimiter"] = known_delimiter(short["delimiter"])
    return replace(options, reading=reading, **short)


def declared(parser: str, plugins: PluginSet) -> Iterable[Option]:
    """Yields the options that the parser of this name declares; for ``auto``, those of all parsers."""
    yield MEMBER
    for found in plugins.parsers.values() if parser == AUTO_PARSER else (plugins.parsers[parser],):
        if isinstance(found, FormatParser):
            yield from found.options


def _unknown(name: str, parser: str, known: Iterable[str]) -> str:
    names = ", ".join(sorted(known)) or "none"
    if parser == AUTO_PARSER:
        return f"No parser has an option {quoted(name)}. The options of all parsers: {names}."
    return f"The parser {parser} has no option {quoted(name)}. Its options: {names}."


def _expected(option: Option, value: str) -> str | None:
    """What the value has to be; None if it is that."""
    if option.kind == "flag" and value not in _FLAGS:
        return "yes or no"
    if option.kind == "choice" and value not in option.choices:
        return f"one of {', '.join(option.choices)}"
    if option.kind == "number" and not _is_number(value):
        return "a whole number from 1"
    return None if value else "a text"


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= _DIGITS and int(value) > 0
