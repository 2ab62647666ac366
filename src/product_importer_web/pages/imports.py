"""The page for beginning imports, and the page of each import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from http import HTTPStatus
from typing import Final

from aiohttp import web

from product_importer import Importer
from product_importer.errors import InvalidProfile, ProfileTaken
from product_importer.model import AUTO_PARSER, ImportState, RejectedRow, RowWarning, Status, profile_of
from product_importer.model.profile import merged
from product_importer.model.value_rules import ValueRule
from product_importer.ports import FormatParser
from product_importer.wire import question_object
from product_importer_web.actors import actor
from product_importer_web.api import new_imports, reading
from product_importer_web.api.option_bodies import PARTS, FileQuery, OptionsQuery
from product_importer_web.declarations import FORM, Place, Query
from product_importer_web.keys import IMPORTER, QUEUES, SETTINGS
from product_importer_web.pages import words
from product_importer_web.pages.choices import choices
from product_importer_web.pages.plans import PlanQuery, plan_of
from product_importer_web.rendering import render
from product_importer_web.routing import ID, Permission, Route

PATH: Final = "/imports"

_HOME_IMPORTS: Final = 10
_PAGE_ROWS: Final = 50
_COMPARED: Final = (Status.COMPLETED, Status.PLANNED)


class ImportQuery(PlanQuery, frozen=True):
    """``after``: only rejected rows after this record are listed. The rest is about the import's plan."""

    after: Place = 0


_ALL: Final = ImportQuery()


class HomeQuery(Query, frozen=True):
    """``again``: the import whose kept file is to be imported with other options."""

    again: Place = 0


async def show_home(request: web.Request) -> web.Response:
    importer = request.app[IMPORTER]
    again = reading.query(request, HomeQuery).again
    context = {
        "again": await importer.imports.state(again) if again else None,
        "imports": await importer.imports.recent(_HOME_IMPORTS),
        "choices": choices(importer),
        "uses": words.USES,
        "parsers": [AUTO_PARSER, *sorted(importer.plugins.parsers)],
        "parser": importer.settings.parser,
        "formats": _formats(importer),
        "accept": _suffixes(importer),
        "max_upload": request.app[SETTINGS].max_upload,
    }
    return render(request, "home.html", context)


def _formats(importer: Importer) -> list[str]:
    """The names of the formats that can be read, each once."""
    parsers = importer.plugins.parsers.values()
    return list(dict.fromkeys(parser.title for parser in parsers if isinstance(parser, FormatParser)))


def _suffixes(importer: Importer) -> list[str]:
    """The ends of the names of files that can be read, packed or not."""
    readers = (*importer.plugins.parsers.values(), *importer.plugins.codecs.values())
    return sorted({suffix for each in readers for suffix in getattr(each, "suffixes", ())})


async def begin(request: web.Request) -> web.Response:
    """Begins an import by a form from a browser without scripts: one file, and the options."""
    import_id, _ = await new_imports.of_file(request)
    raise web.HTTPSeeOther(f"{PATH}/{import_id}")


async def begin_of_url(request: web.Request) -> web.Response:
    """Begins an import of a URL, with the usual options."""
    importer = request.app[IMPORTER]
    url = str((await reading.form(request)).get("url", "")).strip()
    import_id, _ = await importer.imports.create_of_url(url, hand_over=True, actor=actor(request))
    request.app[QUEUES].wake_soon(importer, "import")
    raise web.HTTPSeeOther(f"{PATH}/{import_id}")


async def show_import(request: web.Request) -> web.Response:
    state = await request.app[IMPORTER].imports.state(_id(request))
    return render(request, "import.html", await _context(request, state, reading.query(request, ImportQuery)))


async def _context(request: web.Request, state: ImportState, given: ImportQuery = _ALL) -> dict[str, object]:
    importer = request.app[IMPORTER]
    after = given.after
    rejects = await _rejects(importer, state.id, after) if state.ended else []
    return {
        "state": state,
        "phase": words.phase(state),
        "elsewhere": words.elsewhere(state),
        "header_line": words.header_line(state),
        "pace": words.pace(state),
        "read": words.percent_read(state),
        "told": words.told(state),
        "plan": await plan_of(importer, state, given),
        "resubmissions": await importer.imports.resubmissions(state.id) if state.ended else [],
        "undos": await importer.imports.undos(state.id) if state.ended else [],
        "rejects": rejects[:_PAGE_ROWS],
        "more": len(rejects) > _PAGE_ROWS,
        "after": after,
        "rejects_formats": words.exports(importer, importer.imports.rejects_formats(state)),
        "warnings": await _warnings(importer, state) if state.ended else [],
        "compared": await importer.imports.compare(state.id) if state.status in _COMPARED else None,
        "questions": [question_object(question) for question in state.questions],
        **await _proposal(importer, state),
        "options": words.unusual(state.options),
        "rules": {column: ValueRule.of(rule).words for column, rule in state.rules.items()},
        "uses": words.USES,
        "delimiters": words.DELIMITERS,
        "figures": words.FIGURES,
        "alike": words.ALIKE,
        "remember": "",
        "remember_fault": "",
    }


async def answer(request: web.Request) -> web.Response:
    """Answers the questions of a waiting import, by the answers that were chosen in the form. A name under
    which they can't be remembered is said before the import goes on.
    """
    importer = request.app[IMPORTER]
    state = await importer.imports.state(_id(request))
    sent = await reading.form(request)
    given: dict[str, object] = {}
    chosen: dict[int, str] = {}
    for number, question in enumerate(state.questions):
        value = str(sent.get(f"answer{number}", ""))
        if any(value == each.value for each in question.answers):
            given = merged(given, question.given(value))
            chosen[number] = value
    name = str(sent.get("remember", "")).strip()
    if name and state.status is Status.WAITING and (fault := await _fault_of(importer, name)):
        return await _asked_again(request, state, chosen, name, fault)
    await importer.imports.answer(state.id, given, hand_over=True, actor=actor(request))
    request.app[QUEUES].wake_soon(importer, "import")
    if name:
        await _remember(request, await importer.imports.state(state.id), name)
    raise web.HTTPSeeOther(f"{PATH}/{state.id}")


async def _asked_again(
    request: web.Request,
    state: ImportState,
    chosen: Mapping[int, str],
    name: str,
    fault: InvalidProfile | ProfileTaken,
) -> web.Response:
    """Shows the form again as it was sent, with what is wrong with the name."""
    context = await _context(request, state)
    context |= {"remembered": "", "remembered_answers": chosen, "remember": name, "remember_fault": fault}
    taken = isinstance(fault, ProfileTaken)
    status = HTTPStatus.CONFLICT if taken else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "import.html", context, status)


async def cancel(request: web.Request) -> web.Response:
    await request.app[IMPORTER].imports.cancel(_id(request), actor=actor(request))
    raise web.HTTPSeeOther(f"{PATH}/{_id(request)}")


async def retry(request: web.Request) -> web.Response:
    """Resumes an import after the rows that are saved."""
    importer = request.app[IMPORTER]
    await importer.imports.hand_over(_id(request), actor=actor(request))
    request.app[QUEUES].wake_soon(importer, "import")
    raise web.HTTPSeeOther(f"{PATH}/{_id(request)}")


async def apply(request: web.Request) -> web.Response:
    """Has the plan of an import applied, which the page shows; a repeated request changes nothing. If the
    number of products that the file lacks has to be confirmed, the form has it. It may have a name under
    which the reading of the file is remembered.
    """
    importer = request.app[IMPORTER]
    state = await importer.imports.state(_id(request))
    sent = await reading.form(request)
    typed = str(sent.get("confirm_missing", "")).strip()
    name = str(sent.get("remember", "")).strip()
    if state.applied_at is None:
        if name and (fault := await _fault_of(importer, name)):
            return await _asked_again(request, state, {}, name, fault)
        await importer.imports.apply(
            state.id,
            atomic=sent.get("atomic") == "true",
            confirm_missing=state.to_confirm if typed == str(state.to_confirm) else None,
            hand_over=True,
            actor=actor(request),
        )
        request.app[QUEUES].wake_soon(importer, "import")
        if name:
            await _remember(request, state, name)
    raise web.HTTPSeeOther(f"{PATH}/{state.id}")


async def _fault_of(importer: Importer, name: str) -> InvalidProfile | ProfileTaken | None:
    """Returns why nothing can be remembered under this name, if that is so."""
    try:
        await importer.profiles.check_new(name)
    except (InvalidProfile, ProfileTaken) as error:
        return error
    return None


async def _remember(request: web.Request, state: ImportState, name: str) -> None:
    """Saves how the import reads its file, for files with the same columns."""
    await request.app[IMPORTER].profiles.save(
        name, profile_of(state.options), header=state.header, new=True, actor=actor(request)
    )


async def _proposal(importer: Importer, state: ImportState) -> dict[str, object]:
    """Returns the name of the latest profile that is remembered for files with these columns and answers any
    of the questions, and its answers, by the places of the questions.
    """
    asked = state.status is Status.WAITING and state.header
    for stored in await importer.profiles.fitting(state.header) if asked else ():
        values = {each.name: getattr(stored.profile, each.name) for each in fields(stored.profile)}
        answers = {
            number: answer.value
            for number, question in enumerate(state.questions)
            for answer in question.answers
            if question.answered_by(values) == answer.value
        }
        if answers:
            return {"remembered": stored.name, "remembered_answers": answers}
    return {"remembered": "", "remembered_answers": {}}


async def _rejects(importer: Importer, import_id: int, after: int) -> list[RejectedRow]:
    """Returns a page of rejected rows, and one more if there is one."""
    rows: list[RejectedRow] = []
    async for row in importer.imports.rejects(import_id, after=after):
        rows.append(row)
        if len(rows) > _PAGE_ROWS:
            break
    return rows


async def _warnings(importer: Importer, state: ImportState) -> list[tuple[str, int, list[RowWarning]]]:
    """Returns each code with its number of warnings and the first of them."""
    if not state.warnings:
        return []
    report = await importer.imports.report(state.id)
    return [
        (code, count, [warning for warning in report.warned if warning.code == code])
        for code, count in state.warnings.items()
    ]


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_CONFLICTS: Final = (HTTPStatus.CONFLICT, HTTPStatus.GONE, HTTPStatus.LOCKED)

ROUTES = (
    Route("GET", "/", show_home, Permission.VIEW, "page-home", query=(HomeQuery,)),
    Route(
        "POST", PATH, begin, Permission.EDIT, "page-imports-begin", streams_body=True,
        query=(FileQuery, OptionsQuery), body=PARTS, problems=new_imports.REFUSALS,
    ),
    Route("POST", f"{PATH}/url", begin_of_url, Permission.EDIT, "page-imports-begin-url", body=(FORM,)),
    Route("GET", f"{PATH}/{ID}", show_import, Permission.VIEW, "page-imports-one", query=(ImportQuery,)),
    Route(
        "POST", f"{PATH}/{ID}/answer", answer, Permission.EDIT, "page-imports-one-answer", body=(FORM,),
        problems=(*_CONFLICTS, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
    Route(
        "POST", f"{PATH}/{ID}/cancel", cancel, Permission.EDIT, "page-imports-one-cancel", problems=_CONFLICTS
    ),
    Route(
        "POST", f"{PATH}/{ID}/retry", retry, Permission.EDIT, "page-imports-one-retry",
        problems=(*_CONFLICTS, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
    Route(
        "POST", f"{PATH}/{ID}/apply", apply, Permission.EDIT, "page-imports-one-apply", body=(FORM,),
        problems=(*_CONFLICTS, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
)  # fmt: skip
