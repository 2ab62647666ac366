"""A format for tests: a "book" of sheets with typed cells, in JSON behind a line that names the format."""

import contextlib
import json
from pathlib import Path

import pyarrow as pa

from product_importer.errors import FileError
from product_importer.model import Option, ReadAs, TableInfo
from product_importer.ports import LeftOut, RawBatch

MARK = b"BOOK\n"


def book(**sheets):
    """The bytes of a book; each sheet is rows of values, the header first."""
    return MARK + json.dumps(sheets).encode()


class Books:
    """Reads books. A row that begins with ``#`` is left out."""

    name = "book"
    title = "Book"
    version = "1"
    suffixes = (".book",)
    media_types = ("application/x-book",)
    needs_whole_file = True
    options = (
        Option("sheet", "Sheet", kind="table", help="The sheet. Without it, the only one."),
        Option("skip", "Rows to skip", kind="number", help="So many rows are left out. Without it, none."),
        Option("case", "Letters", kind="choice", choices=("upper", "lower"), help="How letters are written."),
        Option("strict", "Strict", kind="flag", help="Whether the book has to be named .book."),
    )

    def __init__(self, rows=3):
        self.rows = rows

    def recognises(self, head, filename):
        return 1.0 if head.startswith(MARK) else 0.2 * filename.endswith(self.suffixes)

    def tables(self, file):
        return [TableInfo(name, len(rows) - 1, likely=len(rows) > 1) for name, rows in _sheets(file).items()]

    @contextlib.contextmanager
    def open(self, file, options):
        sheets = _sheets(file)
        likely = [info.name for info in self.tables(file) if info.likely]
        name = options.reading.get("sheet") or likely[0]
        if name not in sheets:
            raise FileError(f"There is no sheet {name}.", code="no_such_table")
        if options.reading.get("strict") == "yes" and not file.filename.endswith(".book"):
            raise FileError(f"{file.filename} is not named .book.")
        file.keep_alive(0.5)
        yield Sheet(name, sheets[name], min(self.rows, options.batch_rows), options.reading)


class Sheet:
    def __init__(self, name, rows, batch_rows, reading):
        self.read_as = ReadAs(f"the sheet {name}", {"sheet": name}, "row")
        self.header = tuple(rows[0])
        self._rows = list(enumerate(rows[1:], 1))[int(reading.get("skip", 0)) :]
        self._skipped = len(rows) - 1 - len(self._rows)
        self._batch_rows = batch_rows
        self._change = getattr(str, reading.get("case", ""), None)

    def __iter__(self):
        total = len(self._rows) + self._skipped
        first = 1
        for start in range(0, len(self._rows), self._batch_rows):
            rows = self._rows[start : start + self._batch_rows]
            last = rows[-1][0]
            kept = [row for row in rows if not str(row[1][0]).startswith("#")]
            out = [LeftOut(n + 1, n, "It is a remark.") for n, row in rows if str(row[0]).startswith("#")]
            columns = [[row[place] for _, row in kept] for place in range(len(self.header))]
            yield RawBatch(
                cells=pa.RecordBatch.from_arrays(list(map(self._array, columns)), names=self.header),
                lines=pa.array([n + 1 for n, _ in kept], pa.int64()),
                records=pa.array([n for n, _ in kept], pa.int64()),
                first_record=first,
                last_record=last,
                blank=self._skipped if first == 1 else 0,
                done=last / total,
                left_out=tuple(out),
            )
            first = last + 1

    def _array(self, values):
        if self._change is not None:
            values = [self._change(each) if isinstance(each, str) else each for each in values]
        return pa.array(values)


def _sheets(file):
    return json.loads(Path(file).read_bytes().removeprefix(MARK))
