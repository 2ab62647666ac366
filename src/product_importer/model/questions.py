"""Questions about a file that its own rows can't answer."""

from __future__ import annotations

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
    field of :class:`~product_importer.model.ImportOptions` that answers it; ``key`` is the key, such as a
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
