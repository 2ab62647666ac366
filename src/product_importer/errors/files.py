"""Errors of files, of their rows, and of the storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from product_importer.errors.families import (
    ConflictError,
    InvalidError,
    NotFoundError,
    ProductImporterError,
    UnavailableError,
)

if TYPE_CHECKING:
    from product_importer.model import Question


class FileError(InvalidError):
    """The file as a whole can't be read, so nothing of it was imported.

    ``line`` is the 1-based line of the file where reading failed, if it is known.
    """

    code = "unreadable_file"

    def __init__(self, message: str, *, code: str | None = None, line: int | None = None) -> None:
        super().__init__(message, code=code)
        self.line = line


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """An encoding that a file may be in, and a part of one of its lines in that encoding."""

    encoding: str
    text: str


class EncodingUnclear(FileError):
    """The file's encoding can't be determined for certain.

    ``choices`` are the possible encodings, the likeliest first, each with the same part of ``line`` as it
    reads in that encoding. ``questions`` is the question that this error stands for.
    """

    code = "encoding_unclear"

    def __init__(self, choices: tuple[EncodingChoice, ...], line: int) -> None:
        readings = ", or ".join(f"“{choice.text}” in {choice.encoding}" for choice in choices)
        super().__init__(
            f"The file's encoding can't be told for certain. Line {line:,} reads {readings}. "
            f"Name the one that reads right, for example --encoding {choices[0].encoding}.",
            line=line,
        )
        self.choices = choices
        self.questions = (_which_encoding(choices, line),)


def _which_encoding(choices: tuple[EncodingChoice, ...], line: int) -> Question:
    from product_importer.model import Answer, Question  # noqa: PLC0415 - few files need it

    answers = (
        Answer(choice.encoding, f"The file is in {choice.encoding}.", (choice.text,)) for choice in choices
    )
    words = f"Which of these texts is the one in line {line:,} of the file?"
    return Question("encoding_unclear", words, "encoding", tuple(answers), line=line)


class FetchError(FileError):
    """The file can't be fetched from its URL."""

    code = "fetch_failed"


class QuestionsOpen(InvalidError):
    """A file raises questions that only a person can answer, so nothing of it was imported yet."""

    code = "questions_open"

    def __init__(self, questions: tuple[Question, ...]) -> None:
        super().__init__(" ".join(question.words for question in questions))
        self.questions = questions


class InvalidProfile(InvalidError):
    """A profile can't be used: it has an unknown key, or a value of another type than expected."""

    code = "invalid_profile"


class ProfileTaken(ConflictError):
    """A new profile was to get a name that another profile has."""

    code = "profile_taken"


class ProfileNotFound(NotFoundError):
    """There is no profile with this name."""

    code = "profile_not_found"


class StorageError(UnavailableError):
    """Files can't be stored, or a stored file is gone. The code is ``disk_full`` if the disk is full."""

    code = "storage"


class ParserDeclined(ProductImporterError):
    """A parser can't read a file exactly; the built-in parser takes the file over."""

    code = "parser_declined"


class RejectedRowsError(InvalidError):
    """Rows were rejected and the options forbid going on (``on_error=abort``, ``max_errors``)."""

    code = "rejected_rows"


class WarnedError(InvalidError):
    """Warnings were given and the options forbid going on (``on_warning=abort``)."""

    code = "warned"
