"""The options that say how files are imported: those of ``import``, and of ``schedule``."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

import click
from click.core import ParameterSource

from product_importer.cli.given import delimiter_of, mapping_of, reading_of, rules_of, transforms_of
from product_importer.model import (
    AUTO_SHOP,
    MODES,
    Blank,
    DecimalSign,
    Extra,
    ImportOptions,
    Limits,
    Missing,
    OnError,
    OnWarning,
    split_names,
    with_answers,
)
from product_importer.model.value_rules import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_LIMITS: Final = {"max_field": "field_chars", "max_row": "row_chars", "max_columns": "columns"}
"""The limit that each option sets."""

_OPTIONS: Final = (
    click.option(
        "--duplicates",
        metavar="POLICY",
        default="last",
        show_default=True,
        help="Which row of a repeated SKU counts: last (its blank cells are filled from the rows before it), "
        "first, error (none), or a plugin's policy.",
    ),
    click.option(
        "--on-error",
        type=click.Choice(get_args(OnError)),
        default="skip",
        show_default=True,
        help="Skip rejected rows, or import nothing if there is one.",
    ),
    click.option(
        "--on-warning",
        type=click.Choice(get_args(OnWarning)),
        default="keep",
        show_default=True,
        help="Keep rows that look damaged, or import nothing if there is one.",
    ),
    click.option("--max-errors", type=click.IntRange(min=0), help="Import nothing beyond this many rejects."),
    click.option(
        "--mode",
        type=click.Choice(MODES),
        default="merge",
        show_default=True,
        help="Create and change products; only change, create, delete or deactivate them.",
    ),
    click.option(
        "--only",
        metavar="FIELDS",
        callback=lambda _, __, names: split_names(names),
        help="Touch these fields only, for example price,active; attributes are one of them.",
    ),
    click.option(
        "--command",
        "--command-column",  # its name over HTTP
        "command_column",
        metavar="COLUMN",
        help="The column that says of each row: merge, update, create, delete, deactivate or ignore; "
        "- for none.",
    ),
    click.option(
        "--missing",
        type=click.Choice(get_args(Missing)),
        default="keep",
        show_default=True,
        help="What becomes of products that the file lacks.",
    ),
    click.option(
        "--confirm-missing",
        metavar="NUMBER",
        type=click.IntRange(min=0),
        help="Deactivate or delete this many products although they are a large part of the catalogue.",
    ),
    click.option(
        "--blank",
        type=click.Choice(get_args(Blank)),
        default="keep",
        show_default=True,
        help="What a blank cell does to a product's value.",
    ),
    click.option(
        "--map",
        metavar="COLUMN=FIELD",
        multiple=True,
        callback=lambda _, __, pairs: mapping_of(pairs),
        help="Use a column as this field, as an attribute, or ignore it. May be repeated.",
    ),
    click.option(
        "--extra",
        type=click.Choice(get_args(Extra)),
        default="attributes",
        show_default=True,
        help="What becomes of columns that are no field.",
    ),
    click.option("--encoding", metavar="NAME", help="Default: guessed."),
    click.option(
        "--delimiter",
        metavar="CHARACTER",
        callback=lambda _, __, text: delimiter_of(text),
        help="Default: guessed.",
    ),
    click.option(
        "--decimal",
        type=click.Choice(get_args(DecimalSign)),
        help="What precedes the decimals of prices and stocks in the whole file. "
        "Default: what the file shows.",
    ),
    click.option(
        "--rule",
        metavar="COLUMN=RULE",
        multiple=True,
        callback=lambda _, __, pairs: rules_of(pairs),
        help="Read a column's values so, such as 'Price=comma; EUR; blank: -'. May be repeated.",
    ),
    click.option(
        "--null",
        metavar="WORDS",
        callback=lambda _, __, words: words_of(words or ""),
        help="Words that stand for a blank cell in every column, with commas between them.",
    ),
    click.option(
        "--transform",
        "transforms",
        metavar="COLUMN=STEP",
        multiple=True,
        callback=lambda _, __, texts: transforms_of(texts),
        help="Change a column's cells first, such as 'Price=replace: €' or 'Size=split: x, Width, Height'. "
        "May be repeated; the steps are done in this order.",
    ),
    click.option(
        "--shop",
        metavar="NAME",
        default=AUTO_SHOP,
        show_default=True,
        help="The shop that wrote the file; auto recognises it by its columns, none reads it as any file.",
    ),
    click.option(
        "--sku-from",
        metavar="COLUMNS",
        help="Make the SKU from these columns, such as Handle+Size, where a row has none; none makes none.",
    ),
    click.option("--parser", metavar="NAME", help="csv, or a plugin's. Default: recognised by the file."),
    click.option(
        "--set",
        "reading",
        metavar="NAME=VALUE",
        multiple=True,
        callback=lambda _, __, pairs: reading_of(pairs),
        help="Set an option of the parser's own, such as sheet=Prices. May be repeated.",
    ),
    click.option(
        "--max-field",
        type=click.IntRange(min=1),
        default=Limits().field_chars,
        show_default=True,
        help="Characters that one cell may have.",
    ),
    click.option(
        "--max-row",
        type=click.IntRange(min=1),
        default=Limits().row_chars,
        show_default=True,
        help="Characters that one row may have.",
    ),
    click.option(
        "--max-columns",
        type=click.IntRange(min=1),
        default=Limits().columns,
        show_default=True,
        help="Columns that a file may have.",
    ),
    click.option(
        "--profile",
        metavar="NAME",
        help="How the file is read and merged: a stored profile, or a TOML file. Options that are typed win.",
    ),
)


def import_options(command: _Command) -> _Command:
    """Adds the options to a command, which hands their values to :func:`typed_of`, and ``profile``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def typed_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns those of the values that were typed, of the command that runs now."""
    context = click.get_current_context()
    return {
        name: value
        for name, value in given.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }


def options_over(base: ImportOptions, typed: Mapping[str, Any]) -> ImportOptions:
    """Returns the options with those that were typed in their places; mappings are merged key by key."""
    limits = {_LIMITS[name]: value for name, value in typed.items() if name in _LIMITS}
    names = {each.name for each in fields(ImportOptions)}
    options = with_answers(base, {name: value for name, value in typed.items() if name in names})
    return replace(options, limits=replace(base.limits, **limits))
