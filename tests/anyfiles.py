"""Tables of products, written to files in any combination of the ways in which programs write them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from hypothesis import strategies as st

from languages import LANGUAGES as TONGUES
from product_importer.cells.headers.aliases import names as names_of
from product_importer.cells.headers.languages import LANGUAGES
from product_importer.cells.sku import sku_key

ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "iso8859-15", "cp1250", "cp1251", "mac-roman"),
    *("cp932", "gb18030", "cp949", "cp1254", "koi8-r", "big5"),
)
OF_XML = ("utf-8", "utf-16", "cp1252", "iso8859-15", "cp1250", "cp1251")
FORMATS = ("csv", "csv", "csv", "csv", "xlsx", "jsonl", "json", "parquet", "xml")
NASTY_SKUS = (
    *("0017", "17", "00017", "1e5", "1E5", "TRUE", "2024-01-31", "3-4", "1/2", "12345678901234567890"),
    *("1.10", "10.0", "007.50", "+49", "-5", "@home", "=A1", "A;B", "A,B", 'A"B', "A|B", "A\tB", "ß", "ĳ"),
    *("é", "Ω-1", "12 34", "No.1", "#1", "null", "Total", "sku", "'0017", "1,5", "x", "NaN"),
)
NASTY_TEXTS = (
    *('say "x"', 'a "quoted" word', '"', '""', "a,b;c|d\te", ";", ",", "|", "x;", "line\ntwo", "\nfirst"),
    *("a\r\nb", "1.299", "1,5", "4.0", "0017", "1e5", "TRUE", "2024-01-31", "=1+1", "-1", "+x", "@me", "{}"),
    *(
        "[1]",
        "<b>&amp;</b>",
        "  two blanks  ",
        "null",
        "5 €",
        "½",
        "#REF!",
        "sep=;",
        "sku",
        "\\",
        "a\\",
        "N/A",
    ),
)


@dataclass(frozen=True)
class Product:
    """What a product is to have after the import; None where the file says nothing."""

    sku: str
    name: str
    description: str | None
    price: Decimal | None
    active: bool | None
    barcode: str | None
    stock: int | None
    attributes: dict[str, str]


@dataclass(frozen=True)
class Numbers:
    """How numbers are written. ``places``: the least decimals; ``before``, ``behind``: the currency."""

    decimal: str = "."
    group: str = ""
    places: int | None = None
    before: str = ""
    behind: str = ""

    def price(self, value):
        places = self.places
        least = max(-value.normalize().as_tuple().exponent, 0)
        text = f"{value:,.{least if places is None else max(places, least)}f}"
        return self.before + self._turned(text) + self.behind

    def stock(self, value):
        return self._turned(f"{value:,}")

    def _turned(self, text):
        return "".join({",": self.group, ".": self.decimal}.get(char, char) for char in text)


@dataclass(frozen=True)
class Way:
    """How a file is written. ``headers``: by field; ``typed``: whether formats that have numbers use them."""

    headers: dict[str, str]
    numbers: Numbers
    flags: tuple[str, str]
    encoding: str
    delimiter: str
    quoting: int
    ending: str
    packed: str
    format: str
    parser: str
    typed: bool


NUMBERS = st.builds(
    Numbers,
    st.sampled_from(".,"),
    st.sampled_from(["", "", "thousands", " ", "\u00a0", "\u202f", "'"]),
    st.sampled_from([None, 2, 2]),
    st.sampled_from(["", "", "", "", "€ ", "$", "EUR "]),
    st.sampled_from(["", "", "", "", " €", " zł", " EUR"]),
).map(
    lambda it: Numbers(
        it.decimal,
        {".": ",", ",": "."}[it.decimal] if it.group == "thousands" else it.group,
        it.places,
        it.before,
        "" if it.before else it.behind,
    )
)
FLAGS = st.sampled_from(
    [
        ("true", "false"),
        ("1", "0"),
        ("yes", "no"),
        ("Y", "N"),
        ("WAHR", "FALSCH"),
        ("ja", "nein"),
        ("да", "нет"),
    ]
)
STOCKS = st.integers(-5, 2000) | st.integers(0, 10**7)
PRICES = st.one_of(
    st.integers(0, 10**6).map(lambda it: Decimal(it) / 100),
    st.integers(0, 10**9).map(lambda it: Decimal(it) / 100),
    st.integers(0, 2_000).map(Decimal),
    st.integers(0, 10**9).map(lambda it: Decimal(it) / 10_000),
    st.integers(0, 10**7).map(lambda it: Decimal(it) / 1_000),
)


@st.composite
def barcodes(draw):
    digits = draw(st.sampled_from([7, 11, 12, 13]))
    number = f"{draw(st.integers(0, 10**digits - 1)):0{digits}}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(number)))
    return f"{number}{-total % 10}"


def _unmarked(sku):
    """What SKUs may not have in common; the mark of ``'0017`` is removed with a warning."""
    return sku_key(sku.lstrip("'"))


@st.composite
def products(draw, tongue):
    """The columns of fields, those of attributes, and the products."""
    words = st.sampled_from(tongue.words)
    names = st.lists(words, min_size=1, max_size=3).map(" ".join)
    texts = st.one_of(st.sampled_from(tongue.sentences), names, st.sampled_from(NASTY_TEXTS))
    skus = st.one_of(
        st.from_regex(r"[A-Z]{1,3}-[0-9]{1,5}", fullmatch=True),
        st.from_regex(r"[0-9]{3,14}", fullmatch=True),
        st.sampled_from(NASTY_SKUS),
    )
    has = {name: draw(st.booleans()) for name in ("description", "price", "active", "barcode", "stock")}
    others = st.sampled_from(["Farbe", "Weight", "X1", "Größe", "Note"])
    attributes = draw(st.lists(others, unique=True, max_size=2))
    titles = names if draw(st.booleans()) else names | st.sampled_from(NASTY_TEXTS)
    made = [
        Product(
            sku,
            draw(titles),
            draw(st.none() | texts) if has["description"] else None,
            draw(st.none() | PRICES) if has["price"] else None,
            draw(st.booleans()) if has["active"] else None,
            draw(st.none() | barcodes()) if has["barcode"] else None,
            draw(st.none() | STOCKS) if has["stock"] else None,
            {name: value for name in attributes if (value := draw(st.none() | texts))},
        )
        for sku in draw(st.lists(skus, min_size=1, max_size=8, unique_by=_unmarked))
    ]
    columns = ["sku", "name", *(name for name, present in has.items() if present)]
    return columns, attributes, made


@st.composite
def ways(draw, table):
    """A way in which the table can be written: the encoding has all of its letters."""
    columns, attributes, made = table
    language = draw(st.sampled_from([None, *LANGUAGES]))
    headers = {
        name: name if language is None else draw(st.sampled_from(names_of(language.name, name) or (name,)))
        for name in columns
    }
    headers |= {name: name for name in attributes}
    numbers, flags = draw(NUMBERS), draw(FLAGS)
    kind = draw(st.sampled_from(FORMATS))
    text = "".join(
        [
            *headers.values(),
            *flags,
            numbers.before + numbers.behind + numbers.group,
            *(f"{it.sku}{it.name}{it.description}{it.attributes}" for it in made),
        ]
    )
    encodings = [each for each in (OF_XML if kind == "xml" else ENCODINGS) if _can(text, each)]
    return Way(
        headers,
        numbers,
        flags,
        draw(st.sampled_from(encodings)) if kind in ("csv", "xml") else "utf-8",
        draw(st.sampled_from(",;\t|")),
        draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        draw(st.sampled_from(["\r\n", "\n"])),
        draw(st.sampled_from(["", "", "gz", "zst", "zip"])),
        kind,
        draw(st.sampled_from(["auto", "csv", "fastcsv"])) if kind == "csv" else "auto",
        draw(st.booleans()),
    )


def _can(text, encoding):
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        return False


@st.composite
def files(draw):
    """Products, and the way in which they are written."""
    tongue = TONGUES[draw(st.sampled_from(sorted(TONGUES)))]
    table = draw(products(tongue))
    return table, draw(ways(table))


# --- writing


def content(table, way):
    """The file's bytes."""
    columns, attributes, made = table
    rows = [_row(product, columns, attributes, way) for product in made]
    header = [way.headers[name] for name in (*columns, *attributes)]
    return _packed(WRITERS[way.format](header, rows, way), way)


def _row(product, columns, attributes, way):
    typed = way.typed and way.format not in ("csv", "xml")
    row: list[Any] = []
    for name in columns:
        value = getattr(product, name)
        if value is not None and not (typed and name in ("price", "active", "stock")):
            if name == "price":
                value = way.numbers.price(value)
            elif name == "stock":
                value = way.numbers.stock(value)
            elif name == "active":
                value = way.flags[0 if value else 1]
        row.append(value)
    return [*row, *(product.attributes.get(name) for name in attributes)]


def _csv(header, rows, way):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=way.delimiter, quoting=way.quoting, lineterminator=way.ending)
    writer.writerows([header, *(["" if cell is None else cell for cell in row] for row in rows)])
    return out.getvalue().encode(way.encoding)


def _xlsx(header, rows, way):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([header, *rows]):
            for place, cell in enumerate(row):
                if isinstance(cell, bool):
                    sheet.write_boolean(number, place, cell)
                elif isinstance(cell, (int, Decimal)):
                    sheet.write_number(number, place, float(cell))
                elif cell is not None:
                    sheet.write_string(number, place, cell)
    return out.getvalue()


def _objects(header, rows):
    for row in rows:
        yield {
            name: float(cell) if isinstance(cell, Decimal) else cell
            for name, cell in zip(header, row, strict=True)
            if cell is not None
        }


def _jsonl(header, rows, way):
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in _objects(header, rows)).encode()


def _json(header, rows, way):
    return json.dumps(list(_objects(header, rows)), indent=1).encode()


def _parquet(header, rows, way):
    columns = [pa.array(list(column)) for column in zip(*rows, strict=True)]
    columns = [column.cast(pa.string()) if pa.types.is_null(column.type) else column for column in columns]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=header), out)
    return out.getvalue()


def tag_of(name):
    """The element in which XML has the column."""
    return "".join(char if char.isalnum() else "_" for char in name)


def _xml(header, rows, way):
    root = ET.Element("products")
    for row in rows:
        item = ET.SubElement(root, "product")
        for name, cell in zip(header, row, strict=True):
            if cell is not None:
                ET.SubElement(item, tag_of(name)).text = cell
    return ET.tostring(root, encoding=way.encoding, xml_declaration=True)


WRITERS = {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl, "json": _json, "parquet": _parquet, "xml": _xml}


def _packed(data, way):
    if way.packed == "gz":
        return gzip.compress(data, 1)
    if way.packed == "zst":
        return pa.compress(data, "zstd", asbytes=True)
    if way.packed == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"products.{way.format}", data)
        return out.getvalue()
    return data
