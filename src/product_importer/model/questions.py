"""Questions about a file that its own rows can't answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer to a :class:`Question`.

    ``value``: what the option is set to. ``words``: what that means, in words. ``shown``: parts of the file
    as they read with this answer.
    """

    value: str
    words: str
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a file. Nothing is written until all questions about a file are answered.

    ``code`` is stable and meant for programs; ``words`` is the question in one sentence. ``option`` names the
    field of :class:`~product_importer.ImportOptions` that answers it; ``key`` is the key, such as a
    column's header, if that field is a mapping. ``answers``: the likeliest first; other values may be allowed
    as well. ``column`` and ``line``: the place in the file that raises the question.
    """

    code: str
    words: str
    option: str
    answers: tuple[Answer, ...]
    key: str | None = None
    column: str | None = None
    line: int | None = None

    def given(self, value: str) -> dict[str, object]:
        """Returns the option that this answer gives: its name and its value."""
        return {self.option: value if self.key is None else {self.key: value}}

    def answered_by(self, given: Mapping[str, object]) -> object:
        """Returns the value with which these options answer the question; None if they don't."""
        value = given.get(self.option)
        if self.key is None:
            return value
        return value.get(self.key) if isinstance(value, Mapping) else None
