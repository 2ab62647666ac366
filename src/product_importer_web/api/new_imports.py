"""Creates imports by ``POST /api/v1/imports``: of a form with a file, a file alone, a complete upload,
or a URL.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from product_importer import Importer
from product_importer.errors import QuestionsOpen, UploadNotFound
from product_importer.model import ImportOptions, Once
from product_importer_web.actors import actor
from product_importer_web.api import looking, reading, sent_files
from product_importer_web.api.charsets import with_declared
from product_importer_web.api.import_bodies import ImportShown
from product_importer_web.api.imports import PATH, shown_import
from product_importer_web.api.incoming import Incoming
from product_importer_web.api.option_bodies import PARTS, FileQuery, NewImport, OptionsQuery
from product_importer_web.api.options import options_of_json, options_of_texts
from product_importer_web.api.tus_headers import content_type_of
from product_importer_web.declarations import Answer, Content, Header
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.problems import Problem, field_fault
from product_importer_web.routing import Permission, Route

_JSON: Final = "application/json"
_LONGEST_KEY: Final = 255


REFUSALS: Final = (
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.LOCKED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INSUFFICIENT_STORAGE,
)
"""Statuses with which an upload, or the storage, may prevent an import."""


async def create_import(request: web.Request) -> web.Response:
    """Creates an import of a file or of an upload; the import waits for a worker."""
    key = _key(request)
    if request.content_type == "application/x-www-form-urlencoded":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the file as multipart/form-data, or as it is with its own Content-Type, such as text/csv.",
        )
    if request.content_type == _JSON:
        import_id, new = await _of_json(request, key)
    else:
        import_id, new = await of_file(request, key)
    shown = shown_import(await request.app[IMPORTER].imports.state(import_id))
    headers = {"Location": f"{PATH}/{import_id}"} | ({} if new else {"Idempotency-Replayed": "true"})
    return web.json_response(shown, status=HTTPStatus.ACCEPTED, headers=headers)


async def of_file(request: web.Request, key: str | None = None) -> tuple[int, bool]:
    """Creates an import of the request's file; returns its id, and whether it is new, not found by key."""
    digest = hashlib.sha256() if key else None
    sent = await sent_files.receive(request, digest)
    assert sent.upload is not None
    new = False
    try:
        options = await options_of_texts(request.app[IMPORTER], sent.fields)
        what = [sent.upload.filename, sorted(sent.fields), digest.hexdigest() if digest else None]
        import_id, new = await _create(request, sent.upload.id, options, key, what)
    finally:
        if not new:
            await sent_files.give_up(request, sent)
    return import_id, new


async def _of_json(request: web.Request, key: str | None) -> tuple[int, bool]:
    await Incoming(request).whole()
    given = await reading.json_object(request, NewImport)
    upload_id, url = given.pop("upload", None), given.pop("url", None)
    if isinstance(upload_id, str) == isinstance(url, str):
        message = "Name what is to be imported as a text: either the id of an upload, or the URL of a file."
        fault = field_fault("upload", "upload_missing", message)
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "upload_missing", message, errors=[fault])
    importer = request.app[IMPORTER]
    pairs = sent_files.options_in_address(request)
    options = await options_of_json(importer, given, pairs)
    what = [upload_id or url, sorted((name, str(value)) for name, value in (*given.items(), *pairs))]
    if isinstance(url, str):
        made = await importer.imports.create_of_url(
            url, options, once=_once(key, what), hand_over=True, actor=actor(request)
        )
        request.app[QUEUES].wake_soon(importer, "import")
        return made
    assert isinstance(upload_id, str)
    if options.encoding is None:
        options = replace(options, encoding=await _declared(importer, upload_id))
    return await _create(request, upload_id, options, key, what)


async def _declared(importer: Importer, upload_id: str) -> str | None:
    """Returns the encoding that the upload's sender declared, if it tells anything."""
    try:
        upload = await importer.uploads.get(upload_id)
    except UploadNotFound:
        return None  # an import with the same key may have taken the upload over
    return dict(with_declared((), content_type_of(upload))).get("encoding")


async def _create(
    request: web.Request, upload_id: str, options: ImportOptions, key: str | None, what: Any
) -> tuple[int, bool]:
    importer = request.app[IMPORTER]
    if options.questions == "refuse":
        await _refuse_questions(importer, upload_id, options)
    import_id, new = await importer.imports.create_from_upload(
        upload_id, options, once=_once(key, what), hand_over=True, actor=actor(request)
    )
    request.app[QUEUES].wake_soon(importer, "import")
    return import_id, new


async def _refuse_questions(importer: Importer, upload_id: str, options: ImportOptions) -> None:
    """Raises :class:`QuestionsOpen` if the upload's first part, or the first rows of a format that needs the
    whole file, raise questions that the rest can't answer. The import finds the other questions, and fails.
    """
    inspect = importer.imports.inspect
    first_rows = partial(inspect, rows=looking.MOST_ROWS, shapes=False)
    with suppress(UploadNotFound):  # an import with the same key may have taken the upload over
        seen = await looking.seen_of(importer, upload_id)
        found = await looking.found(importer, inspect, seen, options, into_all=first_rows)
        certain = tuple(each for each in found.questions if each.code not in found.provisional)
        if certain:
            raise QuestionsOpen(certain)


def _once(key: str | None, what: Any) -> Once | None:
    return Once(key, hashlib.sha256(json.dumps(what).encode()).digest()) if key else None


def _key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (key.isprintable() and 0 < len(key) <= _LONGEST_KEY):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "bad_idempotency_key",
            f"The header Idempotency-Key has to have 1 to {_LONGEST_KEY} printable characters.",
        )
    return key


ROUTES = (
    Route(
        "POST", PATH, create_import, Permission.EDIT, "api-imports-create", streams_body=True,
        query=(FileQuery, OptionsQuery), body=(Content(_JSON, NewImport), *PARTS),
        headers=(
            Header(
                "Idempotency-Key", "The same key with the same request: the import that was made before.",
                pattern=f".{{1,{_LONGEST_KEY}}}",
            ),
        ),
        answers=(
            Answer(HTTPStatus.ACCEPTED, ImportShown, headers=("Location", "Idempotency-Replayed")),
        ),
        problems=REFUSALS,
    ),
)  # fmt: skip
