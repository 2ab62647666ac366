"""What a file's first part tells, as a part of the page on which imports begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

from product_importer import Importer, ImportOptions
from product_importer.model import (
    HEADER_OPTIONS,
    Inspection,
    Option,
    Profile,
    profile_of,
    with_answers,
)
from product_importer.ports import FormatParser
from product_importer.support.profile_texts import profile_object
from product_importer.wire import question_object
from product_importer_web.api import looking, reading
from product_importer_web.api.option_bodies import OPTIONS_FORM, PARTS, FileQuery, OptionsQuery, PartQuery
from product_importer_web.api.options import answers_of_json
from product_importer_web.declarations import Place, Query
from product_importer_web.keys import IMPORTER
from product_importer_web.pages import words
from product_importer_web.problems import Problem
from product_importer_web.rendering import render
from product_importer_web.routing import Permission, Route

PATH: Final = "/imports/preview"

_DETECTED: Final = ("encoding", "delimiter")


class CardQuery(Query, frozen=True):
    """``card``: the number of the file's card. ``answers``: the chosen answers to questions, as a JSON object
    of options. ``declined``: whether no profile is to be proposed.
    """

    card: Place = 0
    answers: str = ""
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """A choice of how the file is read. ``values``: value → words; None if any value can be typed."""

    name: str
    title: str
    value: str
    values: Mapping[str, str] | None = None
    kind: str = "text"
    of_parser: bool = True


async def show_part(request: web.Request) -> web.Response:
    """Shows what the first part of a file tells, which is the request's body."""
    return await _show(request, *await looking.part(request, *CardQuery.__struct_fields__))


async def show_upload(request: web.Request) -> web.Response:
    """Shows what an upload tells, as far as it has arrived."""
    return await _show(request, *await looking.upload(request, *CardQuery.__struct_fields__))


async def _show(request: web.Request, seen: looking.Seen, options: ImportOptions) -> web.Response:
    importer, given = request.app[IMPORTER], reading.query(request, CardQuery)
    used = seen.profile
    answers = _answers(importer, given.answers, options.parser)
    look = partial(importer.imports.inspect, answers=answers, rows=looking.MOST_ROWS, shapes=False)
    found = await looking.found(importer, look, seen, options)
    header = [column.name for column in found.columns]
    stored = [each.name for each in await importer.profiles.list()]
    fitting = await importer.profiles.fitting(header) if header and not (used or given.declined) else ()
    base = (await importer.profiles.get(used)).profile if used else Profile(parser=importer.settings.parser)
    chosen = profile_of(with_answers(options, answers))
    context = {
        "card": given.card,
        "controls": [*_profiles(stored, used), *_controls(importer, found, options)],
        "proposed": fitting[0].name if fitting else "",
        "questions": [question_object(question) for question in found.questions],
        "answered": {
            number: question.answered_by(answers) for number, question in enumerate(found.questions)
        },
        "provisional": found.provisional,
        "remember": bool(header) and (bool(found.questions) or chosen != base),
        "profile": profile_object(chosen),
        "header": header,
        "warnings": found.warnings,
        "warned": sum(found.damage.values()),
        "complete": found.complete,
        "place": found.read_as.place if found.read_as else "line",
    }
    return render(request, "home/findings.html", context)


def _answers(importer: Importer, text: str, parser: str) -> dict[str, Any]:
    """Returns the answers as options. Raises :class:`Problem`."""
    if not text:
        return {}
    try:
        sent = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError):
        message = "The parameter 'answers' has to be a JSON object of options."
        raise Problem(HTTPStatus.BAD_REQUEST, "usage", message) from None
    return answers_of_json(importer, sent, parser)


def _profiles(stored: list[str], used: str) -> Iterator[Control]:
    if stored:
        values = {"": "None", **{name: name for name in stored}}
        yield Control("profile", "Profile", used, values, of_parser=False)


def _controls(importer: Importer, found: Inspection, options: ImportOptions) -> Iterator[Control]:
    """Yields the choices that the parser offers, without those that are asked for."""
    parser = importer.plugins.parsers[found.parser]
    asked = {question.key or question.option for question in found.questions}
    chosen = options.encoding or options.delimiter or options.reading
    if found.problem and not (found.read_as or found.questions or chosen):
        return  # nothing of the file could be read, in whichever way
    resolved = dict(found.read_as.values) if found.read_as else {}
    for option in parser.options if isinstance(parser, FormatParser) else _TEXT:
        if option.name not in asked:
            yield from _control(option, found, resolved, options)


def _control(
    option: Option, found: Inspection, resolved: Mapping[str, str], options: ImportOptions
) -> Iterator[Control]:
    name, title = option.name, option.title
    given = options.reading.get(name, "")
    if name in _DETECTED:
        chosen, known = getattr(options, name) or "", dict(_KNOWN[name])
        detected = resolved.get(name) if not chosen else None
        first = f"Detected: {known.get(detected, detected).lower()}" if detected else "Detected"
        others = {chosen: known.get(chosen, chosen)} if chosen else {}
        yield Control(name, title, chosen, {"": first, **known, **others}, of_parser=False)
    elif name in HEADER_OPTIONS:
        place = found.read_as.place if found.read_as else "line"
        line = given or ("" if found.header_line is None else str(found.header_line))
        yield Control(name, f"Column names in {place}", line, kind="number")
    elif option.kind == "table":
        if len(found.tables) > 1:
            tables = {table.name: words.table(table) for table in found.tables}
            yield Control(name, title, given or resolved.get(name, ""), tables)
    elif option.kind in ("choice", "flag"):
        values = option.choices if option.kind == "choice" else ("yes", "no")
        yield Control(name, title, given, {"": "As found", **{value: value for value in values}})
    else:
        yield Control(name, title, given, kind="number" if option.kind == "number" else "text")


ENCODING: Final = Option("encoding", "Encoding")
_TEXT: Final = (ENCODING, Option("delimiter", "Cells separated by"))
_KNOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "encoding": {name: name for name in words.ENCODINGS},
    "delimiter": words.DELIMITERS,
}

_QUERY: Final = (CardQuery, OptionsQuery)
_GONE: Final = (HTTPStatus.LOCKED, HTTPStatus.GONE)

ROUTES = (
    Route(
        "POST", PATH, show_part, Permission.EDIT, "page-imports-preview",
        query=(PartQuery, FileQuery, *_QUERY), body=PARTS, streams_body=True,
    ),
    Route(
        "POST", PATH + "/{upload:[0-9a-f]{32}}", show_upload, Permission.EDIT, "page-imports-preview-upload",
        query=_QUERY, body=OPTIONS_FORM, problems=_GONE,
    ),
)  # fmt: skip
