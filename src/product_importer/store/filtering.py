"""Filters of products as SQL conditions."""

from __future__ import annotations

import re
from typing import Final

from product_importer.product import ProductFilter
from product_importer.sku import sku_key

_SORTED: Final = "product_sorting"
_TEXTS: Final = "product_texts"
_SEARCHED: Final = "product_sorting JOIN product_texts USING (product_id)"
_SIFTED: Final = (
    "product_sorting JOIN (SELECT * FROM product_texts WHERE {texts} OFFSET 0) AS sifted USING (product_id)"
)
_BEGINNING: Final = (
    "(SELECT * FROM product_sorting {order} LIMIT {rows}) AS beginning CROSS JOIN LATERAL ("
    "SELECT sku_text, name_text, description_text, attributes_text"
    " FROM product_texts WHERE product_texts.product_id = beginning.product_id OFFSET 0) AS texts"
)
"""``OFFSET 0``: one by one, however few the planner believes to have what is looked for."""

_ANYWHERE: Final = (
    "(sku_text LIKE {sku} OR name_text LIKE {text}"
    " OR description_text LIKE {text} OR attributes_text LIKE {text})"
)

_APART: Final = (
    "{column} LIKE ALL (ARRAY(SELECT '%' || word || '%' FROM unnest(string_to_array({text}, ' ')) AS word))"
)

_TRIPLE: Final = re.compile(r"[^\W_]{3}")


class Conditions:
    """The filter as SQL conditions on the columns of ``product_facts``, with their arguments."""

    def __init__(self, wanted: ProductFilter = ProductFilter()) -> None:  # noqa: B008 - frozen
        self.arguments: list[object] = []
        self.texts: list[str] = []
        self.apart: list[str] = []
        self.indexed = False
        self.plain: list[str] = []
        if sku := sku_key(wanted.sku):
            self._add_phrase("sku_text", self.add_text(sku))
        for column, text in (("name_text", wanted.name), ("description_text", wanted.description)):
            if text.strip():
                self._add_phrase(column, f"lower({self.add_text(text.strip())})")
        for word in wanted.search.split():
            sku, text = self.add_text(sku_key(word)), f"lower({self.add_text(word)})"
            self.texts.append(_ANYWHERE.format(sku=sku, text=text))
            self.apart.append(self.texts[-1])
        if wanted.active is not None:
            self.plain.append("active" if wanted.active else "NOT active")

    @classmethod
    def among(cls, ids: list[int]) -> Conditions:
        """That it is one of these products."""
        conditions = cls()
        conditions.plain.append(f"product_id = ANY({conditions.add(ids)})")
        return conditions

    def _add_phrase(self, column: str, text: str) -> None:
        """``apart``: the same, but the words may stand anywhere; of those the search index knows no more."""
        self.texts.append(f"{column} LIKE {text}")
        self.apart.append(_APART.format(column=column, text=text))

    def from_on(self, keys: tuple[str, ...], values: tuple[object, ...]) -> str:
        """The condition that a product stands at these values of an order's keys, or behind."""
        return f"({', '.join(keys)}) >= ({', '.join(map(self.add, values))})"

    def add_text(self, text: str) -> str:
        """A text to look for. ``indexed``: the search index, which knows triples of letters, is of use."""
        self.indexed = self.indexed or _TRIPLE.search(text) is not None
        return self.add(contains(text))

    def add(self, argument: object) -> str:
        self.arguments.append(argument)
        return f"${len(self.arguments)}"

    @property
    def matches_all(self) -> bool:
        return not (self.plain or self.texts)

    @property
    def source(self) -> str:
        """The narrow tables that have what is asked for and the order."""
        return _SEARCHED if self.texts else _SORTED

    @property
    def sifted_source(self) -> str:
        """The same, but those that have the texts are found first, not one by one in the order."""
        return _SIFTED.format(texts=" AND ".join(self.texts))

    def beginning(self, order: str, rows: int) -> str:
        """The same, but only so many products from the beginning of the order."""
        return _BEGINNING.format(order=order, rows=rows)

    @property
    def unordered_source(self) -> str:
        """Those that have what is asked for."""
        return self.source if self.plain else _TEXTS

    @property
    def where(self) -> str:
        return " AND ".join([*self.plain, *self.texts]) or "true"


def contains(text: str) -> str:
    r"""The pattern of LIKE for texts that hold this one; ``%``, ``_`` and ``\`` stand for themselves."""
    return "%" + text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
