"""Asks on a terminal what only a person can know about a file, or names the options that answer it."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import click

from product_importer.model import Question
from product_importer.model.profile import merged

_NAMES: Final = {"reading": "set", "command_column": "command", "transforms": "transform"}
"""Options of the command line whose names differ from those of the library."""


def can_ask() -> bool:
    """Returns whether somebody sits at a terminal who can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(questions: Sequence[Question]) -> dict[str, object]:
    """Asks the questions one after the other; returns the options that answer them.

    Raises :class:`click.Abort` if the person breaks off.
    """
    given: dict[str, object] = {}
    with _interruptible():
        for question in questions:
            given = merged(given, question.given(_asked(question)))
    return given


def confirmed(words: str) -> bool:
    """Asks a question that is answered by yes or no; Enter is yes. Raises :class:`click.Abort`."""
    with _interruptible():
        return click.confirm(words, default=True, err=True)


def typed(words: str) -> str:
    """Asks for a text, which may be empty. Breaking off is the empty text."""
    with _interruptible(), suppress(click.Abort):
        return str(click.prompt(words, default="", show_default=False, err=True)).strip()
    return ""


def tell(questions: Sequence[Question]) -> None:
    """Prints the questions on standard error, each with the options that answer it."""
    for question in questions:
        click.echo(question.words, err=True)
        for answer in question.answers:
            click.echo(f"  {option_of(question, answer.value)}: {answer.words}", err=True)
            _show(answer.shown)


def _asked(question: Question) -> str:
    """Returns the answer to one question: the value of the answer with the typed number."""
    click.echo(question.words, err=True)
    for number, answer in enumerate(question.answers, 1):
        click.echo(f"  {number}. {answer.words}", err=True)
        _show(answer.shown)
    number = click.prompt("Number", type=click.IntRange(1, len(question.answers)), default=None, err=True)
    return question.answers[int(number) - 1].value


def _show(shown: Sequence[str]) -> None:
    for part in shown:
        click.echo(f"       {part}", err=True)


def option_of(question: Question, value: str) -> str:
    """Returns the option of the command that gives this answer, as it is typed."""
    name = _NAMES.get(question.option, question.option.replace("_", "-"))
    return f"--{name} {shlex.quote(value if question.key is None else f'{question.key}={value}')}"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Lets Ctrl-C end the prompt. Otherwise asyncio takes the signal, and the prompt goes on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
