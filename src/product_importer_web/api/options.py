"""An import's options as requests bring them: named as the command line's, with ``_`` for ``-``.

In forms and addresses they are texts, in JSON they are what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, get_args

from product_importer import Importer, ImportOptions
from product_importer.cells.shortening import quoted, shortened
from product_importer.delimited.dialect import known_delimiter
from product_importer.delimited.encodings.names import known_encoding
from product_importer.errors import UsageError
from product_importer.fields import FIELDS
from product_importer.model import Blank, DecimalSign, Extra, Limits, Missing, OnError, OnWarning
from product_importer_web.problems import Problem, field_fault

_TARGETS: Final = (*FIELDS, "attribute", "ignore")
_LIMITS: Final = {"max_field": "field_chars", "max_row": "row_chars", "max_columns": "columns"}
"""Option → the limit that it sets. Here it can only be lowered: it guards the memory of whoever runs this."""

_TABS: Final = ("\\t", "tab")


@dataclass(frozen=True, slots=True)
class _Kind:
    """``read`` makes a value of a text, ``fits`` looks at one; ``wanted`` says what it has to be."""

    wanted: str
    fits: Callable[[object], bool]
    read: Callable[[str], object] = str


def _choice(*words: str) -> _Kind:
    return _Kind(" or ".join(words), lambda value: value in words)


def _number(least: int, most: int | None = None) -> _Kind:
    last = (1 << 63) - 1 if most is None else most

    def fits(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= last

    return _Kind(
        f"a whole number from {least} {'on' if most is None else f'to {most:,}'}",
        fits,
        lambda text: int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None,
    )


_TEXT = _Kind("a text", lambda value: isinstance(value, str))
_KINDS: Final[Mapping[str, _Kind]] = {
    "dry_run": _Kind(
        "true or false", lambda value: isinstance(value, bool), {"true": True, "false": False}.get
    ),
    "duplicates": _TEXT,
    "on_error": _choice(*get_args(OnError)),
    "on_warning": _choice(*get_args(OnWarning)),
    "max_errors": _number(0),
    "missing": _choice(*get_args(Missing)),
    "blank": _choice(*get_args(Blank)),
    "extra": _choice(*get_args(Extra)),
    "encoding": _TEXT,
    "delimiter": _TEXT,
    "decimal": _choice(*get_args(DecimalSign)),
    "parser": _TEXT,
    **{name: _number(1, getattr(Limits(), field)) for name, field in _LIMITS.items()},
}

NAMES: Final = (*_KINDS, "map")


def options_of_texts(importer: Importer, pairs: Iterable[tuple[str, str]]) -> ImportOptions:
    """From a form or an address. ``map`` is ``COLUMN=FIELD``, once for each column; an empty text is none.

    Raises :class:`Problem` that names every option that can't be used.
    """
    given: dict[str, Any] = {}
    faults = []
    for name, text in pairs:
        if name == "map" and text:
            column, _, field = text.rpartition("=")
            given.setdefault("map", {})[column] = field
        elif name in given:
            faults.append(
                field_fault(name, "given_twice", f"{shortened(name)} is given twice. Give it once.")
            )
        elif text and name in _KINDS:
            given[name] = _KINDS[name].read(text)
        elif name not in NAMES:
            given[name] = text
    return _options(importer, given, faults)


def options_of_json(importer: Importer, given: Mapping[str, Any]) -> ImportOptions:
    """From a JSON object. ``map`` is an object, column → field; null is as good as nothing.

    Raises as :func:`options_of_texts`.
    """
    return _options(importer, {name: value for name, value in given.items() if value is not None}, [])


def _options(
    importer: Importer, given: Mapping[str, Any], faults: list[dict[str, str | None]]
) -> ImportOptions:
    values: dict[str, Any] = {"parser": importer.settings.parser}
    for name, value in given.items():
        try:
            values[name] = _checked(importer, name, value)
        except UsageError as error:
            faults.append(field_fault(name, error.code, str(error)))
    if faults:
        detail = " ".join(str(fault["message"]) for fault in faults)
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_options", detail, errors=faults)
    limits = {field: values.pop(name) for name, field in _LIMITS.items() if name in values}
    return ImportOptions(**values, limits=Limits(**limits))


def _checked(importer: Importer, name: str, value: Any) -> Any:
    """The option's value. Raises :class:`UsageError`."""
    if name == "map":
        return _checked_map(value)
    if name not in _KINDS:
        raise UsageError(
            f"There is no option {quoted(name)}. Known: {', '.join(sorted(NAMES))}.",
            code="unknown_option",
        )
    if not _KINDS[name].fits(value):
        raise UsageError(f"{name} has to be {_KINDS[name].wanted}.", code="wrong_value")
    match name:
        case "encoding":
            return known_encoding(value)
        case "delimiter":
            return known_delimiter("\t" if value in _TABS else value)
        case "parser":
            return _known(name, value, importer.plugins.parsers)
        case "duplicates":
            return _known(name, value, importer.plugins.dedupe_policies)
    return value


def _checked_map(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(
        column and isinstance(field, str) and field.strip().lower() in _TARGETS
        for column, field in value.items()
    ):
        raise UsageError(
            "map has to say for each column what it is used as, COLUMN=FIELD in a form; in JSON it is an "
            f"object. What a column can be used as: {', '.join(_TARGETS)}.",
            code="wrong_value",
        )
    return value


def _known(name: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise UsageError(f"{name} is {quoted(value)}. Known: {', '.join(sorted(known))}.", code="wrong_value")
    return value
