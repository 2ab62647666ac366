"""Encrypts secrets, and the headers that users add, for the database."""

from __future__ import annotations

import base64
import errno
import logging
import os
import secrets
from contextlib import suppress
from functools import cache
from hashlib import scrypt
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from product_importer.errors import SettingsError, StorageError
from product_importer.settings import load_settings
from product_importer_webhooks.settings import load_webhook_settings

SHORTEST_KEY: Final = 32
"""Minimum length of SECRET_KEY in characters: an attacker who has the database may try keys without limit."""

_logger = logging.getLogger(__name__)

_SALT: Final = b"product-importer webhooks"
_FILE: Final = "webhooks.key"


class Vault:
    """Encrypts under one key. Made by :meth:`open`."""

    def __init__(self, key: str) -> None:
        self._fernet = _fernet(key)
        self._length = len(key)

    @classmethod
    def open(cls) -> Vault:
        """Opens the vault under SECRET_KEY or else under a key that is made once in the data directory.

        Warns, once in a process, of a SECRET_KEY that is too short. Raises StorageError if the key in the
        data directory can't be read or made, SettingsError if its file is empty.
        """
        key = load_webhook_settings().secret_key
        if key is None:
            return cls(_own_key(load_settings().data_dir / _FILE))
        if len(key) < SHORTEST_KEY:
            _warn_of_short_key(len(key))
        return cls(key)

    def demand_length(self) -> None:
        """Raises SettingsError if the key is too short. To be called while nothing is encrypted under the key
        yet: a short key can still be replaced then.
        """
        if self._length < SHORTEST_KEY:
            raise SettingsError(
                f"The setting SECRET_KEY has {self._length} characters; it needs {SHORTEST_KEY}, random "
                "ones. This makes a good one: openssl rand -base64 32"
            )

    def close_in(self, value: bytes) -> bytes:
        return self._fernet.encrypt(value)

    def take_out(self, token: bytes, seconds: int | None = None) -> bytes:
        """Decrypts. Raises SettingsError for another key, or if the token is older than ``seconds``."""
        try:
            return self._fernet.decrypt(token, seconds)
        except InvalidToken as error:
            raise SettingsError(
                "The webhooks' secrets were encrypted under another SECRET_KEY. Set the one that was used "
                "then, on every machine."
            ) from error


@cache
def _fernet(key: str) -> Fernet:
    """Derives the key slowly on purpose, in case it is made of words."""
    derived = scrypt(key.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(derived))


@cache
def _warn_of_short_key(length: int) -> None:
    _logger.warning(
        "The setting SECRET_KEY has %d characters; %d random ones are needed, else the webhooks' secrets can "
        "be guessed by whoever has got at the database. Webhooks that are there go on under it; none is made "
        "where there is none yet. To change it: delete the webhooks, set SECRET_KEY to what "
        "`openssl rand -base64 32` gives, start anew, and make the webhooks again, with new secrets.",
        length,
        SHORTEST_KEY,
    )


def _own_key(path: Path) -> str:
    try:
        try:
            key = path.read_text()
        except FileNotFoundError:
            _make_key(path)
            key = path.read_text()
    except OSError as error:
        raise StorageError(
            f"The key for the webhooks' secrets can't be kept in {path}: {error.strerror}. Set SECRET_KEY.",
            code="disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else None,
        ) from error
    if not key.strip("\0 \r\n"):
        raise SettingsError(
            f"The key for the webhooks' secrets is lost: {path} is empty. Restore it from a backup. If there "
            "is none, delete the file, then the webhooks, and make them again, with new secrets."
        )
    return key


def _make_key(path: Path) -> None:
    """Makes the key, unless another process was first, and syncs it, since data depend on it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
