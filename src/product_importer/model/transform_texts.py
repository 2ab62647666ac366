"""Steps that change the cells of a column, as people write them: ``Price=replace: €``, or ``Name=trim``.

A step is its kind, and behind a colon its arguments with commas between them. An argument that holds a comma,
or begins or ends with a blank, stands in double quotes, which are doubled within it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from product_importer.model.transforms import (
    Constant,
    FillDown,
    FillGroup,
    Join,
    Move,
    Recode,
    Replace,
    Split,
    Transform,
    Trim,
)

_ARGUMENT: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(,|$)')
_PLAIN: Final = re.compile(r'[^\s",](?:[^,]*[^\s,])?')


class _Kind(NamedTuple):
    """How a kind of step is written. ``made`` makes it of the column and its arguments, of which there are
    ``fewest`` to ``most``; ``parts`` gives the columns and the arguments of a step.
    """

    example: str
    fewest: int
    most: int
    made: Callable[..., Transform]
    parts: Callable[[Any], tuple[Sequence[str], Sequence[str]]]


_MANY: Final = 1_000


def _named(columns: Sequence[str]) -> tuple[str, ...]:
    """Returns the names of columns. Raises :class:`ValueError` if one is empty."""
    if not all(columns):
        raise ValueError("A step names a column without a name. Write the column's header.")
    return tuple(columns)


def _recode(column: str, *words: str) -> Recode:
    if len(words) % 2:
        raise ValueError("Each word of a step 'recode' needs the text that is written for it.")
    return Recode(columns=(column,), words=dict(zip(words[::2], words[1::2], strict=True)))


_KINDS: Final = {
    "trim": _Kind(
        "Name=trim", 0, 0,
        lambda column: Trim(columns=(column,)),
        lambda step: (step.columns, ()),
    ),
    "replace": _Kind(
        "Price=replace: €, EUR", 1, 2,
        lambda column, old, new="": Replace(columns=(column,), old=old, new=new),
        lambda step: (step.columns, (step.old, step.new) if step.new else (step.old,)),
    ),
    "recode": _Kind(
        "Status=recode: 2, 0", 2, _MANY, _recode,
        lambda step: (step.columns, [text for pair in step.words.items() for text in pair]),
    ),
    "split": _Kind(
        "Size=split: x, Width, Height", 2, _MANY,
        lambda column, separator, *into: Split(column=column, separator=separator, into=_named(into)),
        lambda step: ((step.column,), (step.separator, *step.into)),
    ),
    "join": _Kind(
        'Name=join: " ", Brand, Model', 2, _MANY,
        lambda into, separator, *columns: Join(into=into, columns=_named(columns), separator=separator),
        lambda step: ((step.into,), (step.separator, *step.columns)),
    ),
    "constant": _Kind(
        "Brand=constant: Acme", 1, 1,
        lambda into, value: Constant(into=into, value=value),
        lambda step: ((step.into,), (step.value,)),
    ),
    "fill_group": _Kind(
        "Title=fill_group: Handle", 1, 1,
        lambda column, group: FillGroup(columns=(column,), group=_named([group])[0]),
        lambda step: (step.columns, (step.group,)),
    ),
    "fill_down": _Kind(
        "Category=fill_down: Category", 1, 1,
        lambda column, start: FillDown(columns=(column,), start=_named([start])[0]),
        lambda step: (step.columns, (step.start,)),
    ),
    "move": _Kind(
        "SKU=move: Parent, P-", 2, _MANY,
        lambda column, into, *starts: Move(column=column, into=_named([into])[0], starts=starts),
        lambda step: ((step.column,), (step.into, *step.starts)),
    ),
}  # fmt: skip

_WRITTEN: Final = re.compile(rf"(.+?)=\s*({'|'.join(_KINDS)})\s*(?::(.*))?", re.DOTALL)


def transform_of(text: str) -> Transform:
    """Returns the step that a text such as ``Price=replace: €`` describes.

    Raises :class:`ValueError` with a sentence that says what is wrong.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"{text!r} is not COLUMN=STEP, for example {_KINDS['replace'].example!r}. "
            f"The steps are {', '.join(_KINDS)}."
        )
    column, name, listed = found.groups()
    kind, arguments = _KINDS[name], tuple(_arguments(listed)) if listed is not None else ()
    if not kind.fewest <= len(arguments) <= kind.most:
        raise ValueError(
            f"The step of {text!r} needs {_count(kind)}. Write it like {kind.example!r}; a text with "
            "a comma, or with a blank at its start or end, in double quotes."
        )
    return kind.made(column.strip(), *arguments)


def text_of(step: Transform) -> str:
    """Returns the step as :func:`transform_of` reads it, or only its kind, if it can't be written so."""
    kind = _KINDS.get(step.kind)
    if kind is None or (isinstance(step, Join) and step.without):
        return step.kind
    columns, arguments = kind.parts(step)
    written = f": {', '.join(map(_quoted, arguments))}" if arguments else ""
    return f"{', '.join(columns)}={step.kind}{written}"


def _arguments(text: str) -> Iterator[str]:
    place, more = 0, True
    while more and (found := _ARGUMENT.match(text, place)) is not None:
        quoted, plain, comma = found.groups()
        yield plain.rstrip() if quoted is None else quoted.replace('""', '"')
        place, more = found.end(), bool(comma)


def _count(kind: _Kind) -> str:
    if kind.most == kind.fewest:
        return "no argument" if not kind.fewest else "one argument" if kind.fewest == 1 else f"{kind.fewest}"
    least = "one argument" if kind.fewest == 1 else f"{kind.fewest} arguments"
    return f"at least {least}" if kind.most == _MANY else f"{least} or {kind.most}"


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', '""') + '"'
