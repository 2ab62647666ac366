"""Reads settings from the environment and from a ``.env`` file in the working directory; the environment
wins.

No settings framework is used: it would take a tenth of a second to import at every start of the command, too
much for these few values.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from stat import S_ISREG, S_IWGRP, S_IWOTH
from typing import TYPE_CHECKING, Final, TypeVar

from product_importer.errors import SettingsError

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

T = TypeVar("T")

_logger = logging.getLogger(__name__)

_SIZE: Final = re.compile(r"(\d{1,15})\s*([KMGT]?)(?:I?B)?", re.ASCII)

PREFIX: Final = "PRODUCT_IMPORTER_"
"""The prefix of our own settings; for some settings hosting platforms have names of their own."""

DOTENV_IS_READ: Final = "_PRODUCT_IMPORTER_DOTENV_IS_READ"
"""Set when a process changes to another account: its environment then includes the contents of ``.env``,
which that account may be unable to read.
"""


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables. ``own`` and ``platform`` return None if a setting is missing or empty."""

    variables: Mapping[str, str]

    @classmethod
    def read(cls) -> Environment:
        return cls(_dotenv() | os.environ)

    def own(self, name: str, convert: Callable[[str], T], wanted: str) -> T | None:
        """Returns the setting ``PRODUCT_IMPORTER_<name>``; ``wanted`` says which values are valid.

        Raises :class:`SettingsError` if ``convert`` raises ValueError.
        """
        return self.platform(PREFIX + name, convert, wanted)

    def platform(self, name: str, convert: Callable[[str], T], wanted: str) -> T | None:
        """Like :meth:`own`, for a setting with the name that hosting platforms use."""
        text = self.variables.get(name, "")
        if not text:
            return None
        try:
            return convert(text)
        except ValueError:
            raise SettingsError(f"The setting {name} is {text!r}; it has to be {wanted}.") from None

    @staticmethod
    def fill(settings: Callable[..., T], **values: object) -> T:
        """Makes ``settings`` of the given values; the others keep their defaults."""
        return settings(**{name: value for name, value in values.items() if value is not None})


def directory(text: str) -> Path:
    return Path(text).expanduser().absolute()


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Reads a number from ``least`` to ``most``."""

    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError
        return number

    return read


def positive_number(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def number_from_zero(text: str) -> float:
    """Reads a number that isn't negative. Raises :class:`ValueError`."""
    return 0.0 if float(text) == 0 else positive_number(text)


def percentage(text: str) -> float:
    """Reads a number from 0 to 100. Raises :class:`ValueError`."""
    number = float(text)
    if not 0 <= number <= 100:
        raise ValueError
    return number


def size(text: str) -> int:
    """Reads a number of bytes: ``1048576``, ``500M``, ``10G``, ``10 GiB``."""
    match = _SIZE.fullmatch(text.strip().upper())
    if match is None or not int(match[1]):
        raise ValueError
    return int(match[1]) << (10 * " KMGT".index(match[2] or " "))


def size_or_none(text: str) -> int:
    """Reads a number of bytes as :func:`size` does, or ``0``."""
    return 0 if text.strip() == "0" else size(text)


def yes_or_no(text: str) -> bool:
    """Reads ``true`` or ``false``, and common words for them."""
    for answer, words in (True, ("true", "yes", "on", "1")), (False, ("false", "no", "off", "0")):
        if text.strip().lower() in words:
            return answer
    raise ValueError


def split_names(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, text.split(","))))


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Reads networks such as ``10.0.0.0/8``, separated by commas."""
    from ipaddress import ip_network  # noqa: PLC0415 - few settings need it, and every command reads settings

    return tuple(ip_network(name) for name in sorted(split_names(text)))


def _dotenv() -> dict[str, str]:
    """Reads ``.env``. Raises :class:`SettingsError` if it can't be read: its settings may be needed."""
    if DOTENV_IS_READ in os.environ:
        return {}
    path = Path(".env").absolute()
    try:
        if not S_ISREG(path.stat().st_mode):
            return {}
        with path.open(encoding="utf-8") as file:
            if reason := _not_to_be_trusted(os.fstat(file.fileno())):
                _warn(f"{path} is ignored: it {reason}, who could set what we do. {_MEND}")
                return {}
            from dotenv import dotenv_values  # noqa: PLC0415 - few have such a file, and loading takes time

            return {name: value for name, value in dotenv_values(stream=file).items() if value is not None}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not encoded as UTF-8.") from None


_MEND: Final = "Make it yours, and writable by you alone (chmod go-w), or remove it."


def _not_to_be_trusted(found: os.stat_result) -> str | None:
    """Why the file isn't trusted, or None: whoever can write it chooses the database and the storage."""
    if found.st_uid not in (0, os.geteuid()):
        return "belongs to another user"
    if found.st_mode & S_IWOTH or (found.st_mode & S_IWGRP and found.st_gid not in (0, os.getegid())):
        return "may be written by others"
    return None


@cache
def _warn(text: str) -> None:
    """Logs a warning once in each process, because settings are read several times."""
    _logger.warning("%s", text)
