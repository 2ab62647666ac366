"""Reads a text file of any size block by block, and reports exactly where it can't be decoded."""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from product_importer.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

BLOCK_BYTES = 262_144
ESCAPE = b"\x1b"

_LINE_END = r"\r\n|\r|\n"


class TextBlock(NamedTuple):
    """A piece of a file's text. ``end``: how many bytes of the file have been read up to its end.

    ``utf8``: the text in UTF-8, if the file is encoded in it.
    """

    text: str
    end: int
    utf8: bytes | None = None


class TextFile:
    """A file's text in pieces, without a byte order mark.

    ``encoding`` may have been guessed from the file's head alone, which was ASCII. Then ``otherwise`` is
    called for the real encoding if the first byte beyond ASCII shows that the file isn't UTF-8, or if an
    escape among ASCII bytes may switch to other letters. The text read until then is the same in both
    encodings, so reading goes on in the other one.
    """

    def __init__(self, path: Path, encoding: str, otherwise: Callable[[], str] | None = None) -> None:
        self.encoding = encoding
        self._path = path
        self._otherwise = otherwise if encoding == "utf-8" else None

    def blocks(self) -> Generator[TextBlock]:
        """Yields the pieces, once. Raises :class:`FileError`: code ``undecodable`` after the last text that
        can be decoded, and the errors of ``otherwise``.
        """
        decoder = codecs.getincrementaldecoder(self.encoding)()
        offset = 0
        at_start = ascii_only = True
        try:
            with self._path.open("rb") as file:
                while True:
                    data = file.read(BLOCK_BYTES)
                    state = decoder.getstate()
                    utf8 = None
                    try:
                        text = decoder.decode(data, final=not data)
                        if ESCAPE in data and ascii_only and text.isascii() and self._changes():
                            decoder = codecs.getincrementaldecoder(self.encoding)()
                            state = decoder.getstate()
                            text = decoder.decode(data)
                        if self.encoding == "utf-8":
                            utf8 = _consumed(state[0] + data, decoder)
                        elif not self.encoding.startswith("utf-8"):
                            text.encode()  # UTF-16 and the like accept half a surrogate pair
                    except UnicodeError as found:
                        decoder.setstate(state)
                        text, position, error = _text_before(found, decoder, data, offset)
                        if ascii_only and text.isascii() and self._is_other(error):
                            pending = state[0] + data
                            decoder = codecs.getincrementaldecoder(self.encoding)()
                            text += decoder.decode(pending[position - offset + len(state[0]) :])
                        else:
                            yield TextBlock(text.removeprefix("\ufeff") if at_start else text, position)
                            raise _undecodable(
                                error,
                                position,
                                _line_at(self._path, self.encoding, position),
                                self.encoding,
                            ) from None
                    offset += len(data)
                    ascii_only = ascii_only and text.isascii()
                    if at_start and text:
                        text = text.removeprefix("\ufeff")
                        utf8 = None if utf8 is None else utf8.removeprefix(codecs.BOM_UTF8)
                        at_start = False
                    yield TextBlock(text, offset, utf8)
                    if not data:
                        return
        except OSError as error:
            raise FileError(f"{self._path} can't be read: {error.strerror}.") from error

    def _is_other(self, error: UnicodeError) -> bool:
        """Whether the file has another encoding; sets ``encoding`` to it."""
        if self._otherwise is None or not isinstance(error, UnicodeDecodeError):
            return False
        if error.reason == "unexpected end of data" and error.end == len(error.object):
            return False  # the end is cut off, as in a preview's part of a file
        return self._changes()

    def _changes(self) -> bool:
        """Whether the whole file shows another encoding; sets ``encoding`` to it."""
        if self._otherwise is None:
            return False
        encoding = self._otherwise()
        self._otherwise = None
        changed = encoding != self.encoding
        self.encoding = encoding
        return changed


def from_line(blocks: Iterable[TextBlock], line: int) -> Iterator[TextBlock]:
    """Yields the blocks without what stands above the line, which begins in the first block with text."""
    for block in blocks:
        text, utf8 = block.text, block.utf8
        if text and line > 1:
            text = text[start_of_line(text, line) :]
            utf8, line = None if utf8 is None else text.encode(), 1
        yield TextBlock(text, block.end, utf8)


def start_of_line(text: str, line: int) -> int:
    """The place in the text at which the line begins; its end if there are fewer lines."""
    if line == 1:
        return 0
    ends = islice(re.finditer(_LINE_END, text), line - 2, None)
    return next((end.end() for end in ends), len(text))


def _consumed(data: bytes, decoder: codecs.IncrementalDecoder) -> bytes:
    """The bytes without those that the decoder keeps back, of a character that goes on in the next block."""
    kept = len(decoder.getstate()[0])
    return data[:-kept] if kept else data


def count_line_ends(text: str) -> int:
    """The number of line ends in ``text``: LF, CRLF and a bare CR are one each."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _text_before(
    error: UnicodeError, decoder: codecs.IncrementalDecoder, data: bytes, offset: int
) -> tuple[str, int, UnicodeError]:
    """The text before the first bad byte, that byte's place in the file, and the error about it."""
    position = _position(error, offset, len(data))
    try:
        return decoder.decode(data[: max(position - offset, 0)]), position, error
    except UnicodeError as first:  # UTF-16 without a byte order mark: the first byte is bad already
        return "", offset, first


def _position(error: UnicodeError, offset: int, length: int) -> int:
    """The place of the first bad byte in the file; bytes that the decoder kept back are before ``offset``."""
    if isinstance(error, UnicodeDecodeError):
        return offset + length - (len(error.object) - error.start)
    return offset


def _line_at(path: Path, encoding: str, position: int) -> int:
    """The line of the byte at ``position`` in the file. Reads the file again up to there."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    kept = ""
    with path.open("rb") as file:
        while position > 0:
            data = file.read(min(BLOCK_BYTES, position))
            position -= len(data)
            text = kept + decoder.decode(data)
            kept = text[-1:] if text.endswith("\r") else ""  # its LF may come with the next block
            line += count_line_ends(text) - len(kept)
    return line + len(kept)


def _undecodable(error: UnicodeError, position: int, line: int, encoding: str) -> FileError:
    if isinstance(error, UnicodeDecodeError):
        what = f"Byte 0x{error.object[error.start]:02X} at position {position:,}"
    else:
        what = f"What stands at position {position:,}"
    other = "cp1252 (Western Windows)" if encoding.startswith("utf") else "utf-8"
    return FileError(
        f"{what} (line {line:,}) is not valid {encoding} text. "
        f"Name the file's real encoding, for example --encoding {other}, or mend the file.",
        code="undecodable",
        line=line,
    )
