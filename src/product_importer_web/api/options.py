"""An import's options as requests bring them: named as the command line's, with ``_`` for ``-``.

In forms and addresses they are texts, in JSON they are what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from product_importer import Importer, ImportOptions
from product_importer.cells.shortening import quoted
from product_importer.delimited.dialect import known_delimiter
from product_importer.delimited.encodings.names import known_encoding
from product_importer.errors import UsageError
from product_importer.model import Limits
from product_importer_web.api import decoding
from product_importer_web.api.decoding import Fault
from product_importer_web.api.option_bodies import Options
from product_importer_web.problems import field_fault

_LIMITS: Final = {"max_field": "field_chars", "max_row": "row_chars", "max_columns": "columns"}
"""Option → the limit that it sets. Here it can only be lowered: it guards the memory of whoever runs this."""

_TABS: Final = ("\\t", "tab")

NAMES: Final = Options.__struct_fields__


def options_of_texts(importer: Importer, pairs: Iterable[tuple[str, str]]) -> ImportOptions:
    """From a form or an address. ``map`` is ``COLUMN=FIELD``, once for each column; an empty text is none.

    Raises :class:`Problem` that names every option that can't be used.
    """
    given, faults = _given(pairs)
    return _options(importer, given, faults)


def options_of_json(
    importer: Importer, sent: Mapping[str, Any], pairs: Iterable[tuple[str, str]]
) -> ImportOptions:
    """From a JSON object, and from the address that it was sent to.

    In the object ``map`` is an object, column → field, and null is as good as nothing. Raises as
    :func:`options_of_texts`.
    """
    given, faults = _given(pairs)
    faults += [decoding.twice(Options, name) for name in sent if name in given]
    return _options(importer, {**given, **sent}, faults)


def _given(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, Any], list[Fault]]:
    """Texts as the values that JSON would have, and what was given twice."""
    uses: dict[str, str] = {}
    others = []
    for name, text in pairs:
        if name == "map" and text:
            column, _, field = text.rpartition("=")
            uses[column] = field
        elif text or name not in NAMES:
            others.append((name, text))
    given, faults = decoding.of_texts(Options, others)
    return given | ({"map": uses} if uses else {}), faults


def _options(importer: Importer, given: Mapping[str, Any], faults: list[Fault]) -> ImportOptions:
    taken, wrong = decoding.taken(Options, given)
    faults += wrong
    values: dict[str, Any] = {"parser": importer.settings.parser}
    for name, value in taken.items():
        if value is None:
            continue
        try:
            values[name] = _known(importer, name, value)
        except UsageError as error:
            faults.append(field_fault(name, error.code, str(error)))
    if faults:
        raise decoding.refused(Options.refusal, faults)
    limits = {field: values.pop(name) for name, field in _LIMITS.items() if name in values}
    return ImportOptions(**values, limits=Limits(**limits))


def _known(importer: Importer, name: str, value: Any) -> Any:
    """The option's value, where only plugins or codecs know whether it is one. Raises :class:`UsageError`."""
    match name:
        case "encoding":
            return known_encoding(value)
        case "delimiter":
            return known_delimiter("\t" if value in _TABS else value)
        case "parser":
            return _one_of(name, value, importer.plugins.parsers)
        case "duplicates":
            return _one_of(name, value, importer.plugins.dedupe_policies)
    return value


def _one_of(name: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise UsageError(f"{name} is {quoted(value)}. Known: {', '.join(sorted(known))}.", code="wrong_value")
    return value
