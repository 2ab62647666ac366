"""The errors of the webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.errors import InvalidFields, NotFoundError
from product_importer.ports import MoreValuesWanted

if TYPE_CHECKING:
    from product_importer.ports import EventValues


class ValuesLacking(MoreValuesWanted):
    """A batch lacks these ``values`` of products, which an endpoint wants."""

    def __init__(self, values: EventValues) -> None:
        super().__init__(f"An endpoint wants values of products: {values}.")
        self.values = values


class EndpointNotFound(NotFoundError):
    """There is no endpoint, or no delivery of it, with that id."""

    code = "webhook_not_found"


class InvalidEndpoint(InvalidFields):
    """The draft of an endpoint is invalid."""

    code = "invalid_webhook"
