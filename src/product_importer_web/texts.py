"""Refuses requests with texts that can't be stored, before anything is done with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from product_importer.cells.storable import text_flaw
from product_importer_web.problems import MOST_FAULTS, Problem, field_fault


def check_texts(named: Iterable[tuple[str, str]]) -> None:
    """Checks pairs of a field's name and its text; both must be storable.

    Raises :class:`Problem`, 422, that names every field with an unstorable text.
    """
    faults: dict[str, dict[str, str | None]] = {}
    for name, text in named:
        if (flaw := text_flaw(name) or text_flaw(text)) is not None:
            faults.setdefault(name, field_fault(_shown(name), flaw.code, flaw.message))
    if faults:
        listed = [*faults.values()][:MOST_FAULTS]
        detail = " ".join(f"{fault['field']}: {fault['message']}" for fault in listed)
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "unstorable_text", detail, errors=listed)


def check_json(sent: Mapping[str, Any]) -> None:
    """Checks every key and text of a JSON object, at any depth. Raises as :func:`check_texts` does."""
    check_texts((name, text) for name, value in sent.items() for text in _texts_of(value, name))


def _texts_of(value: object, name: str) -> Iterable[str]:
    """Yields the texts in a value, and the value's key, which may be the unstorable text."""
    waiting = [value]
    yield name
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            yield from each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _shown(name: str) -> str:
    return name.encode(errors="replace").decode().replace("\0", "?")[:100]
