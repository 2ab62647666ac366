"""Describes every route, including those of plugins, at ``/api/v1/openapi.json``, in OpenAPI 3.1.

Nothing is described twice: everything follows from the route table.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from product_importer.model import Question
from product_importer_web.declarations import JSON, Answer, Content, Custom, Query
from product_importer_web.keys import ROUTE_OF
from product_importer_web.problems import CONTENT_TYPE
from product_importer_web.routing import ID, Permission, Route

PATH: Final = "/api/v1/openapi.json"

_RESPONSES: Final = "#/components/responses/{name}"
_SCHEMAS: Final = "#/components/schemas/{name}"
_PLACE: Final = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})+))?\}")
_ANY_PLACE: Final = "[^{}/]+"
"""What aiohttp takes for a part of a path without a pattern."""
_PAGE: Final = "text/html"
_API: Final = "/api/"

_KNOWN: Final = frozenset(status.value for status in HTTPStatus)
_OF_A_PROTOCOL: Final = "A status of the protocol's own"

_ALWAYS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Statuses that any request may get: for its head, its host, the size of its body, or a failure of ours."""

_ABOUT: Final = (
    "Loads a product catalogue from files into PostgreSQL. What can be got can also be asked for with HEAD. "
    "`x-permission` is the permission that a route asks; `public` asks none. Errors are problem documents "
    "(RFC 9457), whose `code` is stable."
)


class Fault(msgspec.Struct, frozen=True):
    """The fault of one field."""

    field: str | None
    code: str
    message: str


class ProblemShown(msgspec.Struct, frozen=True):
    """A problem document (RFC 9457). Some codes add members of their own."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    request_id: str
    errors: list[Fault] | UnsetType = UNSET
    product: dict[str, Any] | UnsetType = UNSET
    products: int | UnsetType = UNSET
    questions: list[Question] | UnsetType = UNSET


async def show_description(request: web.Request) -> web.Response:
    """Returns this description."""
    routes = tuple(dict.fromkeys(request.app[ROUTE_OF].values()))
    return web.Response(body=await asyncio.to_thread(_encoded, routes), content_type=JSON)


@lru_cache(maxsize=1)
def _encoded(routes: tuple[Route, ...]) -> bytes:
    return json.dumps(described(routes)).encode()


def described(routes: Sequence[Route]) -> dict[str, Any]:
    """Returns the description of these routes."""
    types = dict.fromkeys([ProblemShown, *(kind for route in routes for kind in _types(route))])
    shown, components = msgspec.json.schema_components(types, schema_hook=_schema, ref_template=_SCHEMAS)
    schemas = dict(zip(types, shown, strict=True))
    statuses = {status for route in routes for status in refusals_of(route)}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = paths.setdefault(_PLACE.sub(r"{\1}", route.path), {})
        path[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Product Importer",
            "version": version("product-importer"),
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": {name: _readable(schema) for name, schema in components.items()},
            "responses": {
                str(status): _refusal(status, schemas[ProblemShown]) for status in sorted(statuses)
            },
        },
    }


def _types(route: Route) -> Iterable[Any]:
    declared = [each.type for each in route.body] + [each.type for each in route.answers]
    return (kind for kind in declared if kind is not None)


def _schema(kind: type) -> dict[str, Any]:
    """Returns the schema of one of our types, for msgspec."""
    if issubclass(kind, Custom):
        return dict(kind.schema)
    raise NotImplementedError(f"{kind} is no type of ours")


def _operation(route: Route, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    answers = route.answers or _answers_of_page(route)
    refusals = {str(status): {"$ref": _RESPONSES.format(name=status)} for status in refusals_of(route)}
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": _summary(route),
        "tags": [_tag(route.path)],
        "x-permission": str(route.permission),
        "parameters": [*_places(route), *_parameters(route), *_headers(route)],
        "responses": {str(int(each.status)): _answer(each, schemas) for each in answers} | refusals,
    }
    if route.body:
        operation["requestBody"] = {
            "required": all(each.required for each in route.body),
            "content": {each.media_type: _sent(each, schemas) for each in route.body},
        }
    return operation


def _summary(route: Route) -> str:
    """Returns the first paragraph of the handler's docstring, or else the route's name."""
    return _prose(
        (inspect.getdoc(route.handler) or route.name.replace("-", " ").capitalize()).partition("\n\n")[0]
    )


def _readable(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema with the docstring in its description converted to prose."""
    return schema | {"description": _prose(schema["description"])} if "description" in schema else schema


def _prose(docstring: str) -> str:
    return " ".join(docstring.split()).replace("``", "`")


def _tag(path: str) -> str:
    parts = path.strip("/").split("/")
    return re.sub(r"\W.*", "", parts[2]) if path.startswith(_API) else "pages and operation"


def _answers_of_page(route: Route) -> tuple[Answer, ...]:
    """Returns the answers of a page: the page, or for a form, a redirect. Faulty forms are shown again."""
    if route.method == "GET":
        return (Answer(HTTPStatus.OK, media_type=_PAGE),)
    return (Answer(HTTPStatus.SEE_OTHER, media_type=None, headers=("Location",)),)


def refusals_of(route: Route) -> list[int]:
    """Returns the statuses with which a route may refuse: declared ones, and those that follow
    from the rest.
    """
    found: set[int] = {*_ALWAYS, *route.problems}
    found |= {query.refusal.status for query in route.query}
    if route.permission is not Permission.PUBLIC:
        found.add(HTTPStatus.FORBIDDEN)
    if _PLACE.search(route.path):
        found.add(HTTPStatus.NOT_FOUND)
    if route.body:
        found.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    return sorted({int(status) for status in found} - {int(each.status) for each in route.answers})


def _refusal(status: int, problem: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the answer for a refusal: a problem document, or a page for browsers."""
    return {"description": _phrase(status), "content": {CONTENT_TYPE: {"schema": problem}, _PAGE: {}}}


def _answer(answer: Answer, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"description": _phrase(answer.status)}
    if answer.headers:
        shown["headers"] = {name: {"schema": {"type": "string"}} for name in answer.headers}
    if answer.media_type is not None:
        shown["content"] = {answer.media_type: _content(answer.type, schemas)}
    return shown


def _sent(content: Content, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    found = _content(content.type, schemas)
    if content.needs:
        found["schema"] = {"allOf": [found["schema"], {"required": list(content.needs)}]}
    return found


def _content(kind: Any, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    return {} if kind is None else {"schema": schemas[kind]}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in _KNOWN else _OF_A_PROTOCOL


def _places(route: Route) -> Iterable[dict[str, Any]]:
    """Yields the parameters in the path."""
    for name, pattern in _PLACE.findall(route.path):
        schema: dict[str, Any] = {"type": "string", "pattern": f"^(?:{pattern or _ANY_PLACE})$"}
        if f"{{{name}:{pattern}}}" == ID:
            schema = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _parameters(route: Route) -> Iterable[dict[str, Any]]:
    """Yields the parameters in the query."""
    for query in route.query:
        schema, named = _of_query(query)
        for name, shown in schema["properties"].items():
            required = name in schema.get("required", ())
            yield {
                "name": name,
                "in": "query",
                "required": required,
                "allowEmptyValue": True,
                "schema": _of_text(shown, named),
            }


def _of_query(query: type[Query]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the schema, and those of the types with a name, such as enumerations."""
    named: dict[str, Any] = msgspec.json.schema(query, schema_hook=_schema)["$defs"]
    return named[query.__name__], named


def _of_text(schema: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema without null, since a text can't be null, and without references."""
    found = {name: value for name, value in schema.items() if (name, value) != ("default", None)}
    kinds = [
        named[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in found.get("anyOf", ())
        if each != {"type": "null"}
    ]
    if len(kinds) == 1:
        del found["anyOf"]
        return {**kinds[0], **found}
    return found


def _headers(route: Route) -> Iterable[dict[str, Any]]:
    for header in route.headers:
        schema = {"type": "string"} | ({"pattern": f"^(?:{header.pattern})$"} if header.pattern else {})
        yield {
            "name": header.name,
            "in": "header",
            "required": header.required,
            "description": header.description,
            "schema": schema,
        }


ROUTES: Final = (
    Route(
        "GET", PATH, show_description, Permission.VIEW, "api-description",
        answers=(Answer(HTTPStatus.OK, dict[str, Any]),),
    ),
)  # fmt: skip
