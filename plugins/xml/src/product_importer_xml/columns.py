"""The columns of a list of elements, and the cells of one element."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    A tag loses its prefix (``g:price`` is ``price``) where no other column has that name.
    """

    def __init__(self, place: Place) -> None:
        keys = [*(("", name) for name in place.attributes)]
        for child in place.children.values():
            keys.append((child.tag, ""))
            if not child.children:
                keys += ((child.tag, name) for name in child.attributes if not child.repeats)
        if place.texts and not place.children:
            keys.append(("", ""))
        self.keys = {key: number for number, key in enumerate(keys)}
        self.header = _names(keys, place.tag)
        self._children = place.children

    def cells(self, element: Element) -> list[str | None]:
        """The element's cells; None for a part that it lacks."""
        cells: list[str | None] = [None] * len(self.keys)
        for name, text in element.attributes.items():
            cells[self.keys["", name]] = text
        if ("", "") in self.keys:
            cells[self.keys["", ""]] = element.text
        lists: dict[str, list[object]] = {}
        for part in element.parts:
            if isinstance(part, str):
                continue
            place = self._children[part.tag]
            if place.repeats:
                lists.setdefault(part.tag, []).append(_value(part, place))
                continue
            value = _value(part, place)
            cells[self.keys[part.tag, ""]] = value if isinstance(value, str) else _json(value)
            for name, text in part.attributes.items():
                if (part.tag, name) in self.keys:
                    cells[self.keys[part.tag, name]] = text
        for tag, values in lists.items():
            cells[self.keys[tag, ""]] = _json(values)
        return cells


def _names(keys: list[tuple[str, str]], tag: str) -> tuple[str, ...]:
    full = [" ".join(filter(None, key)) or tag for key in keys]
    short = [" ".join(_local(part) for part in key if part) or _local(tag) for key in keys]
    return tuple(name if short.count(name) == 1 else whole for name, whole in zip(short, full, strict=True))


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _value(element: Element, place: Place) -> object:
    """The text of an element without others in it; markup if text and elements are mixed; else an object."""
    if not place.children:
        return _with_attributes(element, place)
    if place.texts:
        return "".join(map(_markup, element.parts)).strip()
    members: dict[str, object] = dict(element.attributes)
    for part in element.parts:
        if not isinstance(part, str):
            child = place.children[part.tag]
            value = _value(part, child)
            if child.repeats:
                several = members.setdefault(_local(part.tag), [])
                if isinstance(several, list):
                    several.append(value)
            else:
                members[_local(part.tag)] = value
    return members


def _with_attributes(element: Element, place: Place) -> object:
    """The text; in a list, whose elements have no columns of their own, together with the attributes."""
    if place.repeats and element.attributes:
        return {**element.attributes, "": element.text} if element.text else dict(element.attributes)
    return element.text


def _markup(part: str | Element) -> str:
    if isinstance(part, str):
        return escape(part)
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in part.attributes.items())
    inner = "".join(map(_markup, part.parts))
    return f"<{part.tag}{attributes}>{inner}</{part.tag}>" if inner else f"<{part.tag}{attributes}/>"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
