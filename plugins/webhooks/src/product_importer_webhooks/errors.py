"""The errors of the webhooks."""

from __future__ import annotations

from product_importer.errors import InvalidFields, NotFoundError


class EndpointNotFound(NotFoundError):
    """There is no endpoint, or no delivery of it, with that id."""

    code = "webhook_not_found"


class InvalidEndpoint(InvalidFields):
    """The draft of an endpoint is invalid."""

    code = "invalid_webhook"
