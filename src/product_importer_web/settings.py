"""The shell's own settings, read as the library's are."""

from __future__ import annotations

from dataclasses import dataclass

from product_importer.environment import Environment, positive_number, size, split_names, whole_number


@dataclass(frozen=True, slots=True)
class WebSettings:
    """``PORT`` and ``REDIS_URL`` are called what hosting platforms call them; the rest begins with
    ``PRODUCT_IMPORTER_``.

    ``hosts``: names, besides those of the loopback interface, under which browsers may reach the pages.
    ``read_timeout``: seconds within which an ordinary request has to be complete, and for which an upload, or
    the reading of an answer, may stand still. ``max_upload``: bytes that a file may have, in the environment
    also as ``500M`` or ``10G``.
    """

    port: int = 8000
    redis_url: str | None = None
    hosts: frozenset[str] = frozenset()
    read_timeout: float = 30.0
    max_upload: int = 10 << 30


def load_web_settings() -> WebSettings:
    """Raises :class:`~product_importer.errors.SettingsError`, naming the setting that can't be used."""
    environment = Environment.read()
    return environment.fill(
        WebSettings,
        port=environment.platform("PORT", whole_number(1, 65_535), "a port from 1 to 65535"),
        redis_url=environment.platform("REDIS_URL", _redis_url, "a redis:// or rediss:// URL"),
        hosts=environment.own("HOSTS", split_names, "names separated by commas"),
        read_timeout=environment.own("READ_TIMEOUT", positive_number, "a number of seconds above 0"),
        max_upload=environment.own("MAX_UPLOAD", size, "a number of bytes, such as 500M or 10G"),
    )


def _redis_url(text: str) -> str:
    """Valkey's own schemes, which redis-py doesn't know, are Redis' by another name."""
    scheme, separator, rest = text.partition("://")
    scheme = {"valkey": "redis", "valkeys": "rediss"}.get(scheme, scheme)
    if scheme not in ("redis", "rediss", "unix") or not separator:
        raise ValueError
    return f"{scheme}://{rest}"
