"""URLs that may hold secrets: a password, or a key among the parameters."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit, urlunsplit


def misses_escapes(url: str) -> bool:
    """Returns whether an ``@`` beyond the host may end a password with an unescaped ``/``, ``#`` or ``?``.

    Such a password looks like a port and a path. Raises ValueError for what is no URL.
    """
    host = _unbracketed(urlsplit(url).netloc)
    return ":" in host and "@" not in host and "@" in _beyond_host(url)


def without_secrets(url: str) -> str:
    """Returns the URL for messages and lists: without user, password, query and fragment.

    Of a URL with an ``@`` beyond the host, it returns the scheme only, if a password may stand before the
    ``@``.
    """
    parts = urlsplit(url)
    if "@" in _beyond_host(url) and ":" in _unbracketed(parts.netloc) + parts.path:
        return f"{parts.scheme}://…"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _beyond_host(url: str) -> str:
    return url.partition("//")[2][len(urlsplit(url).netloc) :]


def _unbracketed(host: str) -> str:
    """Returns the host with user and password, but without an IPv6 address, whose colons mean nothing."""
    return re.sub(r"\[[^\]]*\]", "", host)


def scrubbed(text: str, url: str) -> str:
    """Returns a message without the secrets of the URL that it is about."""
    parts = urlsplit(url)
    password = parts.netloc.rpartition("@")[0].partition(":")[2]
    text = text.replace(url, without_secrets(url))
    for secret in (parts.netloc.rpartition("@")[0], password, unquote(password), parts.query):
        if secret:
            text = text.replace(secret, "…")
    return text


def matches(name: str, pattern: str) -> bool:
    """Returns whether the name matches the pattern, in which ``*`` stands for any characters."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None
