"""Checks an import before it is registered, and before it is run."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

from product_importer.delimited.encodings.names import known_encoding
from product_importer.errors import ConflictError, ImportStuck, QuestionsOpen, UsageError
from product_importer.imports.reading_options import with_checked_reading
from product_importer.model import AUTO_PARSER, KEYS_ONLY, TOUCHABLE, ImportOptions, Status, with_answers
from product_importer.model.modes import NO_COMMANDS
from product_importer.pipeline.ruled_columns import rule_of
from product_importer.support.known import check_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from product_importer.model import ImportState
    from product_importer.registry import PluginSet

_OPTIONS: Final = tuple(each.name for each in fields(ImportOptions))

MOST_ATTEMPTS: Final = 5
"""Number of attempts without progress after which an import counts as failed."""


def check_plugins(options: ImportOptions, plugins: PluginSet) -> None:
    """Raises :class:`UsageError` if the options name a parser or a policy that isn't registered, or
    contradict each other.
    """
    check_known("parser", options.parser, {AUTO_PARSER, *plugins.parsers})
    check_known("duplicate policy", options.duplicates, plugins.dedupe_policies)
    _check_mode(options)


def known_options(options: ImportOptions, plugins: PluginSet) -> ImportOptions:
    """Returns the options after checking the plugins, as :func:`check_plugins` does, and the parser's own
    options.
    """
    check_plugins(options, plugins)
    return with_checked_reading(options, plugins)


def checked_options(options: ImportOptions, plugins: PluginSet) -> ImportOptions:
    """Returns the options after :func:`known_options`, and checks that the encoding is known.

    It is called before an import is registered. A preview reports an unknown encoding together with the
    file's other problems.
    """
    options = known_options(options, plugins)
    for column, text in options.rule.items():
        rule_of(column, text)
    if options.encoding is not None:
        known_encoding(options.encoding)
    return options


def answered(state: ImportState, given: Mapping[str, object], plugins: PluginSet) -> ImportOptions:
    """Returns the waiting import's options with the given ones, which answer its questions.

    Raises :class:`ConflictError` if it doesn't wait, :class:`QuestionsOpen` with the questions that stay
    open, and :class:`UsageError`, also for an option that doesn't exist.
    """
    for name in given:
        check_known("option", name, _OPTIONS)
    if state.status is not Status.WAITING:
        raise ConflictError(
            f"Import {state.id} is {state.status.value} and doesn't wait for answers.", code="not_waiting"
        )
    if left := tuple(each for each in state.questions if each.answered_by(given) is None):
        raise QuestionsOpen(left)
    return checked_options(with_answers(state.options, given), plugins)


def check_attempt(attempt: int, options: ImportOptions, plugins: PluginSet) -> None:
    """Raises :class:`ImportStuck` for an import with too many attempts."""
    if attempt > MOST_ATTEMPTS:
        foreign = plugins.foreign_objects(options.parser, options.duplicates)
        suspects = f" or a defect in {', '.join(foreign)}" if foreign else ""
        raise ImportStuck(
            f"The import was begun {MOST_ATTEMPTS} times without getting on: each time the process that ran "
            f"it was killed, or lost the database. Look for the reason, such as too little memory{suspects}, "
            "before you try again."
        )


def _check_mode(options: ImportOptions) -> None:
    for name in options.only:
        check_known("field to touch", name, TOUCHABLE)
    if options.missing != "keep" and options.command_column not in (None, NO_COMMANDS):
        raise UsageError(
            "A file with a column of commands is a list of changes, so what becomes of the products that it "
            "lacks can't be chosen as well."
        )
    if options.mode not in KEYS_ONLY:
        return
    if options.only:
        raise UsageError(f"The mode {options.mode} uses the SKUs only, so there are no fields to touch.")
    if options.missing != "keep":
        raise UsageError(
            f"With the mode {options.mode}, the file names products that are to go. What becomes of the "
            "products that it lacks can't be chosen as well; import the whole catalogue for that."
        )
