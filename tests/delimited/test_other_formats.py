"""Files that are no delimited text are refused by name; text that only looks a little like them isn't."""

import bz2
import gzip
import io
import lzma
import zipfile

import pytest

from product_importer.delimited.dialect import detect
from product_importer.delimited.other_formats import refuse_other_formats
from product_importer.errors import FileError
from product_importer.model import ParseOptions


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            member, _, content = name.partition("=")
            archive.writestr(member, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
        (zipped("mimetype=application/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument spreadsheet"),
        (zipped("Index/Document.iwa"), "an Apple Numbers"),
        (zipped("products.csv"), "a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "(.xls)"),
        (b'{"number": ' + b"9" * 5_000 + b"}", "JSON"),
        (gzip.compress(b"sku,name\n", mtime=0), "a gzip archive"),
        (bz2.compress(b"sku,name\n"), "a bzip2 archive"),
        (lzma.compress(b"sku,name\n"), "an xz archive"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "a Zstandard archive"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"\xff\xd8\xff\xe0", "an image"),
        (b"{\\rtf1\\ansi", "a rich text document"),
        (b"PAR1\x15\x00", "a Parquet file"),
        (b"<!DOCTYPE html>\n<html>", "an HTML page"),
        (b"\xef\xbb\xbf\n <!-- shop -->\n<HTML lang='de'>", "an HTML page"),
        ("<html>".encode("utf-16"), "an HTML page"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html>\n<html>', "an HTML page"),
        (b'<?xml version="1.0"?>\n<products/>', "an XML document"),
        (
            b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "an XML spreadsheet of Excel 2003",
        ),
        (b'<products>\n <product id="1"/>\n</products>', "an XML document"),
        (b'[{"sku":"A1"},\n {"sku":"A2"}]', "JSON, not"),
        (b'{"products": [{"sku": "' + b"A" * 70_000, "JSON, not"),
        (b'{"sku":"A1"}\n{"sku":"A2"}\n', "JSON Lines"),
        (b'{"sku":"A1"}\n{"sku":' + b"[" * 9_000 + b"]" * 9_000 + b"}\n", "JSON Lines"),
        (b'{"sku":"A1"}\n{"sku":"A2"}\nand so on', "JSON Lines"),
        (b"[]", "JSON, not"),
    ],
)
def test_other_formats(tmp_path, head, said):
    path = tmp_path / "products.csv"
    path.write_bytes(head)
    for options in (ParseOptions(), ParseOptions(encoding="cp1252", delimiter=",")):
        with pytest.raises(FileError) as refused:
            detect(path, options)
        assert refused.value.code == "not_a_table"
        assert said in str(refused.value)


@pytest.mark.parametrize(
    "head",
    [
        *(b"", b"\xef\xbb\xbf  sku,name\n", b"<b>,name\n1,2\n", b"<b>SKU</b>,<i>name</i>\n"),
        *(b"<sku>\t<name>\n1\t2\n", b"<sku>\n<a>\n", b"<title>,price\n<x>,1\n", b"{a},{b}\n1,2\n"),
        *(b'{"sku"};x\n', b'{"a":1},b\n1,2\n', b'"{""a"":1}",b\n1,2\n', b"[sku],name\n1,2\n"),
        *(b"[[x]],b\n", b"PAR1,name\n", b"PK,name\n", b"BZh9,x\n", b"%PDF,x\n"),
    ],
)
def test_tables(head):
    refuse_other_formats(head)
