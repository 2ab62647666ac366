"""What a server says about a file that was fetched from it is used where the file itself leaves it open."""

from __future__ import annotations

import codecs
import mimetypes
from typing import TYPE_CHECKING, Final

from product_importer.delimited.encodings.guessing import blocks_of, guess_encoding
from product_importer.delimited.encodings.names import known_encoding
from product_importer.delimited.other_formats import is_other_format
from product_importer.errors import EncodingUnclear, UsageError
from product_importer.ports import FormatParser
from product_importer.storage.names import file_name

if TYPE_CHECKING:
    from pathlib import Path

    from product_importer.delimited.encodings.guessing import Blocks
    from product_importer.ports import Fetched
    from product_importer.registry import PluginSet

_HEAD_BYTES: Final = 1 << 20
_GENERAL: Final = "text/plain"
"""Servers give this media type to files of any format that is text."""

_DEFAULT: Final = "iso8859-1"
"""Servers are often set up to name this charset for every text, so it tells nothing about a file."""


def name_of(fetched: Fetched, otherwise: str, plugins: PluginSet) -> str:
    """Returns the file's name, with the suffix of its media type if no format has the name's suffix."""
    name = file_name(fetched.filename or otherwise)
    formats = [each for each in plugins.parsers.values() if isinstance(each, FormatParser)]
    suffixes = [suffix for each in formats for suffix in each.suffixes]
    suffixes += [suffix for each in plugins.codecs.values() for suffix in each.suffixes]
    if fetched.media_type in (None, _GENERAL) or name.lower().endswith(tuple(suffixes)):
        return name
    of_type = [each for each in formats if fetched.media_type in each.media_types and each.suffixes]
    if not of_type:
        return name
    usual = mimetypes.guess_extension(fetched.media_type or "", strict=False)
    known = of_type[0].suffixes
    return file_name(f"{name}{usual if usual in known else known[0]}")


def encoding_of(path: Path, charset: str | None) -> str | None:
    """Returns the encoding that the server names, if it is one of those that the text may be in and the text
    doesn't show which of them it is; otherwise None.
    """
    try:
        declared = known_encoding(charset) if charset else _DEFAULT
    except UsageError:
        return None
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        complete = not file.read(1)
    if declared == _DEFAULT or is_other_format(head):
        return None
    blocks = blocks_of(path)
    try:
        guess_encoding(head, blocks, complete=complete)
    except EncodingUnclear as error:
        if any(_alike(blocks, declared, choice.encoding) for choice in error.choices):
            return declared
    return None


def _alike(blocks: Blocks, one: str, other: str) -> bool:
    """Returns whether both encodings can decode the text, and give the same characters."""
    decoders = [codecs.getincrementaldecoder(name)() for name in (one, other)]
    try:
        return all(decoders[0].decode(block) == decoders[1].decode(block) for block in blocks())
    except UnicodeDecodeError:
        return False
