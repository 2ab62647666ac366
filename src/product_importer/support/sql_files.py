"""Loads files of SQL statements, for the library's store and for plugins with tables.

A file holds several statements. Each one follows a line ``-- name: some_name`` and a comment that describes
it. Parameters are ``$1``, ``$2`` or, if there are more than four, ``:some_name``. A statement has parameters
of one kind only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

_HEADER: Final = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"(?:--[^\n]*\n)*")
_TOKEN: Final = re.compile(
    r"""
    -{2}[^\n]* | /\*.*?\*/                          # comments
    | (?<!\w)[eE]'(?:[^'\\]|\\.|'')*'               # strings, of several kinds
    | '(?:[^']|'')*'
    | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$
    | "(?:[^"]|"")*"                                # quoted names
    | (?<!\w)\$(?P<number>\d+)
    | ::                                            # casts
    | (?<![\w\])]):(?P<name>[a-z_]\w*)              # not the end of a slice, as in [first:last]
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement in PostgreSQL's form: its parameters are numbers.

    ``parameters`` holds the names of named parameters, in the order of their numbers; ``numbers`` holds the
    parameters that are written as numbers.
    """

    text: str
    description: str
    parameters: tuple[str, ...] = ()
    numbers: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, source: str) -> Statement:
        """Parses a statement. Raises :class:`ValueError` if its parameters are of both kinds."""
        names: dict[str, int] = {}
        numbers: set[int] = set()

        def numbered(match: re.Match[str]) -> str:
            if match["number"]:
                numbers.add(int(match["number"]))
            elif match["name"]:
                return f"${names.setdefault(match['name'], len(names) + 1)}"
            return match[0]

        text = _TOKEN.sub(numbered, source)
        if names and numbers:
            raise ValueError(
                f"parameters have names or numbers, but :{next(iter(names))} and ${min(numbers)}"
            )
        comment = _COMMENT.match(text)
        assert comment is not None, "it matches an empty text, too"
        description = " ".join(line[2:].strip() for line in comment[0].splitlines())
        return cls(text[comment.end() :], description, tuple(names), frozenset(numbers))


class Statements(Mapping[str, str]):
    """The texts of a file's statements, by name, and the order of their named parameters."""

    def __init__(self, statements: Mapping[str, Statement]) -> None:
        self.parsed = statements

    def __getitem__(self, name: str) -> str:
        return self.parsed[name].text

    def __iter__(self) -> Iterator[str]:
        return iter(self.parsed)

    def __len__(self) -> int:
        return len(self.parsed)

    def arguments(self, name: str, /, **values: object) -> tuple[object, ...]:
        """Returns the values of the statement's named parameters, in the order of their numbers.

        Raises :class:`KeyError` if there is no such statement, and :class:`TypeError` if a parameter is
        missing or unknown.
        """
        names = self.parsed[name].parameters
        if values.keys() != set(names):
            missing = ", ".join(each for each in names if each not in values) or "none"
            unknown = ", ".join(each for each in values if each not in names) or "none"
            raise TypeError(f"Parameters of the statement {name!r}: {missing} missing, {unknown} unknown.")
        return tuple(values[each] for each in names)

    def bound(self, name: str, /, **values: object) -> tuple[str, *tuple[object, ...]]:
        """Returns the statement with its :meth:`arguments`, for ``connection.execute(*sql.bound(…))``."""
        return self[name], *self.arguments(name, **values)


@cache
def load_statements(package: str, file: str) -> Statements:
    """Loads the statements of ``sql/<file>.sql`` in a package's folder.

    Looking up an unknown name raises :class:`KeyError`. Raises :class:`ValueError` for a duplicate name, or a
    statement with both kinds of parameters.
    """
    text = resources.files(package).joinpath("sql", f"{file}.sql").read_text("utf-8")
    _, *parts = _HEADER.split(text)
    found: dict[str, Statement] = {}
    for name, source in zip(parts[::2], parts[1::2], strict=True):
        if name in found:
            raise ValueError(f"{file}.sql names the statement {name!r} twice")
        try:
            found[name] = Statement.parse(source.strip())
        except ValueError as error:
            raise ValueError(f"{file}.sql, statement {name!r}: {error}") from None
    return Statements(found)
