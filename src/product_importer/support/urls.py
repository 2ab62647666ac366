"""URLs that may hold secrets: a password, or a key among the parameters."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit, urlunsplit


def without_secrets(url: str) -> str:
    """Returns the URL for messages and lists: without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


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
