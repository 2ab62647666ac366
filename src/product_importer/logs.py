"""The log: for people on a terminal, a JSON object a line anywhere else."""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that a line in the log belongs to."""

import_id: ContextVar[int | None] = ContextVar("import_id", default=None)
"""The import that a line in the log belongs to."""

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ORDINARY: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, the ids, and what the caller gives as ``extra``."""

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
        return json.dumps(entry, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """Time, level if it is more than information, message, the ids."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.capitalize()}: "
        ids = "".join(f"  [{name.removesuffix('_id')} {value}]" for name, value in _ids().items())
        text = f"{time} {level}{_in_one_line(record.getMessage())}{ids}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def _in_one_line(text: str) -> str:
    """Control characters escaped: what somebody has sent must not act on a terminal, nor feign a line."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _ids() -> dict[str, object]:
    ids = {"request_id": request_id.get(), "import_id": import_id.get()}
    return {name: value for name, value in ids.items() if value is not None}


def set_up_logs(level: str, stream: TextIO = sys.stderr) -> None:
    """All logs of this process go to ``stream``."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter() if stream.isatty() else JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
