"""Converts forms to endpoints and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from product_importer.model import RowError
from product_importer_webhooks.errors import InvalidEndpoint
from product_importer_webhooks.model import EndpointDraft
from product_importer_webhooks.webhooks import KEPT

if TYPE_CHECKING:
    from multidict import MultiMapping


def values_of(draft: EndpointDraft) -> dict[str, Any]:
    """Returns the values that the form shows."""
    return {
        "url": draft.url,
        "description": draft.description,
        "events": list(draft.events),
        "sku_prefix": draft.sku_prefix,
        "source": draft.source,
        "mode": draft.mode,
        "values": draft.values,
        "ordered": draft.ordered,
        "enabled": draft.enabled,
        "timeout_seconds": str(draft.timeout_seconds),
        "concurrency": str(draft.concurrency),
        "rate_limit": "" if draft.rate_limit is None else str(draft.rate_limit),
        "headers": "\n".join(f"{name}: {KEPT}" for name in draft.headers),
    }


def values_sent(sent: MultiMapping[Any]) -> dict[str, Any]:
    """Returns the values that the user entered."""
    values = {name: str(sent.get(name, "")).strip() for name in values_of(EndpointDraft(""))}
    return values | {
        "events": [str(each) for each in sent.getall("events", [])],
        "ordered": "ordered" in sent,
        "enabled": "enabled" in sent,
    }


def draft_of(values: Mapping[str, Any]) -> EndpointDraft:
    """Returns the endpoint. Raises :class:`InvalidEndpoint` if numbers or headers can't be parsed."""
    problems: list[RowError] = []
    draft = EndpointDraft(
        url=values["url"],
        description=values["description"],
        events=tuple(values["events"]),
        sku_prefix=values["sku_prefix"],
        source=values["source"],
        mode=values["mode"],
        values=values["values"],
        ordered=values["ordered"],
        enabled=values["enabled"],
        timeout_seconds=_number(values, "timeout_seconds", problems) or 0,
        concurrency=_number(values, "concurrency", problems) or 0,
        rate_limit=_number(values, "rate_limit", problems) if values["rate_limit"] else None,
        headers=_headers(values["headers"], problems),
    )
    if problems:
        raise InvalidEndpoint(tuple(problems))
    return draft


def _number(values: Mapping[str, Any], name: str, problems: list[RowError]) -> int | None:
    text = values[name]
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    problems.append(RowError(f"webhook_{name}", "Give a whole number.", name))
    return None


def _headers(text: str, problems: list[RowError]) -> dict[str, str]:
    headers = {}
    for line in text.splitlines():
        if line.strip():
            name, colon, value = line.partition(":")
            if not colon:
                problems.append(
                    RowError("webhook_headers", "Write each header as Name: value, one a line.", "headers")
                )
            headers[name.strip()] = value.strip()
    return headers
