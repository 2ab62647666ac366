"""Receives a file and its options in one request, a form or the file alone; stores the file as it arrives."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from product_importer.cells.shortening import quoted, shortened
from product_importer.errors import ProductImporterError
from product_importer.model import Upload
from product_importer.support.waiting import to_the_end
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.charsets import with_declared
from product_importer_web.api.incoming import Incoming
from product_importer_web.api.option_bodies import FileQuery
from product_importer_web.api.options import options_of_texts
from product_importer_web.keys import IMPORTER
from product_importer_web.problems import Problem, field_fault, too_large
from product_importer_web.routing import MAX_BODY
from product_importer_web.texts import check_texts

FILE: Final = "file"
_READ_BYTES: Final = 65_536
_EFFORT: Final = 100
"""Minimum number of bytes that a field counts for, so that very many short fields are refused, too."""

_NAMELESS: Final = "upload.csv"
_FORM: Final = "multipart/form-data"


@dataclass(slots=True)
class SentFile:
    """The content of a request. ``digest``, if not None, is updated with the file's bytes. The file is stored
    as ``upload``, or is ``head``, if only its first part was sent.

    ``content_type``: that of the file, if it is a part of a form. ``fields`` and ``filename`` come from the
    address first; a form adds its own. ``field_bytes``: the size of the fields and their names, with a
    minimum for each.
    """

    digest: hashlib._Hash | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    field_bytes: int = 0
    upload: Upload | None = None
    head: bytes | None = None
    content_type: str | None = None
    filename: str = ""


_Keep = Callable[[web.Request, SentFile, str, AsyncIterator[bytes]], Awaitable[None]]
"""What keeps a file, of this name, whose blocks arrive."""


async def receive(request: web.Request, digest: hashlib._Hash | None = None) -> SentFile:
    """Receives the whole request. If that fails, nothing of it is kept.

    Raises :class:`Problem`, and the errors of :meth:`Uploads.receive`.
    """
    filename = reading.query(request, FileQuery).filename
    sent = SentFile(digest, options_in_address(request), filename=filename)
    try:
        if request.content_type == _FORM:
            await _receive_form(request, sent, _store)
        else:
            await _receive_body(request, sent)
    except BaseException:
        await give_up(request, sent)
        raise
    return sent


async def receive_head(request: web.Request) -> SentFile:
    """Receives the first part of a file: in a form with its options, or alone. Options in the address aren't
    among the fields. Raises :class:`Problem`.
    """
    sent = SentFile(filename=reading.query(request, FileQuery).filename)
    if request.content_type == _FORM:
        await _receive_form(request, sent, _keep_head)
    else:
        sent.content_type = request.headers.get("Content-Type")
        await _keep_head(request, sent, sent.filename, Incoming(request).blocks())
    return sent


def options_in_address(request: web.Request) -> list[tuple[str, str]]:
    """Returns the address's parameters that are options."""
    return [pair for pair in request.query.items() if pair[0] not in FileQuery.__struct_fields__]


async def give_up(request: web.Request, sent: SentFile) -> None:
    """Removes the file, unless an import has taken it over. If that fails, the upload expires."""
    if sent.upload is not None:
        with suppress(ProductImporterError):
            await to_the_end(request.app[IMPORTER].uploads.remove(sent.upload.id))


async def _receive_body(request: web.Request, sent: SentFile) -> None:
    sent.fields = with_declared(sent.fields, request.headers.get("Content-Type"))
    await options_of_texts(
        request.app[IMPORTER], sent.fields
    )  # wrong options are refused before the file is read
    incoming = Incoming(request)
    incoming.check_length()
    await _store(request, sent, sent.filename or _NAMELESS, _seen(incoming.blocks(), sent.digest))


async def _store(request: web.Request, sent: SentFile, filename: str, blocks: AsyncIterator[bytes]) -> None:
    sent.upload = await request.app[IMPORTER].uploads.receive(filename, blocks, actor=actor(request))


async def _keep_head(_: web.Request, sent: SentFile, filename: str, blocks: AsyncIterator[bytes]) -> None:
    head = bytearray()
    async for block in blocks:
        head += block
        if len(head) > MAX_BODY:
            raise too_large(MAX_BODY)
    sent.head, sent.filename = bytes(head), filename


async def _receive_form(request: web.Request, sent: SentFile, keep: _Keep) -> None:
    incoming = Incoming(request)
    incoming.check_length(slack=MAX_BODY)
    try:
        parts = await request.multipart()
        while (part := await incoming.within(parts.next())) is not None:
            await _receive_part(request, part, incoming, sent, keep)
    except (
        HttpProcessingError,
        ValueError,
        LookupError,
        AssertionError,
    ) as error:  # aiohttp's errors for a malformed form
        raise Problem(HTTPStatus.BAD_REQUEST, "bad_form", f"The form can't be read: {error}.") from error
    if sent.upload is None and sent.head is None:
        raise _unfit(FILE, "file_missing", f"The form has no file. Send it as the field {FILE!r}.")
    sent.fields = with_declared(sent.fields, sent.content_type)


async def _receive_part(
    request: web.Request, part: object, incoming: Incoming, sent: SentFile, keep: _Keep
) -> None:
    if not isinstance(part, BodyPartReader) or part.name is None:
        raise Problem(HTTPStatus.BAD_REQUEST, "bad_form", "Each part of the form has to be a named field.")
    check_texts([(part.name, ""), ("filename", part.filename or "")])
    if part.headers.keys() & {"Content-Encoding", "Content-Transfer-Encoding"}:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "content_encoding",
            f"The field {quoted(part.name)} is sent in an encoding. Send it as it is.",
        )
    if part.name != FILE:
        await _receive_field(part, incoming, sent)
        return
    if sent.upload is not None or sent.head is not None:
        raise _unfit(FILE, "several_files", "Send one file with each request: each is an import of its own.")
    await options_of_texts(
        request.app[IMPORTER], sent.fields
    )  # wrong options are refused before the file is read
    sent.content_type = part.headers.get("Content-Type")
    with_declared(sent.fields, sent.content_type)
    blocks = _seen(incoming.blocks_of(lambda: part.read_chunk(_READ_BYTES)), sent.digest)
    await keep(request, sent, part.filename or sent.filename or _NAMELESS, blocks)


async def _receive_field(part: BodyPartReader, incoming: Incoming, sent: SentFile) -> None:
    assert part.name is not None
    text = bytearray()
    sent.field_bytes += len(part.name) + _EFFORT
    async for block in incoming.blocks_of(lambda: part.read_chunk(_READ_BYTES)):
        text += block
        sent.field_bytes += len(block)
        if sent.field_bytes > MAX_BODY:
            break
    if sent.field_bytes > MAX_BODY:
        raise _unfit(part.name, "too_long", f"The form's fields, up to {shortened(part.name)}, are too long.")
    try:
        sent.fields.append((part.name, text.decode()))
    except UnicodeDecodeError:
        raise _unfit(part.name, "not_utf8", f"{shortened(part.name)} is no UTF-8 text.") from None
    check_texts(sent.fields[-1:])


async def _seen(blocks: AsyncIterator[bytes], digest: hashlib._Hash | None) -> AsyncIterator[bytes]:
    async for block in blocks:
        if digest is not None:
            digest.update(block)
        yield block


def _unfit(name: str, code: str, message: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, code, message, errors=[field_fault(name, code, message)])
