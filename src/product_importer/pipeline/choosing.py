"""Chooses the parser of a file, and finds what only a person can say about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from product_importer.cells.shortening import quoted
from product_importer.delimited.dialect import HEAD_BYTES
from product_importer.errors import UsageError
from product_importer.guards import guard
from product_importer.model import AUTO_PARSER, MEMBER, Answer, Question
from product_importer.ports import FormatParser

if TYPE_CHECKING:
    from product_importer.model import ImportOptions, Option, TableInfo
    from product_importer.ports import InputFile, Parser
    from product_importer.registry import PluginSet

FALLBACK_PARSER: Final = "csv"
"""The parser that takes over the files that another parser declines, and those that none recognises."""

_SHOWN: Final = 20


def chosen_parser(
    plugins: PluginSet, options: ImportOptions, head: bytes, filename: str
) -> Parser | FormatParser:
    """Returns the parser that the options name; for ``auto`` the one that is most certain to read the file.

    Raises :class:`UsageError` if the options set an option that the parser doesn't have.
    """
    if options.parser != AUTO_PARSER:
        return plugins.parsers[options.parser]
    parser = recognising_parser(plugins, head, filename) or plugins.parsers[FALLBACK_PARSER]
    names = {option.name for option in parser.options} if isinstance(parser, FormatParser) else set()
    if unknown := sorted(options.reading.keys() - names - {MEMBER.name}):
        raise UsageError(
            f"The file is read by the parser {parser.name}, which has no option {quoted(unknown[0])}. "
            f"Its options: {', '.join(sorted(names)) or 'none'}.",
            code="wrong_reading_option",
        )
    return parser


def head_of(file: InputFile) -> bytes:
    """Reads the part of the file by which it is recognised."""
    with Path(file).open("rb") as content:
        return content.read(HEAD_BYTES)


def open_questions(
    plugins: PluginSet, parser: Parser | FormatParser, file: InputFile, options: ImportOptions
) -> tuple[Question, ...]:
    """Returns the question which table is meant, if several may be and the options name none."""
    if not isinstance(parser, FormatParser):
        return ()
    option = next((each for each in parser.options if each.kind == "table"), None)
    if option is None or option.name in options.reading:
        return ()
    likely = [table for table in tables_of(plugins, parser, file) if table.likely]
    return (_which(option, likely),) if len(likely) > 1 else ()


def tables_of(plugins: PluginSet, parser: Parser | FormatParser, file: InputFile) -> tuple[TableInfo, ...]:
    """Returns the tables of the file; none if files of the format are one table.

    Raises :class:`FileError`, and :class:`PluginError` which names the parser.
    """
    if not isinstance(parser, FormatParser):
        return ()
    with guard(plugins, "parser", parser.name, on=file.filename):
        return tuple(parser.tables(file))


def recognising_parser(
    plugins: PluginSet, head: bytes, filename: str, *, above: float = 0.0
) -> FormatParser | None:
    """Returns the parser that is most certain that it reads the file; None if no certainty is ``above`` this.

    Of several that are equally certain it is the first, and built-in ones come first.
    """
    best, certainty = None, above
    for parser in plugins.parsers.values():
        if isinstance(parser, FormatParser):
            with guard(plugins, "parser", parser.name, on=filename):
                found = float(parser.recognises(head, filename))
            if found > certainty:
                best, certainty = parser, found
    return best


def _which(option: Option, likely: list[TableInfo]) -> Question:
    return Question(
        code="which_table",
        words=f"The file has {len(likely)} tables that may hold the products. Which one does?",
        option="reading",
        key=option.name,
        answers=tuple(
            Answer(table.name, f"{option.title} {quoted(table.name)}{_rows(table)}")
            for table in likely[:_SHOWN]
        ),
    )


def _rows(table: TableInfo) -> str:
    if table.rows is None:
        return ""
    return f", {table.rows:,} {'row' if table.rows == 1 else 'rows'}"
