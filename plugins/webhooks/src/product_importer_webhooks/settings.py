"""The plugin's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final

from product_importer.environment import Environment, split_names, whole_number
from product_importer.errors import SettingsError
from product_importer_webhooks.addresses import Network

SHORTEST_KEY: Final = 32
"""Characters of SECRET_KEY: whoever has got at the database may try keys for as long as they like."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """``allow``: networks that are open to webhooks although they are private. ``keep_days``: how long what
    was sent is kept, for the log and to be sent again. ``secret_key``: what secrets are encrypted under.
    """

    allow: tuple[Network, ...] = ()
    keep_days: int = 14
    secret_key: str | None = field(default=None, repr=False)


def load_webhook_settings() -> WebhookSettings:
    """Raises SettingsError, naming the setting that can't be used."""
    environment = Environment.read()
    key = environment.platform("SECRET_KEY", str, "a long random text")
    if key is not None and len(key) < SHORTEST_KEY:
        raise SettingsError(
            f"The setting SECRET_KEY has {len(key)} characters; it needs {SHORTEST_KEY}, random ones. "
            "This makes a good one: openssl rand -base64 32"
        )
    return environment.fill(
        WebhookSettings,
        allow=environment.own("WEBHOOKS_ALLOW", _networks, "networks, as 10.0.0.0/8, separated by commas"),
        keep_days=environment.own(
            "WEBHOOKS_KEEP_DAYS", whole_number(14, 3650), "a number of days, 14 or more"
        ),
        secret_key=key,
    )


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(name) for name in sorted(split_names(text)))
