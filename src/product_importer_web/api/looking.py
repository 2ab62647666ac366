"""Looks into a file before its import: into its first part, or into all of it where its format needs that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeVar

from aiohttp import web

from product_importer import Importer, ImportOptions
from product_importer.model import Inspection, Preview
from product_importer_web.api import reading
from product_importer_web.api.charsets import with_declared
from product_importer_web.api.option_bodies import FileQuery, PartQuery
from product_importer_web.api.options import options_of_texts
from product_importer_web.api.sent_files import receive_head
from product_importer_web.api.tus_headers import content_type_of
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import MAX_BODY

Found = TypeVar("Found", Preview, Inspection)

MOST_ROWS: Final = 5_000
"""Rows that are looked at where somebody waits: all rows of a large workbook take too long."""

_NO_OPTIONS: Final = (*PartQuery.__struct_fields__, *FileQuery.__struct_fields__)


class Seen(NamedTuple):
    """The first part of a file, ``complete`` if it is all. ``upload`` is the id of the whole file, if that
    has arrived. ``profile`` is the name of the stored profile among the options.
    """

    head: bytes
    filename: str
    complete: bool
    upload: str | None = None
    profile: str = ""


async def part(request: web.Request, *others: str) -> tuple[Seen, ImportOptions]:
    """Returns what the request's body shows of a file, and the options in its address or in the body's form;
    ``others`` are the names of parameters in the address that are no options.
    """
    complete = reading.query(request, PartQuery).complete
    sent = await receive_head(request)
    given = _given(request, others, sent.fields)
    options = await options_of_texts(request.app[IMPORTER], with_declared(given, sent.content_type))
    return Seen(sent.head or b"", sent.filename, complete, profile=_profile(given)), options


async def upload(request: web.Request, *others: str) -> tuple[Seen, ImportOptions]:
    """Returns what has arrived of the upload in the request's address, and the options there or in a form, as
    :func:`part` does.
    """
    fields = [(name, str(text)) for name, text in (await reading.form(request)).items()]
    importer, upload_id = request.app[IMPORTER], request.match_info["upload"]
    seen = await seen_of(importer, upload_id)
    declared = content_type_of(await importer.uploads.get(upload_id))
    given = _given(request, others, fields)
    options = await options_of_texts(importer, with_declared(given, declared))
    return seen._replace(profile=_profile(given)), options


async def seen_of(importer: Importer, upload_id: str) -> Seen:
    """Returns what has arrived of an upload. Raises :class:`UploadNotFound`."""
    head, complete = await importer.uploads.head(upload_id, MAX_BODY)
    found = await importer.uploads.get(upload_id)
    return Seen(head, found.filename, complete, upload_id if found.complete else None)


async def found(
    importer: Importer,
    look: Callable[..., Awaitable[Found]],
    seen: Seen,
    options: ImportOptions,
    *,
    into_all: Callable[..., Awaitable[Found]] | None = None,
) -> Found:
    """Looks into the first part of the file, or into all of it where its format needs that. ``look`` is
    ``Importer.imports.preview`` or ``inspect``; ``into_all`` looks in its place into all of the file.
    """
    first = await look(seen.head, options, complete=seen.complete, filename=seen.filename)
    if seen.upload is None or first.problem is None or first.problem.code != "whole_file_needed":
        return first
    async with importer.uploads.local(seen.upload) as path:
        return await (into_all or look)(path, options, filename=seen.filename)


def _given(
    request: web.Request, others: Sequence[str], fields: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The options in the address, without the parameters that are none, and those in a form."""
    no_options = (*_NO_OPTIONS, *others)
    return [*((name, text) for name, text in request.query.items() if name not in no_options), *fields]


def _profile(given: Sequence[tuple[str, str]]) -> str:
    return dict(given).get("profile", "")
