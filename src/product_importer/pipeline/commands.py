"""Reads the column that says for each row what is done with it, or asks whether a column does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.shortening import quoted
from product_importer.fields import letters
from product_importer.model import KEYS_ONLY, MODES, Answer, Question
from product_importer.model.modes import COMMAND, COMMANDS, IGNORE_ROW, NO_COMMANDS
from product_importer.pipeline.active_words import (
    LANGUAGES_FALSE,
    LANGUAGES_TRUE,
    SPREADSHEETS_FALSE,
    SPREADSHEETS_TRUE,
)
from product_importer.ports import Finding, LeftOut

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from product_importer.model import ImportOptions, Mode
    from product_importer.pipeline.column_uses import FieldMapping
    from product_importer.pipeline.sorted_words import Flags
    from product_importer.ports import RawBatch

_UNKNOWN: Final = f"The command is none that is known. Write {', '.join(COMMANDS)}, or leave the cell blank."
_IGNORED: Final = "The row says itself that it is to be ignored."
_WORDS: Final = pa.array(COMMANDS)

_DELETE: Final = "delete"
_DELETING: Final = frozenset(
    {
        *(_DELETE, "deleted", "todelete", "remove", "löschen", "gelöscht", "supprimer", "supprimé"),
        *(
            "eliminar",
            "eliminado",
            "eliminare",
            "excluir",
            "excluído",
            "verwijderen",
            "usuń",
            "smazat",
            "удалить",
        ),
    }
)
"""The headers of columns that say by yes or no whether the row's product is deleted, in small letters."""

_YES: Final = pa.array(("1", "1.0", "x", "y", "yes", "true", *SPREADSHEETS_TRUE, *LANGUAGES_TRUE))
_NO: Final = pa.array(("0", "0.0", "n", "no", "false", *SPREADSHEETS_FALSE, *LANGUAGES_FALSE))


class CommandColumn:
    """The column of commands of one file. Its methods are given the file's batches in order."""

    def __init__(self, mapping: FieldMapping, options: ImportOptions) -> None:
        self._place = mapping.commands
        self._columns = mapping.columns
        named = {column.strip().casefold() for column in options.map}
        self._likely = next(
            (
                use
                for use in mapping.columns
                if options.command_column is None
                and (letters(use.column) == COMMAND or letters(use.column) in _DELETING)
                and use.column.strip().casefold() not in named
            ),
            None,
        )
        self._deletes_all = options.mode == _DELETE
        self._words = 0
        self._other: str | None = None

    def without_ignored(self, raw: RawBatch) -> RawBatch:
        """Returns the batch without the rows that are to be ignored; those are listed."""
        if self._likely is not None:
            self._look(raw, self._likely.index)
        if self._place is None:
            return raw
        ignored = pc.equal(self._words_of(raw, self._place), IGNORE_ROW)
        if not pc.any(ignored).as_py():
            return raw
        kept = pc.invert(ignored)
        left_out = tuple(
            LeftOut(line=line, record=record, reason=_IGNORED)
            for line, record in zip(
                raw.lines.filter(ignored).to_pylist(), raw.records.filter(ignored).to_pylist(), strict=True
            )
        )
        return replace(
            raw,
            cells=raw.cells.filter(kept),
            lines=raw.lines.filter(kept),
            records=raw.records.filter(kept),
            left_out=(*raw.left_out, *left_out),
        )

    def with_commands(
        self, raw: RawBatch, rows: pa.RecordBatch, findings: Sequence[Finding]
    ) -> tuple[pa.RecordBatch, list[Finding]]:
        """Returns the rows with their modes, and what is wrong in them: only the SKU, if nothing else is used
        of a row.
        """
        if self._place is None:
            return rows, list(findings)
        words = self._words_of(raw, self._place)
        modes = pc.index_in(words, pa.array(MODES)).cast(pa.int8())
        rows = rows.append_column(COMMAND, modes)
        unknown = pc.and_(pc.is_null(modes), pc.not_equal(words, ""))
        column = self._columns[self._place].column
        keys_only = pc.is_in(words, pa.array(KEYS_ONLY))
        kept = [
            each if each.field == "sku" else replace(each, rows=pc.and_not(each.rows, keys_only))
            for each in findings
        ]
        return rows, [*kept, Finding(None, "unknown_command", _UNKNOWN, unknown, column=column)]

    @property
    def question(self) -> Question | None:
        """Whether the column that looks like it is the column of commands; complete after the last batch."""
        if self._likely is None or not self._words:
            return None
        column = self._likely.column
        what = "what is to be done with each row"
        heeded = "The rows are created, changed, deleted or left out as the column says."
        if letters(column) in _DELETING:
            what = "which products are to be deleted"
            heeded = "The products of rows that say yes are deleted."
        if self._other is not None:
            heeded += f" Rows with another word, such as {quoted(self._other)}, are rejected."
        return Question(
            "command_column",
            f"The column {quoted(column)} seems to say {what}. Is it to be heeded?",
            "command_column",
            (
                Answer(column, heeded),
                Answer(NO_COMMANDS, "The column is an ordinary one."),
            ),
            column=column,
            line=1,
        )

    def _words_of(self, raw: RawBatch, place: int) -> pa.StringArray:
        """Returns the commands of a column, in small letters. Yes and no in a column about deletions stand
        for the command and for none.
        """
        words = pc.utf8_lower(pc.utf8_trim_whitespace(raw.cells.column(place)))
        if letters(self._columns[place].column) not in _DELETING:
            return words
        return pc.if_else(pc.is_in(words, _YES), _DELETE, pc.if_else(pc.is_in(words, _NO), "", words))

    def _look(self, raw: RawBatch, place: int) -> None:
        """Counts commands. One is enough for a question: a row that is to be deleted would be created. If the
        import deletes all rows anyway, those that say yes agree with it, and aren't counted.
        """
        words = self._words_of(raw, place)
        if self._deletes_all and letters(self._columns[place].column) in _DELETING:
            said = pc.not_equal(pc.utf8_trim_whitespace(raw.cells.column(place)), "")
            self._words += pc.and_(said, pc.not_equal(words, _DELETE)).true_count
            return
        filled = words.filter(pc.not_equal(words, ""))
        known = pc.is_in(filled, _WORDS)
        self._words += known.true_count
        if self._other is None and known.false_count:
            self._other = filled[known.index(False).as_py()].as_py()


def acts(rows: pa.RecordBatch, mode: Mode, among: Collection[Mode]) -> Flags:
    """Which rows have one of these modes. Rows without a command have the import's ``mode``."""
    if COMMAND not in rows.schema.names:
        return np.full(rows.num_rows, mode in among)
    modes = rows.column(COMMAND).fill_null(MODES.index(mode)).to_numpy(zero_copy_only=False)
    return np.isin(modes, [MODES.index(each) for each in among])
