"""The shell's own settings, read in the same way as the library's."""

from __future__ import annotations

from dataclasses import dataclass

from product_importer.environment import Environment, positive_number, size, split_names, whole_number


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The shell's settings. ``PORT`` and ``REDIS_URL`` have the names that hosting platforms use; the names
    of the others begin with ``PRODUCT_IMPORTER_``.

    ``hosts``: names, besides those of the loopback interface, under which browsers may reach the pages.
    ``read_timeout``: seconds within which an ordinary request must be complete, and for which an upload, or
    the reading of a response, may pause. ``max_upload``: maximum size of a file in bytes, in the environment
    also as ``500M`` or ``10G``.
    """

    port: int = 8000
    redis_url: str | None = None
    hosts: frozenset[str] = frozenset()
    read_timeout: float = 30.0
    max_upload: int = 10 << 30


def load_web_settings() -> WebSettings:
    """Reads the settings. Raises :class:`~product_importer.errors.SettingsError` that names the setting."""
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
    """Returns the URL; Valkey's own schemes, which redis-py doesn't know, are replaced by those of Redis."""
    scheme, separator, rest = text.partition("://")
    scheme = {"valkey": "redis", "valkeys": "rediss"}.get(scheme, scheme)
    if scheme not in ("redis", "rediss", "unix") or not separator:
        raise ValueError
    return f"{scheme}://{rest}"
