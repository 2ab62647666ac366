"""What can be learned from a file before it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from product_importer.model.formats import ReadAs, TableInfo
from product_importer.model.previews import Complaint
from product_importer.model.profile import Profile
from product_importer.model.questions import Answer, Question
from product_importer.model.rows import RowWarning


@dataclass(frozen=True, slots=True)
class Shape:
    """Cells of a column that are written alike. In ``shape``, 9 stands for digits and a for letters."""

    shape: str
    cells: int
    example: str


@dataclass(frozen=True, slots=True)
class ColumnInspection:
    """A column of a file: what it seems to be, and how its cells are written.

    ``use`` is a field, ``attribute`` or ``ignore``. ``cells`` counts those that aren't blank. ``shapes`` are
    the most frequent ones; none if the cells are texts of very many shapes.
    """

    name: str
    use: str
    cells: int
    blank: int
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file's first part tells about the file; of formats that need the whole file, its first rows.

    ``kind`` is the title of the format, ``parser`` the parser that would read the file, ``read_as`` how.
    ``tables`` are the file's tables, such as sheets, if files of the format may have several.
    ``header_line`` is the line, or the row, that the names of the columns are on; None if the format has no
    such line, or it couldn't be found.
    ``encodings`` are the encodings that a text may be in, the likeliest first, each with a part of a line as
    it reads then. ``rows`` were looked at. ``damage`` counts the warnings by code, ``warnings`` are the first
    ones of each. ``questions`` have to be answered before an import saves anything; ``provisional`` has the
    codes of those that the rest of the file may answer. ``profile`` is proposed: the import with it reads the
    file in this way. ``problem`` is why the file would be refused; ``complete``: whether all rows of
    the file were looked at.
    """

    filename: str
    kind: str
    parser: str
    read_as: ReadAs | None
    tables: tuple[TableInfo, ...]
    header_line: int | None
    encodings: tuple[Answer, ...]
    columns: tuple[ColumnInspection, ...]
    rows: int
    damage: Mapping[str, int]
    warnings: tuple[RowWarning, ...]
    questions: tuple[Question, ...]
    provisional: tuple[str, ...]
    profile: Profile
    problem: Complaint | None
    complete: bool
