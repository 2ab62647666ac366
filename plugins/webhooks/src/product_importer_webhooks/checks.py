"""Validates users' drafts of endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from product_importer.cells.shortening import quoted, shortened
from product_importer.cells.storable import text_flaw
from product_importer.model import RowError
from product_importer_webhooks.errors import InvalidEndpoint
from product_importer_webhooks.model import (
    BOUNDS,
    EVENT_TYPES,
    LONGEST_DESCRIPTION,
    LONGEST_PREFIX,
    MODES,
    SOURCES,
    VALUES,
    EndpointDraft,
)

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_OURS: Final = ("content-type", "content-length", "host", "transfer-encoding", "connection", "user-agent")
_MOST_HEADERS: Final = 20


def check(draft: EndpointDraft) -> None:
    """Raises :class:`InvalidEndpoint` with every problem of the draft."""
    if problems := tuple(_problems(draft)):
        raise InvalidEndpoint(problems)


def _problems(draft: EndpointDraft) -> Iterator[RowError]:
    if reason := _wrong_url(draft.url):
        yield RowError("webhook_url", reason, "url")
    yield from _wrong_texts(draft)
    if unknown := sorted(set(draft.events) - set(EVENT_TYPES)):
        known = ", ".join(EVENT_TYPES)
        yield RowError("webhook_events", f"There is no event {quoted(unknown[0])}. Known: {known}.", "events")
    if draft.mode not in MODES:
        yield RowError(
            "webhook_mode", f"There is no mode {quoted(draft.mode)}. Known: {', '.join(MODES)}.", "mode"
        )
    if draft.source not in SOURCES:
        known = ", ".join(SOURCES)
        yield RowError(
            "webhook_source", f"There is no source {quoted(draft.source)}. Known: {known}.", "source"
        )
    if draft.values not in VALUES:
        known = ", ".join(VALUES)
        yield RowError(
            "webhook_values", f"There is no {quoted(draft.values)} among values. Known: {known}.", "values"
        )
    if draft.mode == "summary" and draft.source == "edits":
        yield RowError("webhook_source", "Summaries are of imports, which this leaves out.", "source")
    for name, (least, most) in BOUNDS.items():
        value = getattr(draft, name)
        if value is not None and not least <= value <= most:
            yield RowError(f"webhook_{name}", f"Give a whole number from {least} to {most:,}.", name)
    yield from _wrong_headers(draft)


def _wrong_texts(draft: EndpointDraft) -> Iterator[RowError]:
    for name in ("description", "sku_prefix"):
        if (flaw := text_flaw(getattr(draft, name))) is not None:
            yield RowError(f"webhook_{name}", flaw.message, name)
    if len(draft.description) > LONGEST_DESCRIPTION:
        reason = f"Write a description of at most {LONGEST_DESCRIPTION} characters."
        yield RowError("webhook_description", reason, "description")
    if len(draft.sku_prefix) > LONGEST_PREFIX:
        yield RowError("webhook_sku_prefix", "No SKU begins so: it is too long.", "sku_prefix")


def _wrong_url(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "This is no URL. Write one such as https://example.com/webhooks."
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        return "Write a URL that begins with https:// or http://, such as https://example.com/webhooks."
    if parts.username is not None or parts.password is not None:
        return "Leave name and password out of the URL; a header can carry them."
    if len(text) > 2_000 or not text.isprintable() or " " in text:
        return "The URL is too long, or has a character that no URL has."
    if parts.fragment:
        return "Leave out what follows the #; it is never sent."
    return None


def _wrong_headers(draft: EndpointDraft) -> Iterator[RowError]:
    if len(draft.headers) > _MOST_HEADERS:
        yield RowError("webhook_headers", f"Give at most {_MOST_HEADERS} headers.", "headers")
    for name, value in draft.headers.items():
        if not _TOKEN.fullmatch(name):
            yield RowError("webhook_headers", f"{quoted(name)} can't be the name of a header.", "headers")
        elif name.lower() in _OURS or name.lower().startswith("webhook-"):
            yield RowError(
                "webhook_headers", f"The header {shortened(name)} is set by Product Importer.", "headers"
            )
        elif len(value) > 2_000 or not value.isascii() or not value.isprintable():
            yield RowError(
                "webhook_headers",
                f"The header {shortened(name)} has a character that no header has.",
                "headers",
            )
