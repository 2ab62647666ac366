"""What the webhooks raise on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.errors import ProductImporterError

if TYPE_CHECKING:
    from product_importer.model import RowError


class EndpointNotFound(ProductImporterError):
    """There is no endpoint, or no delivery of it, of that id."""

    code = "webhook_not_found"


class InvalidEndpoint(ProductImporterError):
    """An endpoint can't be as it was said. ``problems`` name each field, in ``column``, and what is wrong."""

    code = "invalid_webhook"

    def __init__(self, problems: tuple[RowError, ...]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems
