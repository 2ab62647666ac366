"""Binary workbooks, and those that are protected by a password."""

import struct
import zipfile

import pytest
import xlwt

import product_importer_excel
from product_importer.errors import FileError
from product_importer.model import ImportOptions
from product_importer.ports import InputFile
from product_importer.testing import temporary_importer
from product_importer_excel import ExcelParser

SPACE = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(kind, content=b""):
    """A record as [MS-XLSB] says: kind and length in groups of 7 bits, then the content, here a short one."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(content)]) + content


def wide(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def cell(column, value):
    place = struct.pack("<II", column, 0)
    if isinstance(value, bytes):
        return record(3, place + value)
    if isinstance(value, str):
        return record(6, place + wide(value))
    return record(5, place + struct.pack("<d", value))


def binary_workbook(path, name, rows):
    """Writes a binary workbook, whose cells are texts, numbers, and errors given by their codes."""
    cells = b"".join(
        record(0, struct.pack("<I", number) + bytes(21)) + b"".join(map(cell, range(len(row)), row))
        for number, row in enumerate(rows)
    )
    size = struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1)
    sheet = record(129) + record(148, size) + record(145) + cells + record(146) + record(130)
    bundle = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide(name))
    relation = f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.bin"/>'
    relations = f'<Relationships xmlns="{SPACE}">{relation}</Relationships>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", record(131) + record(143) + bundle + record(144) + record(132))
        archive.writestr("xl/_rels/workbook.bin.rels", relations)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


ROWS = [("sku", "name", "price"), ("A1", "Tea", 4.5), ("A2", "Cup", b"\x2a"), ("A3", "Jar", b"\x07")]


async def test_binary_workbooks_are_read_with_their_errors(tmp_path):
    path = binary_workbook(tmp_path / "products.xlsb", "Tea & cups", ROWS)
    async with temporary_importer(product_importer_excel) as importer:
        report = await importer.run(path, ImportOptions())
    assert (report.created, report.invalid) == (1, 2)
    assert [error.value for row in report.rejected for error in row.errors] == ["#N/A", "#DIV/0!"]


def test_binary_workbooks_are_recognised(tmp_path):
    head = binary_workbook(tmp_path / "a", "S", ROWS).read_bytes()[:1000]
    assert ExcelParser().recognises(head, "a") == 1


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsb", ".xls", ""])
async def test_a_workbook_protected_by_a_password_is_named(tmp_path, suffix):
    book = xlwt.Workbook()
    book.add_sheet("S").write(0, 0, "sku")
    path = tmp_path / f"products{suffix}"
    book.save(str(path))
    name, encrypted = ("Workbook\0".encode("utf-16-le"), "EncryptedPackage\0".encode("utf-16-le"))
    data = path.read_bytes()
    place = data.index(name)
    entry = encrypted.ljust(64, b"\0") + struct.pack("<H", len(encrypted))
    path.write_bytes(data[:place] + entry + data[place + len(entry) :])

    with pytest.raises(FileError, match="save it without the password") as caught:
        ExcelParser().tables(InputFile(path, path.name, path.stat().st_size))
    assert caught.value.code == "encrypted_file"
    async with temporary_importer(product_importer_excel) as importer:
        found = await importer.imports.inspect(path, filename="products.xlsx")
    assert found.problem.code == "encrypted_file"
