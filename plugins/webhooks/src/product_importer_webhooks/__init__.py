"""Webhooks: events as signed HTTP requests, retried until they succeed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer.model import MigrationSet
from product_importer_webhooks.settings import load_webhook_settings
from product_importer_webhooks.sink import WebhookSink

if TYPE_CHECKING:
    from product_importer.ports import EventSink


@hookimpl
def product_importer_event_sinks() -> Iterable[EventSink]:
    """Registers the sink ``webhooks``. Raises SettingsError if a setting can't be used."""
    return [WebhookSink(load_webhook_settings())]


@hookimpl
def product_importer_migrations() -> Iterable[MigrationSet]:
    """Registers the migrations for the tables of endpoints, deliveries and attempts."""
    return [MigrationSet("webhooks", Path(__file__).parent / "migrations")]
