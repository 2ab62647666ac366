"""Reads an import's options from requests: they are named as on the command line, with ``_`` for ``-``.

In forms and addresses, options are texts; in JSON, they have their own types.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from product_importer import Importer, ImportOptions
from product_importer.cells.shortening import quoted
from product_importer.delimited.dialect import known_delimiter
from product_importer.delimited.encodings.names import known_encoding
from product_importer.errors import ProfileNotFound, UsageError
from product_importer.imports.reading_options import with_checked_reading
from product_importer.model import AUTO_PARSER, AUTO_SHOP, NO_SHOP, Limits, Profile, options_with
from product_importer.support.shop_files import shops_of
from product_importer_web.api import decoding
from product_importer_web.api.decoding import Fault
from product_importer_web.api.option_bodies import LIMITS, Answers, Options
from product_importer_web.declarations import Body
from product_importer_web.problems import field_fault

_TABS: Final = ("\\t", "tab")

NAMES: Final = Options.__struct_fields__


async def options_of_texts(importer: Importer, pairs: Iterable[tuple[str, str]]) -> ImportOptions:
    """Reads options from a form or an address. ``map`` is ``COLUMN=FIELD`` and ``rule`` is ``COLUMN=RULE``,
    once for each column, ``set`` is ``NAME=VALUE``, once for each option of the parser's own, and
    ``transform`` is ``COLUMN=STEP``, once for each step; an empty text counts as not given.

    Raises :class:`Problem` that names every option that can't be used.
    """
    given, faults = _given(pairs)
    return await _options(importer, given, faults)


async def options_of_json(
    importer: Importer, sent: Mapping[str, Any], pairs: Iterable[tuple[str, str]]
) -> ImportOptions:
    """Reads options from a JSON object, and from the address that it was sent to.

    In the object, ``map`` (column → field), ``rule`` and ``set`` are objects, ``transform`` is a list, and
    null counts as not given. Raises as :func:`options_of_texts` does.
    """
    given, faults = _given(pairs)
    sent = {name: value for name, value in sent.items() if value is not None or name not in given}
    faults += [decoding.twice(Options, name) for name in sent if name in given]
    return await _options(importer, {**given, **sent}, faults)


def answers_of_json(importer: Importer, sent: Mapping[str, Any], parser: str) -> dict[str, Any]:
    """Reads the options that answer an import's questions from a JSON object; ``parser`` is the import's.

    Raises as :func:`options_of_texts` does.
    """
    return _values(importer, sent, [], parser, Answers)


def _given(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, Any], list[Fault]]:
    """Converts texts into the values that JSON would have; also returns the faults of options given twice."""
    pairs_of: dict[str, dict[str, str]] = {"map": {}, "rule": {}, "set": {}}
    others, steps = [], []
    for name, text in pairs:
        if name in ("map", "rule") and text:
            column, _, value = text.rpartition("=")
            pairs_of[name][column] = value
        elif name == "transform" and text:
            steps.append(text)
        elif name == "set" and text:
            option, _, value = text.partition("=")
            pairs_of[name][option] = value
        elif text or name not in NAMES:
            others.append((name, text))
    given, faults = decoding.of_texts(Options, others)
    of_columns: dict[str, Any] = {**pairs_of, "transform": steps}
    return given | {name: values for name, values in of_columns.items() if values}, faults


async def _options(importer: Importer, given: Mapping[str, Any], faults: list[Fault]) -> ImportOptions:
    """Returns the options. Below those that are given are those of the profile that they name, if any."""
    profile, values = Profile(parser=importer.settings.parser), dict(given)
    name = values.pop("profile", None)
    if isinstance(name, str):
        try:
            profile = (await importer.profiles.get(name)).profile
        except ProfileNotFound as error:
            faults.append(field_fault("profile", error.code, str(error)))
    elif name is not None:
        faults.append(field_fault("profile", Options.refusal.wrong, "profile has to be a text."))
    values = _values(importer, values, faults, profile.parser)
    limits = {field: values.pop(name) for name, field in LIMITS.items() if name in values}
    return options_with(profile, {**values, "limits": Limits(**limits), "profile_name": name})


def _values(
    importer: Importer, given: Mapping[str, Any], faults: list[Fault], parser: str, kind: type[Body] = Options
) -> dict[str, Any]:
    """Returns the values of the given options. ``parser`` is the one that reads if none is given; ``kind``
    has the options that may be given.
    """
    taken, wrong = decoding.taken(kind, given)
    faults += wrong
    values: dict[str, Any] = {}
    for name, value in taken.items():
        if value is None:
            continue
        try:
            values[name] = _known(importer, name, value)
        except UsageError as error:
            faults.append(field_fault(name, error.code, str(error)))
    if "transform" in values:
        values["transforms"] = values.pop("transform")
    reading = values.pop("set", {})
    try:
        read = with_checked_reading(_of_parser({"parser": parser, **values}, reading), importer.plugins)
    except UsageError as error:
        faults.append(field_fault("set", error.code, f"set: {error}"))
    else:
        found = {"reading": read.reading, "encoding": read.encoding, "delimiter": read.delimiter}
        values |= {name: value for name, value in found.items() if value}
    if faults:
        raise decoding.refused(Options.refusal, faults)
    return values


def _of_parser(values: Mapping[str, Any], reading: Mapping[str, str]) -> ImportOptions:
    """Returns the options that say how the parser reads, without the others."""
    short = {name: values[name] for name in ("encoding", "delimiter") if name in values}
    if reading.get("delimiter") in _TABS:
        reading = {**reading, "delimiter": "\t"}
    return ImportOptions(parser=values["parser"], reading=reading, **short)


def _known(importer: Importer, name: str, value: Any) -> Any:
    """Returns the option's value after the checks that need plugins or codecs. Raises :class:`UsageError`."""
    match name:
        case "encoding":
            return known_encoding(value)
        case "delimiter":
            return known_delimiter("\t" if value in _TABS else value)
        case "parser":
            return _one_of(name, value, {AUTO_PARSER, *importer.plugins.parsers})
        case "shop":
            return _one_of(name, value, (AUTO_SHOP, NO_SHOP, *shops_of(importer.plugins.profiles.values())))
        case "duplicates":
            return _one_of(name, value, importer.plugins.dedupe_policies)
    return value


def _one_of(name: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise UsageError(f"{name} is {quoted(value)}. Known: {', '.join(sorted(known))}.", code="wrong_value")
    return value
