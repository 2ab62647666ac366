"""Words for pages and the API: for actors, and for the command line's options in the library's messages."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from product_importer.model import VALUE_CHARS, actor_words

LABELS: Final = {
    "decimal": "Prices and stocks in the file",
    "encoding": "Encoding",
    "extra": "Columns that are no field of a product",
    "shop": "The shop that wrote the file",
    "missing": "Products that the file lacks",
}
"""The form's labels for the options that messages name."""

PAGES: Final = {
    "import": "/imports/{0}",
    "profile": "/profiles/{0}",
    "schedule": "/schedules/{0}",
    "webhook": "/webhooks/{0}",
}
"""The addresses of the pages of things that have one."""

_RESUME: Final = re.compile(r"product-importer import --resume\b")
_LONGEST: Final = VALUE_CHARS + 1
"""Length of a quoted value in a message, with the ellipsis. The patterns match no longer values: a client's
text may contain many beginnings of them.
"""

_MAP: Final = re.compile(rf'(?<!\S)--map "(.{{1,{_LONGEST}}}?)=(\w{{1,20}})"')
_VALUED: Final = re.compile(
    rf"(?<!\S)--({'|'.join(LABELS)}) "
    rf"""("[^"]{{1,{_LONGEST}}}"|\$?'[^']{{1,{_LONGEST}}}'|\w(?:[\w.-]{{0,{_LONGEST}}}\w)?)"""
)


def who(actor: str) -> tuple[str, str | None]:
    """Returns the words for an actor or a subject, such as ``import 5`` for ``import:5``, and the address of
    its page if it has one.
    """
    kind, _, name = actor.partition(":")
    page = PAGES.get(kind) if name else None
    return actor_words(actor), None if page is None else page.format(quote(name, safe=""))


def for_page(message: str) -> str:
    """Returns the message with the labels of the form's fields in place of options."""
    if "--" not in message:
        return message
    message = message.replace('" --map "', '" and --map "')
    message = _MAP.sub(r"“\2” as the use of the column “\1”", message)
    message = _VALUED.sub(lambda found: f"“{LABELS[found[1]]}: {found[2]}”", message)
    return _without_resume(message)


def for_api(message: str) -> str:
    """Returns the message with the API's names of the options, such as ``encoding: cp1252``."""
    if "--" not in message:
        return message
    message = message.replace('" --map "', '" and --map "')
    message = _MAP.sub(r'map: "\1" as "\2"', message)
    return _without_resume(_VALUED.sub(r"\1: \2", message))


def object_for_api(given: dict[str, Any]) -> dict[str, Any]:
    """Returns the same object, with every ``message`` in it worded for the API."""
    return {name: _for_api(name, value) for name, value in given.items()}


def _for_api(name: str, value: Any) -> Any:
    if name == "message" and isinstance(value, str):
        return for_api(value)
    if name == "problem" and isinstance(value, dict):
        return object_for_api(value)
    if name in ("errors", "rows") and isinstance(value, (list, tuple)):
        return [object_for_api(each) for each in value]
    return value


def _without_resume(message: str) -> str:
    return _RESUME.sub("the option “resume” of the command line's import", message)
