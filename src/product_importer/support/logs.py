"""The log: text on a terminal, and one JSON object per line anywhere else."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that log lines belong to."""

import_id: ContextVar[int | None] = ContextVar("import_id", default=None)
"""The id of the import that log lines belong to."""

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ORDINARY: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Writes one object per line: time, level, logger, message, the ids, and the caller's ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_ids(),
            **{name: value for name, value in vars(record).items() if name not in _ORDINARY},
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        text = json.dumps(entry, ensure_ascii=False, default=str)
        return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class TextFormatter(logging.Formatter):
    """Writes time, level (if above information), message, and the ids.

    The lines of an exception are indented, because its message may have lines of its own: only the first line
    of a log entry begins with a time.
    """

    def format(self, record: logging.LogRecord) -> str:
        clock = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.capitalize()}: "
        ids = "".join(f"  [{name.removesuffix('_id')} {value}]" for name, value in _ids().items())
        text = f"{clock} {level}{_in_one_line(record.getMessage())}{ids}"
        told = self.formatException(record.exc_info).split("\n") if record.exc_info else ()
        return "\n    ".join((text, *map(_in_one_line, told)))


class Seldom(logging.Filter):
    """Passes log lines with this beginning once in ``seconds``; the next one tells how many were left out.

    For lines that others can trigger as often as they like: these would fill the disk.
    """

    def __init__(self, beginning: str, seconds: float) -> None:
        super().__init__()
        self._beginning = beginning
        self._seconds = seconds
        self._next = 0.0
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.getMessage().startswith(self._beginning):
            return True
        if time.monotonic() < self._next:
            self._left_out += 1
            return False
        if self._left_out:
            record.msg = f"{record.getMessage()} ({self._left_out:,} more lines like this were left out)"
            record.args = None
        self._next = time.monotonic() + self._seconds
        self._left_out = 0
        return True


def _in_one_line(text: str) -> str:
    """Escapes control characters: they could act on a terminal, or imitate a line of the log."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _ids() -> dict[str, object]:
    ids = {"request_id": request_id.get(), "import_id": import_id.get()}
    return {name: value for name, value in ids.items() if value is not None}


def set_up_logs(level: str, stream: TextIO = sys.stderr) -> None:
    """Sends all logs of this process to ``stream``."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter() if stream.isatty() else JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
