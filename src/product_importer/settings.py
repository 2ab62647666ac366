"""Settings, from the environment and from a ``.env`` file in the working directory, which gives way to it.

Read by hand: these few values don't repay the tenth of a second that a settings framework takes to be
imported, at every start of the command.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from product_importer.embedded.accounts import default_data_dir
from product_importer.errors import SettingsError

T = TypeVar("T")

_PREFIX: Final = "PRODUCT_IMPORTER_"


@dataclass(frozen=True, slots=True)
class Settings:
    """``DATABASE_URL`` is called what hosting platforms call it; the rest begins with ``PRODUCT_IMPORTER_``.

    ``data_dir``: where the embedded database and the files of unfinished imports live. ``parser``: the one to
    use where an import names none. ``writers``: database connections that one import saves over at once.
    ``plugin_timeout``: seconds that a plugin's object may take for one batch. ``disabled_plugins``: names, as
    ``product-importer plugins`` lists them, in the environment separated by commas.
    """

    database_url: str | None = None
    data_dir: Path = field(default_factory=default_data_dir)
    parser: str = "csv"
    writers: int = 2
    plugin_timeout: float = 60.0
    disabled_plugins: frozenset[str] = frozenset()


def load_settings() -> Settings:
    """Raises :class:`SettingsError`, naming the setting, where one can't be used."""
    environment = _dotenv() | os.environ
    values = {
        "database_url": environment.get("DATABASE_URL") or None,
        "data_dir": _read(environment, "DATA_DIR", _directory, "a directory"),
        "parser": _read(environment, "PARSER", str, "a parser's name"),
        "writers": _read(environment, "WRITERS", _count, "a whole number from 1 to 16"),
        "plugin_timeout": _read(environment, "PLUGIN_TIMEOUT", _seconds, "a number of seconds above 0"),
        "disabled_plugins": _read(environment, "DISABLED_PLUGINS", _names, "names separated by commas"),
    }
    return Settings(**{name: value for name, value in values.items() if value is not None})  # type: ignore[arg-type]


def _read(environment: Mapping[str, str], name: str, convert: Callable[[str], T], wanted: str) -> T | None:
    """None where the setting isn't given, or empty."""
    text = environment.get(_PREFIX + name, "")
    if not text:
        return None
    try:
        return convert(text)
    except ValueError:
        raise SettingsError(f"The setting {_PREFIX}{name} is {text!r}; it has to be {wanted}.") from None


def _dotenv() -> dict[str, str]:
    if not Path(".env").is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - few have such a file, and it takes its time

    return {name: value for name, value in dotenv_values(".env").items() if value is not None}


def _directory(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 16:
        raise ValueError
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def _names(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, text.split(","))))
