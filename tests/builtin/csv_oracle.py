"""What the CSV parser must give, worked out the slow and obvious way."""

import csv
import io
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from product_importer.builtin.csv_parser import CsvParser
from product_importer.delimited.broken_rows import starts_alike
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
    starts, still_open, damaged = record_lines(text, delimiter)
    assert len(starts) == len(records)
    assert not still_open
    first = next(number for number, record in enumerate(records) if record)
    raw_header = [cell.strip().strip("\ufeff").strip() for cell in records[first]]
    assert first not in damaged
    outcome = Outcome(header=numbered(raw_header))
    width = len(raw_header)
    allowed = surplus_of_all(records[first + 1 :], width)
    parts = parts_of_rows(records, first + 1, width)
    below = zip(starts[first + 1 :], records[first + 1 :], strict=True)
    for outcome.records, (line, record) in enumerate(below, 1):
        cells = tuple(record)
        surplus, kept = cells[width:], cells[:width]
        kept += ("",) * (width - len(kept))
        place = (line, outcome.records)
        if first + outcome.records in damaged or holds_rows(cells, width, delimiter):
            outcome.malformed.append((*place, cells, "text_after_quote"))
        elif not cells:
            outcome.blank += 1
        elif any("\0" in cell for cell in cells):
            outcome.malformed.append((*place, cells, "nul_character"))
        elif any(cell.strip() for cell in surplus) or len(surplus) > allowed:
            outcome.malformed.append((*place, cells, "too_many_cells"))
        elif [c.strip().strip("\ufeff").strip().casefold() for c in kept] == [
            c.casefold() for c in raw_header
        ]:
            outcome.malformed.append((*place, cells, "repeated_header"))
        elif first + outcome.records in parts:
            outcome.malformed.append((*place, cells, "too_few_cells"))
        else:
            outcome.rows.append((*place, kept))
    return outcome


def numbered(raw_header):
    """The header's names: blank ones by their place, repeated ones with a number."""
    names = []
    for place, cell in enumerate(raw_header, 1):
        first = name = cell or f"column {place}"
        number = 2
        while name.casefold() in [other.casefold() for other in names]:
            name = f"{first} ({number})"
            number += 1
        names.append(name)
    return tuple(names)


def surplus_of_all(records, width):
    """How many blank cells beyond the header every row has."""
    filled = [record[width:] for record in records if any(cell.strip() for cell in record)]
    blank = all(not cell.strip() for record in records for cell in record[width:])
    return min(map(len, filled)) if filled and blank else 0


def parts_of_rows(records, first, width):
    """Short records that make one row, unless all of them start as rows do."""
    parts = set()
    for start in range(first, len(records)):
        cells, taken = len(records[start]), [start]
        following = start + 1
        while following < len(records) and 1 < cells < width and len(records[following]) < width:
            if records[following]:
                cells += len(records[following]) - 1
                taken.append(following)
            following += 1
        pairs = [*pairwise(taken), (start, taken[-1])]
        if (
            cells == width
            and 1 < len(records[start]) < width
            and not all(starts_alike(records[one], records[other]) for one, other in pairs)
        ):
            parts.update(taken)
            for place in range(following, len(records)):
                if len(records[place]) > 1 or (
                    records[place] and starts_alike(records[start], records[place])
                ):
                    break
                parts |= {place} if records[place] else set()
    return parts


def holds_rows(cells, width, delimiter):
    """Whether a cell with a quote before a delimiter looks like one row's end and the next one's start."""
    for place, cell in enumerate(cells):
        lines = cell.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        counts = {
            place + lines[0].count(delimiter) + 1,
            *(line.count(delimiter) + 1 for line in lines[1:-1]),
            lines[-1].count(delimiter) + len(cells) - place,
        }
        if len(cells) == width and len(lines) > 1 and '"' + delimiter in cell and counts == {width}:
            return True
    return False


def record_lines(text: str, delimiter: str) -> tuple[list[int], bool, set[int]]:
    """The line on which every record starts, whether the last one's quote is open, and which are damaged.

    A record is damaged if something else than blanks follows a closing quote.
    """
    starts, damaged = [], set()
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
        elif state in {"quote", "blanks"} and char in " \t":
            state = "blanks"
        else:
            if state in {"quote", "blanks"}:
                damaged.add(len(starts) - 1)
            state = "text"
        line += ends_line
    return starts, state == "quoted", damaged
