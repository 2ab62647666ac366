"""Filters of products as SQL conditions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, count, pairwise
from typing import Final

from product_importer.cells.sku import sku_key
from product_importer.fields import FILTERS
from product_importer.product import ProductFilter
from product_importer.store.columns import TEXTS
from product_importer.store.search.sieve import MOST, Letters, split

_SORTED: Final = "product_sorting"
_TEXTS: Final = "product_texts"
_SIFTED: Final = "(SELECT * FROM product_texts WHERE {sieve} OFFSET 0) AS sifted"
_BEGINNING: Final = (
    "(SELECT * FROM product_sorting {order} LIMIT {rows}) AS beginning CROSS JOIN LATERAL ("
    "SELECT {texts}"
    " FROM product_texts WHERE product_texts.product_id = beginning.product_id OFFSET 0) AS texts"
)
"""``OFFSET 0`` keeps the planner from merging the subquery, however few matches it expects: rows are tested
one by one.
"""

_STORED: Final = "product_id IN (SELECT id FROM products WHERE {conditions})"

_NO_PRICE_BELOW: Final = Decimal(0)
"""Prices aren't negative; the key of a product without a price is."""

_SEPARATORS: Final = ",;"
_SEARCHED: Final = "search_text({})"
_LOWERED: Final = tuple(column for field, column in TEXTS.items() if field != "sku")

_APART: Final = (
    "{column} LIKE ALL (ARRAY(SELECT '%' || word || '%' FROM unnest(string_to_array({text}, ' ')) AS word))"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """How many products of a sample match all the texts, and how many have all their words in any place.

    ``patterns``: the final pattern of each text's argument, as the server computes it.
    """

    have_texts: int
    have_words: int
    patterns: Sequence[str]


def _any(columns: Mapping[str, Sequence[str]]) -> str:
    """Returns the condition that any of these columns matches all its patterns."""
    each = (
        " AND ".join(f"{column} LIKE {pattern}" for pattern in patterns)
        for column, patterns in columns.items()
    )
    return f"({' OR '.join(f'({condition})' for condition in each)})"


def _quoted(letters: Sequence[str]) -> list[str]:
    """Returns quoted LIKE patterns for these letters, which contain no quotes."""
    return [f"'%{each}%'" for each in letters]


@dataclass(frozen=True, slots=True)
class _Sought:
    """A text that must occur in at least one of some columns, with the argument of each column's pattern."""

    columns: Mapping[str, str]

    @property
    def condition(self) -> str:
        return _any({column: [pattern] for column, pattern in self.columns.items()})


class Conditions:
    """The filter as SQL conditions on the columns of ``product_facts``, with their arguments.

    ``words`` are the arguments of the conditions on texts; they come first.
    """

    def __init__(self, wanted: ProductFilter = ProductFilter()) -> None:  # noqa: B008 - frozen
        self.arguments: list[object] = []
        self.patterns: list[str] = []
        self.apart: list[str] = []
        self.plain: list[str] = []
        self._sought: list[_Sought] = []
        self._sieve = ""
        if sku := sku_key(wanted.sku):
            self._add_phrase("sku_text", self._add_pattern("{}", sku))
        for field in FILTERS:
            if field != "sku" and (text := getattr(wanted, field).strip()):
                self._add_phrase(TEXTS[field], self._add_pattern(_SEARCHED, text))
        for each in wanted.search.split():
            word = each.strip(_SEPARATORS) or each
            sku, text = self._add_pattern("{}", sku_key(word)), self._add_pattern(_SEARCHED, word)
            self._sought.append(_Sought({"sku_text": sku} | dict.fromkeys(_LOWERED, text)))
            self.apart.append(self._sought[-1].condition)
        self.words: Final = tuple(self.arguments)
        if wanted.active is not None:
            self.plain.append("active" if wanted.active else "NOT active")
        self._add_ranges(wanted)
        self._add_stored(wanted)

    @classmethod
    def among(cls, ids: list[int]) -> Conditions:
        """Returns the condition that a product is one of these."""
        conditions = cls()
        conditions.plain.append(f"product_id = ANY({conditions.add(ids)})")
        return conditions

    def _add_ranges(self, wanted: ProductFilter) -> None:
        """Adds the conditions on columns that the narrow tables have."""
        if wanted.price_from is not None or wanted.price_to is not None:
            lowest = wanted.price_from if wanted.price_from is not None else _NO_PRICE_BELOW
            self.plain.append(f"price_key >= {self.add(lowest)}")
        if wanted.price_to is not None:
            self.plain.append(f"price_key <= {self.add(wanted.price_to)}")
        if wanted.changed_since is not None:
            self.plain.append(f"updated_at >= {self.add(wanted.changed_since)}")

    def _add_stored(self, wanted: ProductFilter) -> None:
        """Adds the conditions on columns that only the table of products has."""
        stored = [
            f"{column} = {self.add(value)}"
            for column in ("created_by_import", "updated_by_import")
            if (value := getattr(wanted, column)) is not None
        ]
        if wanted.attributes:
            written = json.dumps(dict(wanted.attributes), ensure_ascii=False)
            stored.append(f"attributes @> {self.add(written)}::jsonb")
        if stored:
            self.plain.append(_STORED.format(conditions=" AND ".join(stored)))

    def _add_phrase(self, column: str, pattern: str) -> None:
        """Adds a text to find in one column. ``apart`` gets the same words in any place: the search index
        can't tell more than that.
        """
        self._sought.append(_Sought({column: pattern}))
        self.apart.append(_APART.format(column=column, text=pattern))

    def from_on(self, keys: tuple[str, ...], values: tuple[object, ...]) -> str:
        """Returns the condition that a product is at or behind these values of an order's keys."""
        return f"({', '.join(keys)}) >= ({', '.join(map(self.add, values))})"

    def _add_pattern(self, form: str, text: str) -> str:
        self.patterns.append(form.format(self.add(contains(text))))
        return self.patterns[-1]

    @property
    def texts(self) -> list[str]:
        """One condition for each text of the filter."""
        return [sought.condition for sought in self._sought]

    def letters(self, sample: Sample) -> list[Letters]:
        """Returns the letters that the search index can be queried with."""
        patterns = dict(zip(self.patterns, sample.patterns, strict=True))
        found: list[Letters] = []
        words = count()
        for sought in self._sought:
            split_up = {column: split(patterns[pattern]) for column, pattern in sought.columns.items()}
            if any(one != other for one, other in pairwise(split_up.values())):
                # The letters of a SKU's key differ; each column's letters then make one condition.
                if all(split_up.values()):
                    condition = _any({column: _quoted([*chain(*each)]) for column, each in split_up.items()})
                    found.append(Letters(condition, next(words), len(split_up)))
                continue
            for word in next(iter(split_up.values())):
                number = next(words)
                for pattern in _quoted(word):
                    condition = _any({column: [pattern] for column in split_up})
                    found.append(Letters(condition, number, len(split_up)))
        return found[:MOST]

    def sift(self, letters: Sequence[Letters]) -> None:
        """Has the search index queried with these letters from now on."""
        self._sieve = " AND ".join(each.condition for each in letters)

    def add(self, argument: object) -> str:
        self.arguments.append(argument)
        return f"${len(self.arguments)}"

    @property
    def matches_all(self) -> bool:
        return not (self.plain or self.texts)

    @property
    def source(self) -> str:
        """The narrow tables that hold the filtered columns and the order."""
        return f"{_SORTED} JOIN {self._texts_source} USING (product_id)" if self._sought else _SORTED

    @property
    def _texts_source(self) -> str:
        """The candidates from the search index, found first, if it has letters to query; else all texts."""
        return _SIFTED.format(sieve=self._sieve) if self._sieve else _TEXTS

    def beginning(self, order: str, rows: int) -> str:
        """Returns the source, limited to the first ``rows`` products of the order."""
        return _BEGINNING.format(order=order, rows=rows, texts=", ".join(TEXTS.values()))

    @property
    def unordered_source(self) -> str:
        """The tables that hold the filtered columns only, without the order."""
        return self.source if self.plain else self._texts_source

    @property
    def where(self) -> str:
        return " AND ".join([*self.plain, *self.texts]) or "true"


def contains(text: str) -> str:
    r"""Returns the LIKE pattern for texts that contain this one; ``%``, ``_`` and ``\`` stand
    for themselves.
    """
    return "%" + text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
