"""An import's options in requests, and the bodies that contain them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final, Self

import msgspec
from msgspec import Meta

from product_importer.fields import FIELDS
from product_importer.model import (
    TOUCHABLE,
    Blank,
    DecimalSign,
    Extra,
    Limits,
    Missing,
    Mode,
    OnError,
    OnWarning,
    Questions,
    split_names,
)
from product_importer.model.value_rules import ValueRule, words_of
from product_importer_web.declarations import (
    ANY_TYPE,
    FORM,
    Binary,
    Body,
    Content,
    Custom,
    Query,
    Refusal,
    struct_of,
)

TARGETS: Final = (*FIELDS, "attribute", "ignore")
"""The possible uses of a column."""


class ColumnUses(dict[str, str], Custom):
    """The use of each column, by its name."""

    rule = (
        "has to say for each column what it is used as, COLUMN=FIELD in a form; in JSON it is an object. "
        f"What a column can be used as: {', '.join(TARGETS)}"
    )
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "propertyNames": {"minLength": 1},
        "additionalProperties": {"type": "string", "description": f"One of {', '.join(TARGETS)}."},
    }

    @classmethod
    def taken(cls, value: object) -> Self:
        if not isinstance(value, dict) or not all(
            column and isinstance(use, str) and use.strip().lower() in TARGETS
            for column, use in value.items()
        ):
            raise ValueError(f"it {cls.rule}")
        return cls(value)


class ReadingOptions(dict[str, str], Custom):
    """The options of the parser's own, by name."""

    rule = "has to give the parser's own options, NAME=VALUE in a form; in JSON it is an object of texts"
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "propertyNames": {"minLength": 1},
        "additionalProperties": {"type": "string", "minLength": 1},
    }

    @classmethod
    def taken(cls, value: object) -> Self:
        if not isinstance(value, dict) or not all(
            name and isinstance(each, str) and each for name, each in value.items()
        ):
            raise ValueError(f"it {cls.rule}")
        return cls(value)


class ColumnRules(dict[str, str], Custom):
    """The rules by which the values of columns are read, by the columns' names."""

    rule = (
        "has to say for each column how its values are read, COLUMN=RULE in a form; in JSON it is an object. "
        "A rule is a text such as comma; EUR; blank: NULL, -"
    )
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "propertyNames": {"minLength": 1},
        "additionalProperties": {"type": "string", "description": "Such as comma; EUR; blank: NULL, -"},
    }

    @classmethod
    def taken(cls, value: object) -> Self:
        if not isinstance(value, dict) or not all(
            column and isinstance(text, str) for column, text in value.items()
        ):
            raise ValueError(f"it {cls.rule}")
        for text in value.values():
            ValueRule.of(text)
        return cls(value)


class Steps(tuple[Any, ...], Custom):
    """The steps that change the cells of columns before these become fields, in their order."""

    rule = (
        "has to list the steps that change the cells of columns, COLUMN=STEP once for each in a form; in "
        "JSON it is a list of such texts. A step is written such as replace: €, EUR or trim"
    )
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "array",
        "items": {
            "type": "string",
            "description": "COLUMN=STEP, such as Price=replace: €",
        },
    }
    __slots__ = ()

    @classmethod
    def taken(cls, value: object) -> Self:
        if not isinstance(value, (list, tuple)) or not all(isinstance(text, str) for text in value):
            raise ValueError(f"it {cls.rule}")
        from product_importer.model.transform_texts import transform_of  # noqa: PLC0415 - few requests have steps

        return cls(map(transform_of, value))


class BlankWords(tuple[str, ...], Custom):
    """Words that stand for a blank cell."""

    rule = (
        "has to list words that stand for a blank cell, such as NULL, N/A; in JSON it may be a list of texts"
    )
    schema: ClassVar[Mapping[str, Any]] = {
        "anyOf": [{"type": "array", "items": {"type": "string", "minLength": 1}}, {"type": "string"}]
    }
    __slots__ = ()

    @classmethod
    def taken(cls, value: object) -> Self:
        words = words_of(value) if isinstance(value, str) else value
        if not isinstance(words, (list, tuple)) or not all(word and isinstance(word, str) for word in words):
            raise ValueError(f"it {cls.rule}")
        return cls(words)


class FieldNames(tuple[str, ...], Custom):
    """The names of the fields that an import may touch."""

    rule = (
        "has to name the fields that the import may touch, such as price,active; in JSON it is a list. "
        f"The fields are {', '.join(TOUCHABLE)}"
    )
    schema: ClassVar[Mapping[str, Any]] = {"type": "array", "items": {"enum": list(TOUCHABLE)}}
    __slots__ = ()

    @classmethod
    def taken(cls, value: object) -> Self:
        names = split_names(value) if isinstance(value, str) else value
        if not isinstance(names, (list, tuple)) or not all(name in TOUCHABLE for name in names):
            raise ValueError(f"it {cls.rule}")
        return cls(names)


LIMITS: Final = {"max_field": "field_chars", "max_row": "row_chars", "max_columns": "columns"}
"""The limit that each option sets. A request can only lower it, since limits protect the server's memory."""


class _OptionsBody(Body, frozen=True, kw_only=True):
    refusal: ClassVar[Refusal] = Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_options", thing="option",
        unknown="unknown_option", wrong="wrong_value", nulls=False,
    )  # fmt: skip


class Options(_OptionsBody, frozen=True, kw_only=True):
    """An import's options, named as on the command line, with ``_`` for ``-``. null counts as not given."""

    profile: str | None = None
    dry_run: bool | None = None
    duplicates: str | None = None
    on_error: OnError | None = None
    on_warning: OnWarning | None = None
    questions: Questions | None = None
    max_errors: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] | None = None
    mode: Mode | None = None
    only: FieldNames | None = None
    command_column: str | None = None
    missing: Missing | None = None
    confirm_missing: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] | None = None
    blank: Blank | None = None
    extra: Extra | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: DecimalSign | None = None
    rule: ColumnRules | None = None
    null: BlankWords | None = None
    transform: Steps | None = None
    shop: str | None = None
    sku_from: str | None = None
    parser: str | None = None
    max_field: Annotated[int, Meta(ge=1, le=Limits().field_chars)] | None = None
    max_row: Annotated[int, Meta(ge=1, le=Limits().row_chars)] | None = None
    max_columns: Annotated[int, Meta(ge=1, le=Limits().columns)] | None = None
    set: ReadingOptions | None = None
    map: ColumnUses | None = None


class NewImport(Options, frozen=True, kw_only=True):
    """An import of a complete upload, by its id, or of a file at a URL; one of the two. And options."""

    upload: str | None = None
    url: str | None = None


def _as_texts() -> list[tuple[str, Any, Any]]:
    """Returns the options as in addresses and forms: ``map``, ``rule``, ``set`` and ``transform`` may
    be repeated.
    """
    pairs: dict[str, Any] = {
        "rule": Annotated[list[str], Meta(description="COLUMN=RULE, once for each column")],
        "map": Annotated[list[str], Meta(description="COLUMN=FIELD, once for each column")],
        "set": Annotated[list[str], Meta(description="NAME=VALUE, once for each option of the parser's own")],
        "transform": Annotated[
            list[str], Meta(description="COLUMN=STEP, once for each step, in their order")
        ],
    }
    return [
        (field.name, pairs.get(field.name, field.type), msgspec.UNSET)
        for field in msgspec.structs.fields(Options)
    ]


Answers = struct_of(
    "Answers",
    _OptionsBody,
    [
        (field.name, field.type, None)
        for field in msgspec.structs.fields(Options)
        if field.name not in ("profile", *LIMITS)
    ],
    doc="Options that answer the questions about a file. Limits and a profile answer none.",
)


class _InAddress(Query, frozen=True):
    refusal: ClassVar[Refusal] = Options.refusal


OptionsQuery = struct_of("OptionsQuery", _InAddress, _as_texts(), doc="An import's options, in an address.")


class FileQuery(Query, frozen=True):
    """The name of the file in the body."""

    filename: str = ""


class PartQuery(Query, frozen=True):
    """Whether the body is the whole file, rather than its first part."""

    complete: bool = False


FileForm = struct_of(
    "FileForm", Body, [("file", Binary), *_as_texts()], doc="A file and an import's options, in a form."
)

PARTS: Final = (Content("multipart/form-data", FileForm), Content(ANY_TYPE, required=False))
"""The ways to send a file, or its first part: in a form with its options, or alone."""

OptionsForm = struct_of("OptionsForm", Body, _as_texts(), doc="An import's options, in a form.")

OPTIONS_FORM: Final = (Content(FORM.media_type, OptionsForm, required=False),)
