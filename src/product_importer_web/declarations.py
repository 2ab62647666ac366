"""Declares the content of requests and responses, once, as types, beside the route that they belong to.

Checks, refusals and ``/api/v1/openapi.json`` follow from the declarations. Bodies and parameters are frozen
structs of `msgspec <https://msgspec.dev>`_; responses may also be dataclasses, or any other type that msgspec
can describe.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final, Self, TypeVar, cast

import msgspec

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
ANY_TYPE: Final = "*/*"

_YEARS: Final = range(1900, 3000)


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a body, or parameters, are refused if they don't fit their declaration.

    ``status`` and ``code`` are those of the problem. ``unknown`` and ``wrong`` are the codes of single
    faults: an undeclared name, a value of a wrong type. In messages, ``thing`` is the general word for a
    member, and ``named`` is the pattern for naming a single one. ``quotes``: messages quote the value that
    was sent. ``nulls``: messages say if null is allowed.
    """

    status: HTTPStatus = HTTPStatus.BAD_REQUEST
    code: str = "usage"
    thing: str = "member"
    named: str = "{name}"
    unknown: str = "unknown_field"
    wrong: str = "wrong_type"
    quotes: bool = False
    nulls: bool = True


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a request. A member without a default is required."""

    refusal: ClassVar[Refusal] = Refusal()


class Body(Declared, frozen=True):
    """A JSON object that is a request's body."""


class Query(Declared, frozen=True):
    """The parameters of an address. An empty one counts as not given."""

    refusal: ClassVar[Refusal] = Refusal(
        thing="parameter", named="The parameter '{name}'", quotes=True, nulls=False
    )


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object in a response."""


S = TypeVar("S", bound=msgspec.Struct)


def struct_of(name: str, base: type[S], fields: Iterable[Any], *, doc: str) -> type[S]:
    """Returns a struct whose fields are data: names, types and, if there are any, defaults."""
    found = msgspec.defstruct(
        name, fields, bases=(base,), frozen=True, kw_only=True, namespace={"__doc__": doc}
    )
    return cast("type[S]", found)


class NoParameters(Query, frozen=True):
    """An address without parameters."""


Place = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
"""A number from which a list continues; 0 is its beginning."""


class Custom(ABC):
    """A type of our own for values in JSON. ``rule`` ends the sentence about a wrong value; ``schema`` is its
    JSON Schema.
    """

    rule: ClassVar[str]
    schema: ClassVar[Mapping[str, Any]]

    @classmethod
    @abstractmethod
    def taken(cls, value: object) -> Self:
        """Converts a JSON value. Raises :class:`ValueError`."""


class Number(Custom):
    """A number of any kind; ``value`` is exact."""

    rule = "has to be a number"
    schema: ClassVar[Mapping[str, Any]] = {"type": "number"}
    __slots__ = ("value",)

    def __init__(self, value: Decimal | str) -> None:
        self.value = value

    @classmethod
    def taken(cls, value: object) -> Self:
        if isinstance(value, int) and not isinstance(value, bool):
            return cls(Decimal(value))
        if isinstance(value, Decimal):
            return cls(value)
        raise ValueError(f"it {cls.rule}")


class NumberOrText(Number):
    """A number, or a text that contains one."""

    schema: ClassVar[Mapping[str, Any]] = {"type": ["number", "string"]}
    __slots__ = ()

    @classmethod
    def taken(cls, value: object) -> Self:
        return cls(value) if isinstance(value, str) else super().taken(value)


class Moment(datetime, Custom):
    """A time with its offset, from 1900 to 2999."""

    rule = "has to be a time such as 2026-03-02T09:30:00Z"
    schema: ClassVar[Mapping[str, Any]] = {"type": "string", "format": "date-time"}

    @classmethod
    def taken(cls, value: object) -> Self:
        if not isinstance(value, str):
            raise ValueError(f"it {cls.rule}")  # noqa: TRY004 - msgspec asks for a ValueError
        found = cls.fromisoformat(value)
        if found.tzinfo is None or found.year not in _YEARS:
            raise ValueError("it is no time of these centuries, or lacks its offset")
        return found


class Binary(Custom):
    """The bytes of a file in a form. This type is for the description only: forms are read part by part."""

    rule = "has to be a file"
    schema: ClassVar[Mapping[str, Any]] = {"type": "string", "format": "binary"}

    @classmethod
    def taken(cls, value: object) -> Self:
        raise ValueError(f"it {cls.rule}, and no {type(value).__name__}")


def custom(kind: type, value: object) -> object:
    """Converts values to our types, for msgspec."""
    if issubclass(kind, Custom):
        return kind.taken(value)
    raise NotImplementedError(f"{kind} is no type of ours")


@dataclass(frozen=True, slots=True)
class Content:
    """One kind of body: its media type and its content. ``type`` None: bytes of any kind.

    ``required``: there must be a body. ``needs``: members that this route requires although the type doesn't;
    the handler checks them.
    """

    media_type: str
    type: Any = None
    required: bool = True
    needs: tuple[str, ...] = ()


FORM: Final = Content("application/x-www-form-urlencoded", required=False)
"""A page's form."""


def json_of(kind: type[Body], *, needs: tuple[str, ...] = ()) -> tuple[Content, ...]:
    """Returns the declaration of a body that is this JSON object."""
    return Content(JSON, kind, needs=needs), Content(MERGE_PATCH, kind, needs=needs)


@dataclass(frozen=True, slots=True)
class Answer:
    """A route's response on success: its body and its own headers.

    ``type`` None: the body is text or bytes; ``media_type`` None: there is no body.
    """

    status: int
    type: Any = None
    media_type: str | None = JSON
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """A header that a route reads. ``pattern`` must match its whole value."""

    name: str
    description: str
    required: bool = False
    pattern: str | None = None
