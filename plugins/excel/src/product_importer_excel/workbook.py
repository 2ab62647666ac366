"""Talks with the process that reads a workbook."""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from product_importer.environment import Environment, whole_number
from product_importer.errors import FileError, SettingsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from product_importer.ports import InputFile

_MOST_MEMORY_MB: Final = 1 << 24

MEMORY_SETTING: Final = "PRODUCT_IMPORTER_EXCEL_MEMORY_MB"
DEFAULT_MEMORY_MB: Final = 1024

_PROGRAM: Final = Path(__file__).with_name("workbook_process.py")
_FRAME: Final = struct.Struct(">Ic")
_WAIT_SECONDS: Final = 2.0
_ONE_THREAD: Final = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""The whole environment of the process: it reads files of strangers, so it gets none of our secrets."""


class Workbook:
    """A process that reads a workbook. ``answer`` is the first that it said."""

    def __init__(self, process: subprocess.Popen[bytes], file: InputFile, memory: int) -> None:
        assert process.stdout is not None, "it is a pipe"
        self._process = process
        self._pipe = process.stdout.fileno()
        self._file = file
        self._memory = memory
        kind, content = self._frame() or (b"", b"")
        if kind != b"J":
            raise self._ended()
        self.answer: dict[str, Any] = json.loads(content)
        self._check(self.answer)

    def begin_below(self, row: int) -> None:
        """Tells the process the number of the header's row. If it has ended, :meth:`batches` says so."""
        assert self._process.stdin is not None, "it is a pipe"
        with suppress(BrokenPipeError):
            self._process.stdin.write(b"%d\n" % row)
            self._process.stdin.flush()

    def batches(self) -> Iterator[tuple[pa.RecordBatch, float]]:
        """Yields the rows, whose first column numbers them, and the part of the file that was read."""
        while (frame := self._frame()) is not None:
            kind, content = frame
            if kind == b"J":
                self._check(json.loads(content))
            with pa.ipc.open_stream(content) as stream:
                yield stream.read_next_batch(), float(stream.schema.metadata[b"done"])
        if self._process.wait() != 0:
            raise self._ended()

    def _frame(self) -> tuple[bytes, bytes] | None:
        head = self._bytes(_FRAME.size)
        if len(head) < _FRAME.size:
            return None
        size, kind = _FRAME.unpack(head)
        content = self._bytes(size)
        return (kind, content) if len(content) == size else None

    def _bytes(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            while not select.select([self._pipe], [], [], _WAIT_SECONDS)[0]:
                self._file.keep_alive()
            data = os.read(self._pipe, size - len(found))
            if not data:
                break
            found += data
        return bytes(found)

    def _check(self, answer: dict[str, Any]) -> None:
        error = answer.get("error")
        if error == "memory":
            raise self._too_large()
        if error == "password":
            raise FileError(
                "The workbook is protected by a password. Open it in a spreadsheet program, save it without "
                "the password, and import it again.",
                code="encrypted_file",
            )
        if error == "no_sheet":
            known = ", ".join(f"“{name}”" for name in answer["sheets"])
            raise FileError(f"The workbook has no sheet of this name. It has {known}.", code="no_table")
        if error == "empty":
            raise FileError("The sheet is empty.", code="no_header")
        if error is not None:
            words = " ".join(str(answer.get("words", "")).split()).rstrip(".")
            raise FileError(
                f"The workbook can't be read: {words}. Open it in a spreadsheet program and save it anew, "
                "or check that the whole file was transferred.",
                code="damaged_file",
            )

    def _ended(self) -> FileError:
        """The error if the process has ended without a word: the library ends it if it gets no memory."""
        self._process.wait()
        return self._too_large()

    def _too_large(self) -> FileError:
        return FileError(
            f"The workbook needs more than {self._memory:,} MB of memory or more than 15 minutes to be read. "
            f"Save the sheet as CSV UTF-8 and import that file, or raise {MEMORY_SETTING}.",
            code="workbook_too_large",
        )


def _memory() -> int:
    megabytes = whole_number(1, _MOST_MEMORY_MB)
    try:
        found = Environment.read().platform(MEMORY_SETTING, megabytes, "a number of megabytes, such as 2048")
    except SettingsError as error:
        raise UsageError(str(error)) from error
    return DEFAULT_MEMORY_MB if found is None else found


@contextmanager
def workbook(command: str, file: InputFile, *arguments: str) -> Iterator[Workbook]:
    """Starts the process; it is killed at the end.

    Raises :class:`FileError`: ``damaged_file``, ``encrypted_file``, ``no_header``, ``workbook_too_large``.
    """
    memory = _memory()
    process = subprocess.Popen(  # noqa: S603 - our own program; the arguments are separate
        [sys.executable, "-I", _PROGRAM, command, file.path, str(memory << 20), str(os.getpid()), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ONE_THREAD,
    )
    try:
        yield Workbook(process, file, memory)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None, "it is a pipe"
            with suppress(BrokenPipeError):
                pipe.close()
