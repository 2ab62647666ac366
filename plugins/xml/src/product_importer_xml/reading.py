"""Feeds a file to expat, block by block.

Declared entities and attributes are refused: entities can expand without end, or read files, and a declared
attribute comes with each element, however long its default is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from product_importer.errors import FileError

if TYPE_CHECKING:
    from product_importer.ports import InputFile

_BLOCK_BYTES: Final = 1 << 16
_TOKEN_BYTES: Final = 64 << 20
"""A tag or comment may be as long: it is held in memory until its end is found."""

_CUT: Final = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    }
)
"""The errors of a document whose end is missing."""


def fed(file: InputFile, prepare: Callable[[expat.XMLParserType], None]) -> Iterator[int]:
    """Parses the file with the handlers that ``prepare`` sets; yields the bytes read after each block.

    Raises :class:`FileError`: ``damaged_file``, ``xml_entity``, ``row_too_long``. The missing end of
    a part is no error.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = _refuse_entity
    parser.AttlistDeclHandler = _refuse_attribute
    prepare(parser)
    done = 0
    with file.path.open("rb") as opened:
        try:
            while data := opened.read(_BLOCK_BYTES):
                parser.Parse(data, False)
                done += len(data)
                if done - parser.CurrentByteIndex > _TOKEN_BYTES:
                    raise _too_long(parser.CurrentLineNumber)
                yield done
            if file.complete:
                parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise _damaged(error) from error
        except (LookupError, ValueError) as error:  # an encoding that expat doesn't know
            raise FileError(
                f"The XML can't be decoded: {error}. Export it anew as UTF-8.", code="undecodable"
            ) from error


def _refuse_entity(name: str, *_: object) -> None:
    raise FileError(
        f"The XML declares an entity ({name}), which can expand without end or read other files. Export the "
        "file without a document type.",
        code="xml_entity",
    )


def _refuse_attribute(element: str, name: str, *_: object) -> None:
    raise FileError(
        f"The XML declares an attribute ({name} of {element}), which every element could have without a "
        "limit on its length. Export the file without a document type.",
        code="xml_entity",
    )


def _too_long(line: int) -> FileError:
    return FileError(
        f"A tag or comment on line {line:,} of the XML has more than {_TOKEN_BYTES:,} bytes. Export the file "
        "anew.",
        code="row_too_long",
        line=line,
    )


def _damaged(error: expat.ExpatError) -> FileError:
    cut = error.code in _CUT
    words = "the file ends too early: it was cut off" if cut else expat.ErrorString(error.code)
    return FileError(
        f"The XML is broken on line {error.lineno:,}: {words}. Export the file anew, and check that the "
        "whole file was transferred.",
        code="damaged_file",
        line=error.lineno,
    )
