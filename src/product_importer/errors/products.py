"""Errors of changing and deleting products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.errors.families import ConflictError, InvalidFields, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from product_importer.product import Product


class ProductNotFound(NotFoundError):
    """There is no product with this id."""

    code = "product_not_found"


class InvalidProduct(InvalidFields):
    """A product's values can't be accepted."""

    code = "invalid_product"


class SkuTaken(ConflictError):
    """Another product, ``product``, has that SKU."""

    code = "sku_taken"

    def __init__(self, message: str, *, product: Product | None) -> None:
        super().__init__(message)
        self.product = product


class ProductChanged(ConflictError):
    """The product was changed since it was read. ``product`` is the product as it is now."""

    code = "product_changed"

    def __init__(self, message: str, *, product: Product) -> None:
        super().__init__(message)
        self.product = product


class ProductsLocked(UnavailableError):
    """A long operation, such as deleting all products, holds the lock. Nothing was changed."""

    code = "products_locked"


class NotConfirmed(ConflictError):
    """The confirmed number isn't the number of products; ``products`` is."""

    code = "not_confirmed"

    def __init__(self, message: str, *, products: int) -> None:
        super().__init__(message)
        self.products = products


class DeletionNotFound(NotFoundError):
    """There is no deletion with this id."""

    code = "deletion_not_found"


class DeletionBusy(ConflictError):
    """All products are being deleted already."""

    code = "deletion_busy"
