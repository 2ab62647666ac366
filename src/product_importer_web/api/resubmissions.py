"""The API for rejected rows at ``/api/v1/imports/{id}``: by fault, corrected, checked and resubmitted."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from aiohttp import web

from product_importer.model.resubmissions import CorrectedRow, Correction
from product_importer.wire import reject_object
from product_importer_web.actors import actor
from product_importer_web.api import reading, sent_files
from product_importer_web.api.import_bodies import ImportShown
from product_importer_web.api.imports import PATH, shown_import
from product_importer_web.api.incoming import Incoming
from product_importer_web.api.new_imports import REFUSALS
from product_importer_web.api.option_bodies import FileQuery
from product_importer_web.api.resubmission_bodies import (
    CheckBody,
    ChecksShown,
    CorrectedForm,
    FaultsShown,
    RejectedQuery,
    RejectedShown,
    ResubmissionBody,
)
from product_importer_web.declarations import ANY_TYPE, JSON, Answer, Content, json_of
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.problems import Problem, field_fault
from product_importer_web.routing import ID, Permission, Route
from product_importer_web.wording import object_for_api

if TYPE_CHECKING:
    from product_importer.model.resubmissions import Fault
    from product_importer_web.api.resubmission_bodies import CorrectionBody, RowBody

_DECLARED: Final = "encoding"
"""The option that a file's Content-Type may give."""

_MOST_BYTES: Final = 16 << 20
"""Maximum number of bytes of corrected rows in one request. Rows that are corrected together on a page, as
many as a browser keeps, make one resubmission.
"""


async def faults(request: web.Request) -> web.Response:
    """Returns the rejected rows in groups of the same first error, and the imports of corrected rows."""
    importer = request.app[IMPORTER]
    state = await importer.imports.state(_id(request))
    found = await importer.imports.faults(state.id)
    resubmissions = await importer.imports.resubmissions(state.id)
    return web.json_response(
        {
            "place": state.place,
            "faults": [object_for_api(_fault(fault)) for fault in found],
            "resubmissions": [asdict(each) for each in resubmissions],
        }
    )


async def rejected(request: web.Request) -> web.Response:
    """Returns a page of rejected rows, of all faults or of one."""
    importer = request.app[IMPORTER]
    given = reading.query(request, RejectedQuery)
    state = await importer.imports.state(_id(request))
    found = await importer.imports.rejected(
        state.id, code=given.code, column=given.column, after=given.after, limit=given.limit + 1
    )
    shown, following = found[: given.limit], None
    if len(found) > given.limit:
        kept = {"code": given.code, "column": given.column, "limit": given.limit, "after": shown[-1].record}
        parameters = {name: value for name, value in kept.items() if value is not None}
        following = f"{PATH}/{state.id}/rejected?{urlencode(parameters)}"
    return web.json_response(
        {
            "place": state.place,
            "columns": importer.imports.own_columns(state),
            "rejects": [object_for_api(reject_object(row)) for row in shown],
            "next": following,
        }
    )


async def check(request: web.Request) -> web.Response:
    """Says of corrected rows what an import would say; imports nothing."""
    given = await reading.body(request, CheckBody)
    correction = None if given.correction is None else _correction(given.correction)
    found = await request.app[IMPORTER].imports.check(_id(request), _rows(given.rows), correction)
    return web.json_response({"rows": [object_for_api(asdict(row)) for row in found]})


async def resubmit(request: web.Request) -> web.Response:
    """Creates an import of corrected rows, or of a corrected file of rejected rows."""
    importer = request.app[IMPORTER]
    if request.content_type == JSON:
        request = request.clone(client_max_size=_MOST_BYTES)
        await Incoming(request).whole()
        given = await reading.body(request, ResubmissionBody)
        import_id = await importer.imports.resubmit(
            _id(request),
            _rows(given.rows),
            corrections=tuple(map(_correction, given.corrections)),
            hand_over=True,
            actor=actor(request),
        )
    else:
        import_id = await _of_file(request)
    request.app[QUEUES].wake_soon(importer, "import")
    shown = shown_import(await importer.imports.state(import_id))
    headers = {"Location": f"{PATH}/{import_id}"}
    return web.json_response(shown, status=HTTPStatus.ACCEPTED, headers=headers)


async def _of_file(request: web.Request) -> int:
    importer = request.app[IMPORTER]
    importer.imports.check_resubmittable(await importer.imports.state(_id(request)))
    sent = await sent_files.receive(request)
    assert sent.upload is not None
    done = False
    try:
        for name, _ in sent.fields:
            if name != _DECLARED:
                message = "Corrected rows are read and merged like their import, so no options are taken."
                fault = field_fault(name, "unknown_field", message)
                raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "usage", message, errors=[fault])
        import_id: int = await importer.imports.resubmit_upload(
            *(_id(request), sent.upload.id),
            encoding=dict(sent.fields).get(_DECLARED),
            hand_over=True,
            actor=actor(request),
        )
        done = True
    finally:
        if not done:
            await sent_files.give_up(request, sent)
    return import_id


def _fault(fault: Fault) -> dict[str, Any]:
    """A group of rejected rows with the same first error; ``message`` and ``value`` are its first row's."""
    first = fault.example
    return {
        "code": fault.code,
        "column": fault.column,
        "rows": fault.rows,
        "line": first.line,
        "record": first.record,
        "message": first.errors[0].message,
        "value": first.errors[0].value,
    }


def _rows(rows: tuple[RowBody, ...]) -> list[CorrectedRow]:
    return [CorrectedRow(row.record, row.cells) for row in rows]


def _correction(given: CorrectionBody) -> Correction:
    return Correction(code=given.code, column=given.column, value=given.value, steps=tuple(given.steps or ()))


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_ONE: Final = f"{PATH}/{ID}"

ROUTES = (
    Route(
        "GET", f"{_ONE}/faults", faults, Permission.VIEW, "api-imports-faults",
        answers=(Answer(HTTPStatus.OK, FaultsShown),),
    ),
    Route(
        "GET", f"{_ONE}/rejected", rejected, Permission.VIEW, "api-imports-rejected",
        query=(RejectedQuery,), answers=(Answer(HTTPStatus.OK, RejectedShown),),
    ),
    Route(
        "POST", f"{_ONE}/rejects/check", check, Permission.EDIT, "api-imports-check",
        body=json_of(CheckBody), answers=(Answer(HTTPStatus.OK, ChecksShown),),
        problems=(HTTPStatus.CONFLICT, HTTPStatus.INSUFFICIENT_STORAGE),
    ),
    Route(
        "POST", f"{_ONE}/resubmit", resubmit, Permission.EDIT, "api-imports-resubmit", streams_body=True,
        query=(FileQuery,),
        body=(
            Content(JSON, ResubmissionBody), Content("multipart/form-data", CorrectedForm),
            Content(ANY_TYPE, required=False),
        ),
        answers=(Answer(HTTPStatus.ACCEPTED, ImportShown, headers=("Location",)),),
        problems=REFUSALS,
    ),
)  # fmt: skip
