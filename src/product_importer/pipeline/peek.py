"""The part of a file that a preview looks at: its first bytes, or the whole file where a format needs it."""

from __future__ import annotations

import codecs
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from product_importer.delimited.dialect import HEAD_BYTES, guess
from product_importer.delimited.format import DelimitedText
from product_importer.errors import FileError, ProductImporterError, QuestionsOpen, UsageError
from product_importer.model import Complaint, ParseOptions
from product_importer.ports import FormatParser, InputFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from product_importer.model import Dialect
    from product_importer.ports import Parser

_WHOLE_FILES: Final = threading.Semaphore(4)
"""Previews that read a whole file at the same time; a workbook may need much memory."""

_WAIT_SECONDS: Final = 0.5

_CUT_SHORT: Final = ("unterminated_quote", "undecodable", "empty")
_LINE_ENDS: Final = (b"\n", b"\r", b"\n\0", b"\r\0")


@dataclass(frozen=True, slots=True)
class Peek:
    """What a preview may look at.

    ``head`` are the file's first bytes, ``complete`` if they are all. ``whole`` provides the path of the
    whole file, if that is on this machine. ``unpacked``: whether this is what came out of a packed file.
    """

    head: bytes
    filename: str
    complete: bool
    whole: Callable[[], AbstractContextManager[Path]] | None = None
    unpacked: bool = False

    @contextmanager
    def provided(
        self, parser: Parser | FormatParser, beat: Callable[[float | None], None]
    ) -> Iterator[InputFile]:
        """Provides the file for the parser: the whole file if the parser needs it, else the first part.

        ``beat`` is called while the file is prepared and read, and may raise an error to end that.
        Raises :class:`FileError` of code ``whole_file_needed`` or ``disk_full``.
        """
        if not self.complete and isinstance(parser, FormatParser) and parser.needs_whole_file:
            if self.whole is None:
                raise FileError(
                    f"{parser.title} files can only be looked into once the whole file has arrived.",
                    code="whole_file_needed",
                )
            with _turn(beat), self.whole() as path:
                yield InputFile(path, self.filename, path.stat().st_size, beat=beat)
            return
        try:
            folder = TemporaryDirectory(prefix="product-importer-")
        except OSError as error:
            raise _disk_full(error) from error
        with folder:
            path = Path(folder.name, "file")
            try:
                path.write_bytes(self.head)
            except OSError as error:
                raise _disk_full(error) from error
            yield InputFile(path, self.filename, len(self.head), self.complete, beat=beat)


@contextmanager
def _turn(beat: Callable[[float | None], None]) -> Iterator[None]:
    """Waits until one of few whole files may be read."""
    while not _WHOLE_FILES.acquire(timeout=_WAIT_SECONDS):
        beat(None)
    try:
        yield
    finally:
        _WHOLE_FILES.release()


def _disk_full(error: OSError) -> FileError:
    return FileError(f"A temporary file can't be written: {error.strerror}.", code="disk_full")


class CutEnd:
    """Judges errors that may come only from the end of a file's first part."""

    def __init__(self, parser: Parser | FormatParser, file: InputFile, head: bytes) -> None:
        self._head = head
        self._complete = file.complete
        self._delimited = not isinstance(parser, FormatParser) or isinstance(parser, DelimitedText)
        self.ends_well = file.complete or head.endswith(_LINE_ENDS)
        self.may_cut_header = self._delimited and not self.ends_well

    def explains(self, error: ProductImporterError, dialect: Dialect | None) -> bool:
        """Whether the error may come only from the end of the part."""
        if self._complete or isinstance(error, UsageError):
            return False
        if not self._delimited:
            return True
        if error.code not in _CUT_SHORT:
            return not any(end in self._head for end in b"\r\n")  # the header isn't complete
        if error.code != "undecodable" or dialect is None:
            return True
        try:
            codecs.getincrementaldecoder(dialect.encoding)().decode(self._head)
        except UnicodeError:
            return False
        return True


def dialect_of_part(
    parser: Parser | FormatParser, head: bytes, options: ParseOptions, *, complete: bool
) -> Dialect | None:
    """The dialect of a text that begins with ``head``; None for other files, and where it can't be told."""
    if not isinstance(parser, DelimitedText):
        return None
    try:
        return guess(head[:HEAD_BYTES], options, complete=complete)
    except (FileError, QuestionsOpen, UsageError):
        return None


def complaint(error: ProductImporterError) -> Complaint:
    """Returns why the file is refused."""
    return Complaint(error.code, str(error), getattr(error, "line", None))
