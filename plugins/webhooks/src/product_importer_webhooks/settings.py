"""The plugin's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from product_importer.environment import Environment, networks, whole_number
from product_importer.support.addresses import Network


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """``allow``: private networks that webhooks may reach. ``keep_days``: how long deliveries are kept, for
    the log and to be sent again. ``secret_key``: the key under which secrets are encrypted.
    """

    allow: tuple[Network, ...] = ()
    keep_days: int = 14
    secret_key: str | None = field(default=None, repr=False)


def load_webhook_settings() -> WebhookSettings:
    """Reads the settings. Raises SettingsError, which names the setting that can't be used."""
    environment = Environment.read()
    return environment.fill(
        WebhookSettings,
        allow=environment.own("WEBHOOKS_ALLOW", networks, "networks, as 10.0.0.0/8, separated by commas"),
        keep_days=environment.own(
            "WEBHOOKS_KEEP_DAYS", whole_number(14, 3650), "a number of days, 14 or more"
        ),
        secret_key=environment.platform("SECRET_KEY", str, "a long random text"),
    )
