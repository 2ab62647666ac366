"""The columns of a list of elements, and the cells of one element."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from product_importer.delimited.header import clean_header
from product_importer.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from product_importer.model import Limits
    from product_importer_xml.survey import Place


@dataclass(slots=True)
class Element:
    """An element that was read; ``parts`` are its texts and the elements in it, in their order."""

    tag: str
    attributes: Mapping[str, str]
    parts: list[str | Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part for part in self.parts if isinstance(part, str)).strip()


class Columns:
    """The columns of the elements at a place: their attributes, the elements in them, and those' attributes.

    A tag loses its prefix (``g:price`` is ``price``) where no other column has that name. An element that
    some product has several times has a column for each time: ``price``, ``price (2)``. So one such product
    changes nothing in the others, and the import warns of the second column of a field. The texts in an
    element that no product has twice have columns, too: ``price amount``.
    Raises :class:`FileError` (``too_many_columns``).
    """

    def __init__(self, place: Place, limits: Limits) -> None:
        self._attributes = {name: number for number, name in enumerate(place.attributes)}
        self._children = place.children
        keys = [("", name) for name in place.attributes]
        self._groups: dict[str, _Group] = {}
        for child in place.children.values():
            own = [(child.tag, name) for name in _with_columns(child)]
            times = child.most if _is_numbered(child) else 1
            self._groups[child.tag] = _Group(
                len(keys), len(own), times, {key: n for n, (_, key) in enumerate(own)}
            )
            _check_count(len(keys) + len(own) * times, limits)
            keys += own * times
        self._text = len(keys) if place.texts else None
        if self._text is not None:
            keys.append(("", ""))
        self.header = clean_header(_names(keys, place.tag), line=1, limits=limits)

    def cells(self, element: Element) -> list[str | None]:
        """The element's cells; None for a part that it lacks, blank where others have more of an element."""
        cells: list[str | None] = [None] * len(self.header)
        for name, text in element.attributes.items():
            cells[self._attributes[name]] = text
        if self._text is not None:
            cells[self._text] = element.text
        found: dict[str, list[Element]] = {}
        for part in element.parts:
            if not isinstance(part, str):
                found.setdefault(part.tag, []).append(part)
        for tag, parts in found.items():
            self._fill(cells, self._groups[tag], parts)
        return cells

    def _fill(self, cells: list[str | None], group: _Group, parts: list[Element]) -> None:
        place = self._children[parts[0].tag]
        if _is_flat(place):
            _fill_flat(cells, group, place, parts[0])
            return
        if not _is_numbered(place):
            values = [_value(part, place) for part in parts]
            single = values[0] if len(values) == 1 else values
            cells[group.first] = single if isinstance(single, str) else _json(single)
            return
        if len(parts) < group.times:
            end = group.first + group.width * group.times
            start = group.first + group.width * len(parts)
            cells[start:end] = [""] * (end - start)
        for number, part in enumerate(parts):
            start = group.first + group.width * number
            cells[start] = _content(part)
            for name, text in part.attributes.items():
                cells[start + group.keys[name]] = text


class _Group(NamedTuple):
    """The columns of the elements with one tag: ``width`` columns, from ``first`` on, for each of the times.

    ``keys``: which of these columns an attribute has.
    """

    first: int
    width: int
    times: int
    keys: Mapping[str, int]


def _is_numbered(place: Place) -> bool:
    """Whether the elements are texts, whose attributes have columns; the others become JSON."""
    return place.texts or not place.children


def _is_flat(place: Place) -> bool:
    """Whether each product has one such element at most, which holds texts only, each once: their place in
    the product is certain.
    """
    return (
        not (place.texts or place.repeats or place.children.keys() & place.attributes.keys())
        and bool(place.children)
        and not any(child.repeats or child.is_record for child in place.children.values())
    )


def _fill_flat(cells: list[str | None], group: _Group, place: Place, element: Element) -> None:
    """Puts the texts in the element into their cells; those of an empty element are blank."""
    inner = [part for part in element.parts if isinstance(part, Element)]
    texts = {part.tag: part.text for part in inner} if inner else dict.fromkeys(place.children, "")
    for name, text in {**element.attributes, **texts}.items():
        cells[group.first + group.keys[name]] = text


def _with_columns(place: Place) -> Iterable[str]:
    """What an element's columns are named after, beside its tag; an empty text for its own."""
    if _is_flat(place):
        return (*place.attributes, *place.children)
    return ("", *place.attributes) if _is_numbered(place) else ("",)


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.columns:
        raise FileError(
            f"The elements of the XML document have more than the {limits.columns:,} columns allowed. An "
            "element that a product has several times has a column for each time.",
            code="too_many_columns",
        )


def _names(keys: list[tuple[str, str]], tag: str) -> list[str]:
    short = {key: " ".join(_local(part) for part in key if part) or _local(tag) for key in keys}
    counts = Counter(short.values())
    full = {key: " ".join(filter(None, key)) or tag for key in keys}
    return [short[key] if counts[short[key]] == 1 else full[key] for key in keys]


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _content(element: Element) -> str:
    """The text; markup if there are elements in it, too."""
    if any(isinstance(part, Element) for part in element.parts):
        return "".join(map(_markup, element.parts)).strip()
    return element.text


def _value(element: Element, place: Place) -> object:
    """The element as a text, or as an object if it has attributes or is one of those with others in them."""
    members: dict[str, list[object]] = {name: [text] for name, text in element.attributes.items()}
    lists: set[str] = set()
    if _is_numbered(place):
        content = _content(element)
        if not members:
            return content
        if content:
            members[""] = [content]
    else:
        for part in element.parts:
            if not isinstance(part, str):
                child = place.children[part.tag]
                members.setdefault(_local(part.tag), []).append(_value(part, child))
                if child.repeats:
                    lists.add(_local(part.tag))
        if not members:
            return ""
    return {
        name: values if name in lists or len(values) > 1 else values[0] for name, values in members.items()
    }


def _markup(part: str | Element) -> str:
    if isinstance(part, str):
        return escape(part)
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in part.attributes.items())
    inner = "".join(map(_markup, part.parts))
    return f"<{part.tag}{attributes}>{inner}</{part.tag}>" if inner else f"<{part.tag}{attributes}/>"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
