"""The importer that this project replaces, as it is commonly written: ``python predecessor.py DSN FILE``.

Two passes of csv.DictReader (the first only counts, for the progress bar), chunks of 1,000 rows, one SELECT
for the chunk's SKUs, ORM objects, one commit a chunk.
"""

from __future__ import annotations

import csv
import sys
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import Identity, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1_000


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    sku: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    price: Mapped[Decimal | None]
    active: Mapped[bool]


def main(dsn: str, path: Path) -> None:
    total = sum(1 for _ in _read(path))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn))
    done = 0
    records = _read(path)
    with Session(engine) as session:
        while chunk := list(islice(records, CHUNK)):
            _save(session, chunk)
            session.commit()
            done += len(chunk)
    if done != total:
        sys.exit(f"{path} changed while it was read.")


def _save(session: Session, chunk: list[dict[str, str]]) -> None:
    rows = {record["sku"].lower(): record for record in chunk}
    found = session.scalars(select(Product).where(func.lower(Product.sku).in_(rows)))
    known = {product.sku.lower(): product for product in found}
    new = []
    for key, record in rows.items():
        product = known.get(key)
        if product is None:
            product = Product()
            new.append(product)
        product.sku = record["sku"]
        product.name = record["name"]
        product.description = record["description"] or None
        product.price = Decimal(record["price"]) if record["price"] else None
        product.active = record["active"] == "true"
    session.add_all(new)


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
