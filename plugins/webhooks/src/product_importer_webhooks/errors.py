"""What the webhooks raise on purpose."""

from __future__ import annotations

from product_importer.errors import InvalidFields, NotFoundError


class EndpointNotFound(NotFoundError):
    """There is no endpoint, or no delivery of it, of that id."""

    code = "webhook_not_found"


class InvalidEndpoint(InvalidFields):
    """An endpoint can't be as it was said."""

    code = "invalid_webhook"
