"""Parses tus's headers: versions, numbers, names, checksums. See
https://tus.io/protocols/resumable-upload.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from aiohttp import web

from product_importer.cells.shortening import quoted
from product_importer.model import Checksum, Upload
from product_importer_web.problems import Problem
from product_importer_web.texts import check_texts

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,termination,expiration,checksum"
ALGORITHMS: Final = ("sha1", "sha256")
CONTENT_TYPE: Final = "application/offset+octet-stream"

_LONGEST_NOTE: Final = 8_192


def check_version(request: web.Request) -> None:
    """Raises :class:`Problem`, 412, for another version of tus."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Problem(
            HTTPStatus.PRECONDITION_FAILED,
            "tus_version",
            f"Send Tus-Resumable: {VERSION}; this is the version of the tus protocol that is spoken here.",
            headers={"Tus-Version": VERSION},
        )


def number(request: web.Request, name: str) -> int:
    """Returns the header's number. Raises :class:`Problem`, 400."""
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _bad(f"The header {name} has to be a whole number of bytes.")
    return int(text)


def metadata(request: web.Request) -> tuple[str, Mapping[str, str]]:
    """Returns the header Upload-Metadata as sent, and its content. Raises :class:`Problem`, 400."""
    header = request.headers.get("Upload-Metadata", "")
    if len(header) > _LONGEST_NOTE:
        raise _bad(f"The header Upload-Metadata has more than {_LONGEST_NOTE:,} characters.")
    return header, _metadata(header)


def content_type_of(upload: Upload) -> str | None:
    """Returns the file's media type, if the upload's metadata name one as tus's clients do."""
    try:
        return content_type(_metadata(upload.note))
    except Problem:  # the note doesn't come from tus
        return None


def content_type(known: Mapping[str, str]) -> str | None:
    """Returns the file's media type from an upload's metadata."""
    return known.get("filetype") or known.get("type") or known.get("contentType")


def _metadata(header: str) -> Mapping[str, str]:
    if not (header.isascii() and header.isprintable()):
        raise _bad("The header Upload-Metadata has a character that isn't ASCII. Send the values in base64.")
    found = {}
    for pair in filter(None, map(str.strip, header.split(","))):
        name, _, coded = pair.partition(" ")
        try:
            found[name] = base64.b64decode(coded.strip(), validate=True).decode()
        except ValueError:
            raise _bad(
                f"In the header Upload-Metadata, the value of {quoted(name)} isn't UTF-8 text in base64."
            ) from None
    check_texts(found.items())
    return found


def checksum(request: web.Request) -> Checksum | None:
    """Returns the checksum of the header Upload-Checksum. Raises :class:`Problem`, 400."""
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, coded = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise _bad(f"Upload-Checksum names {quoted(algorithm)}. Known: {', '.join(ALGORITHMS)}.")
    try:
        digest = base64.b64decode(coded.strip(), validate=True)
    except ValueError:
        digest = b""
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise _bad(f"Upload-Checksum has no {algorithm} digest in base64.")
    return Checksum(algorithm, digest)


def of_upload(upload: Upload) -> dict[str, str]:
    """Returns the headers that tell how much of the upload has arrived, and when it expires."""
    return {
        "Upload-Offset": str(upload.received),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


def _bad(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "bad_header", detail)
