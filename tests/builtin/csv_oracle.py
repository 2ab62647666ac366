"""What the CSV parser must give, worked out the slow and obvious way."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from product_importer.builtin.csv_parser import CsvParser
from product_importer.model import ParseOptions
from product_importer.ports import RawBatch

DATA = Path(__file__).parents[3] / "shared" / "data"


@dataclass
class Outcome:
    """A whole file: rows and malformed rows as (line, record, cells) and (line, record, cells, code)."""

    header: tuple[str, ...] = ()
    rows: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)
    malformed: list[tuple[int, int, tuple[str, ...], str]] = field(default_factory=list)
    blank: int = 0
    records: int = 0


def parse(path: Path, options: ParseOptions) -> tuple[Outcome, list[RawBatch]]:
    """What the parser makes of a file, after checking that its batches hang together."""
    with CsvParser().open(path, options) as file:
        outcome = Outcome(header=file.header)
        batches = list(file)
    offset = 0
    for batch in batches:
        cells = list(zip(*batch.cells.to_pydict().values(), strict=True))
        lines, numbers = batch.lines.to_pylist(), batch.records.to_pylist()
        outcome.rows += zip(lines, numbers, cells, strict=True)
        outcome.malformed += [(row.line, row.record, row.cells, row.error.code) for row in batch.malformed]
        outcome.blank += batch.blank
        assert batch.cells.schema.names == list(outcome.header)
        assert batch.first_record == outcome.records + 1
        assert batch.last_record - batch.first_record + 1 == len(cells) + len(batch.malformed) + batch.blank
        assert numbers == sorted(numbers)
        assert offset <= batch.end_offset <= path.stat().st_size
        outcome.records, offset = batch.last_record, batch.end_offset
    if batches:
        assert offset == path.stat().st_size
    return outcome, batches


def expected(text: str, delimiter: str) -> Outcome:
    """The outcome for a text whose header is fine and whose quotes are all closed."""
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    starts, still_open = record_lines(text, delimiter)
    assert len(starts) == len(records)
    assert not still_open
    first = next(number for number, record in enumerate(records) if record)
    raw_header = [cell.strip().strip("\ufeff").strip() for cell in records[first]]
    outcome = Outcome(header=tuple(name or f"column {n}" for n, name in enumerate(raw_header, 1)))
    width = len(raw_header)
    below = zip(starts[first + 1 :], records[first + 1 :], strict=True)
    for outcome.records, (line, record) in enumerate(below, 1):
        cells = tuple(record)
        surplus, kept = cells[width:], cells[:width]
        place = (line, outcome.records)
        if not cells:
            outcome.blank += 1
        elif any("\0" in cell for cell in cells):
            outcome.malformed.append((*place, cells, "nul_character"))
        elif any(cell.strip() for cell in surplus):
            outcome.malformed.append((*place, cells, "too_many_cells"))
        elif len(cells) < width:
            outcome.malformed.append((*place, cells, "too_few_cells"))
        elif [c.strip().strip("\ufeff").strip().casefold() for c in kept] == [
            c.casefold() for c in raw_header
        ]:
            outcome.malformed.append((*place, cells, "repeated_header"))
        else:
            outcome.rows.append((*place, kept))
    return outcome


def record_lines(text: str, delimiter: str) -> tuple[list[int], bool]:
    """The line on which every record starts, and whether the last one ends in an open quote."""
    starts = []
    line, state = 1, "record"
    for position, char in enumerate(text):
        ends_line = char == "\n" or (char == "\r" and text[position + 1 : position + 2] != "\n")
        in_crlf = char == "\r" and not ends_line
        if state == "record":
            starts.append(line)
        if state == "quoted":
            state = "quote" if char == '"' else "quoted"
        elif in_crlf:
            state = "cr"
        elif ends_line:
            state = "record"
        elif char == delimiter:
            state = "cell"
        elif char == '"' and state in {"record", "cell", "quote"}:
            state = "quoted"
        else:
            state = "text"
        line += ends_line
    return starts, state == "quoted"
