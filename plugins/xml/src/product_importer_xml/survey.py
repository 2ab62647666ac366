"""Reads a document once, to learn which elements it has and which of them are the list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from product_importer.cells.headers.tables import table_of_products
from product_importer.errors import FileError
from product_importer_xml.reading import fed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.parsers.expat import XMLParserType

    from product_importer.ports import InputFile

_MOST_PLACES: Final = 10_000
_MOST_DEPTH: Final = 100


@dataclass(slots=True)
class Place:
    """All elements with the same tags from the root on.

    ``attributes``: the names that any of them has. ``most``: how many of them an element around them has.
    ``texts``: whether any of them has text that isn't blank.
    """

    tag: str
    count: int = 0
    most: int = 1
    texts: bool = False
    attributes: dict[str, None] = field(default_factory=dict)
    children: dict[str, Place] = field(default_factory=dict)

    @property
    def repeats(self) -> bool:
        return self.most > 1

    @property
    def is_record(self) -> bool:
        return bool(self.children or self.attributes)

    @property
    def names(self) -> tuple[str, ...]:
        """What its attributes and the elements in it are called, without prefixes."""
        return tuple(name.rpartition(":")[2] for name in (*self.attributes, *self.children))


def survey(file: InputFile) -> Place:
    """Returns the place above the root element. Raises :class:`FileError` as :func:`fed` does."""
    found = _Survey()
    for done in fed(file, found.prepare):
        file.keep_alive(done / max(file.size, 1))
    return found.top


class _Survey:
    """The handlers that note the places of all elements."""

    def __init__(self) -> None:
        self.top = Place("")
        self._open = [self.top]
        self._seen: list[dict[str, int]] = [{}]
        self._places = 0

    def prepare(self, parser: XMLParserType) -> None:
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        place = self._open[-1].children.get(tag) or self._new(tag)
        place.count += 1
        if attributes:
            place.attributes.update(dict.fromkeys(attributes))
        seen = self._seen[-1]
        seen[tag] = number = seen.get(tag, 0) + 1
        place.most = max(place.most, number)
        self._open.append(place)
        self._seen.append({})

    def _new(self, tag: str) -> Place:
        self._places += 1
        if self._places > _MOST_PLACES or len(self._open) > _MOST_DEPTH:
            raise FileError(
                "The XML document has too many kinds of elements for a list of products.", code="no_list"
            )
        place = self._open[-1].children[tag] = Place(tag)
        return place

    def _end(self, _: str) -> None:
        self._open.pop()
        self._seen.pop()

    def _text(self, data: str) -> None:
        if not data.isspace():
            self._open[-1].texts = True


def candidates(top: Place) -> dict[str, Place]:
    """The places that may be the list, by their paths: repeated records with the fewest elements around them,
    or the one of them that certainly holds the products.

    Without any repeated record, a document holds one product: the innermost element with parts of its own.
    """
    level = {name: place for name, place in top.children.items() if place.tag}
    while level:
        below = dict(_children(level))
        found = {path: place for path, place in below.items() if place.repeats and place.is_record}
        if found:
            certain = table_of_products({path: place.names for path, place in found.items()})
            return found if certain is None else {certain: found[certain]}
        level = below
    return dict(_single(top))


def _children(level: Mapping[str, Place]) -> Iterator[tuple[str, Place]]:
    for path, place in level.items():
        for tag, child in place.children.items():
            yield f"{path}/{tag}", child


def _single(top: Place) -> Iterator[tuple[str, Place]]:
    path, place = next(iter(top.children.items()), ("", top))
    while len(place.children) == 1 and not place.attributes:
        (tag, child), *_ = place.children.items()
        if not child.is_record:
            break
        path, place = f"{path}/{tag}", child
    if path and place.is_record:
        yield path, place


def chosen(top: Place, wanted: str | None) -> tuple[str, Place]:
    """Returns the list's path and place. Raises :class:`FileError` (``no_list``)."""
    if wanted is not None:
        place = top
        for tag in wanted.strip("/").split("/"):
            child = place.children.get(tag)
            if child is None:
                raise FileError(f"The XML document has no elements {wanted!r}.", code="no_list")
            place = child
        return wanted.strip("/"), place
    found = candidates(top)
    if not found:
        raise FileError(
            "The XML document has no list of like elements, as a file of products has.", code="no_list"
        )
    return max(found.items(), key=lambda each: (len(each[1].children), each[1].count))
