"""Encrypts what nobody is to read in the database: secrets, and headers that users add."""

from __future__ import annotations

import base64
import errno
import os
import secrets
from functools import cache
from hashlib import scrypt
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from product_importer.errors import SettingsError, StorageError
from product_importer.settings import load_settings
from product_importer_webhooks.settings import load_webhook_settings

_SALT: Final = b"product-importer webhooks"
_FILE: Final = "webhooks.key"


class Vault:
    """Encrypts under one key. Made by :meth:`open`."""

    def __init__(self, key: str) -> None:
        self._fernet = _fernet(key)

    @classmethod
    def open(cls) -> Vault:
        """Under SECRET_KEY, or, where that isn't set, under a key that is made once in the data directory.

        Raises StorageError where that can't be written, SettingsError where SECRET_KEY is too short.
        """
        return cls(load_webhook_settings().secret_key or _own_key(load_settings().data_dir / _FILE))

    def close_in(self, value: bytes) -> bytes:
        return self._fernet.encrypt(value)

    def take_out(self, token: bytes, seconds: int | None = None) -> bytes:
        """Raises SettingsError where it was encrypted under another key, or more than ``seconds`` ago."""
        try:
            return self._fernet.decrypt(token, seconds)
        except InvalidToken as error:
            raise SettingsError(
                "The webhooks' secrets were encrypted under another SECRET_KEY. Set the one that was used "
                "then, on every machine."
            ) from error


@cache
def _fernet(key: str) -> Fernet:
    """Slow on purpose, for keys that are words."""
    derived = scrypt(key.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(derived))


def _own_key(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
            os.link(part, path)  # whoever is first has made it
        except FileExistsError:
            pass
        finally:
            part.unlink()
        return path.read_text()
    except OSError as error:
        raise StorageError(
            f"The key for the webhooks' secrets can't be kept in {path}: {error.strerror}. Set SECRET_KEY.",
            code="disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else None,
        ) from error
