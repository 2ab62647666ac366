"""Packed files: gzip, Zstandard and zip archives are unpacked before a parser reads them, within bounds."""

import contextlib
import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from books import Books, book
from product_importer import hookimpl
from product_importer.builtin.csv_parser import CsvParser
from product_importer.errors import UsageError
from product_importer.model import ImportOptions, Status
from shop import Plugin

ROWS = [["sku", "name"], *([f"S{n:04}", f"Name {n}"] for n in range(500))]
CSV = "".join(f"{','.join(row)}\n" for row in ROWS).encode()
SHORT = b"sku,name\nA,Apple\n"


def zstd(content):
    return pa.Codec("zstd").compress(content, asbytes=True)


def zipped(members, method=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


PACKED = {
    "products.csv.gz": gzip.compress(CSV),
    "parts.csv.gz": gzip.compress(CSV[:999]) + gzip.compress(CSV[999:]),
    "products.csv.zst": zstd(CSV),
    "frames.zst": zstd(CSV[:999]) + zstd(CSV[999:]),
    "products.zip": zipped({"export/": b"", "export/products.csv": CSV, "__MACOSX/products.csv": b"\0\5"}),
    "named.csv": gzip.compress(CSV),
}


@pytest.fixture
async def importer(shop):
    return await shop.open(Plugin(parsers=[Books()]), unpacked_ratio=50)


NAMED = [pytest.param(parser, marks=pytest.mark.whole) for parser in ("csv", "tiny")]


@pytest.mark.parametrize("parser", ["auto", *NAMED])
@pytest.mark.parametrize("name", PACKED)
async def test_they_come_in(importer, shop, name, parser):
    report = await importer.run(shop.file(PACKED[name], name), ImportOptions(parser=parser))
    assert (report.status, report.created) == (Status.COMPLETED, 500)
    assert report.state.bytes_done == report.state.bytes_total == len(PACKED[name])


async def test_another_format_in_an_archive(importer, shop):
    content = zipped({"products.book": book(One=ROWS)})
    options = ImportOptions(reading={"strict": "yes"})  # the name is that of the file in the archive
    report = await importer.run(shop.file(content, "products.zip"), options)
    assert (report.created, report.state.parser) == (500, "book")


async def test_which_of_several_files_is_asked(importer, shop):
    path = shop.file(zipped({"a.csv": SHORT, "b/b.csv": CSV}), "both.zip")
    import_id = await importer.imports.create(path)
    report = await importer.imports.start(import_id)
    (question,) = report.state.questions
    assert (question.code, question.option, question.key) == ("which_member", "reading", "member")
    assert [answer.value for answer in question.answers] == ["a.csv", "b/b.csv"]
    await importer.imports.answer(import_id, question.given("b/b.csv"))
    assert (await importer.imports.start(import_id)).created == 500


async def test_images_beside_the_products_raise_no_question(importer, shop):
    content = zipped(
        {"img/1.JPG": b"\xff\xd8", "a.csv": SHORT, "img/2.png": b"\x89PNG", "Terms.pdf": b"%PDF"}
    )
    report = await importer.run(shop.file(content, "with-images.zip"))
    assert (report.status, report.invalid) == (Status.COMPLETED, 0)
    assert report.created > 0


@pytest.mark.parametrize(
    ("content", "reading", "message"),
    [
        (zipped({"a.csv": SHORT}), {"member": "b.csv"}, "There is no file 'b.csv' in the zip archive."),
        (zipped({}), {}, "There is no file in the zip archive."),
        (gzip.compress(CSV)[:-20], {}, "The packed file is cut off. Send it again."),
        (zstd(CSV)[:-20], {}, "The packed file is cut off. Send it again."),
        (zipped({"a.csv": CSV})[:-20], {}, "The packed file is damaged (File is not a zip file)."),
        (gzip.compress(CSV)[:500] + bytes(60) + gzip.compress(CSV)[560:], {}, "The packed file is damaged ("),
        (b"\x28\xb5\x2f\xfd" + bytes(range(90)), {}, "The packed file is damaged ("),
        (SHORT, {"member": "a.csv"}, "The file isn't an archive, so there is no 'a.csv' in it."),
    ],
)
async def test_what_cannot_be_unpacked_is_named(importer, shop, content, reading, message):
    report = await importer.run(shop.file(content, "a.zip"), ImportOptions(reading=reading))
    assert report.status is Status.FAILED
    assert report.state.message.startswith(message)


async def test_an_encrypted_file_is_named(importer, shop):
    content = bytearray(zipped({"a.csv": SHORT}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    report = await importer.run(shop.file(bytes(content), "a.zip"))
    assert report.state.message.startswith("The file 'a.csv' in the archive is encrypted.")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
async def test_methods_that_unpack_without_a_bound_are_refused(importer, shop, method):
    report = await importer.run(shop.file(zipped({"a.csv": SHORT}, method), "a.zip"))
    assert report.state.message.startswith("The file 'a.csv' in the archive is packed by a method other than")


async def test_a_stored_file_is_read(importer, shop):
    report = await importer.run(shop.file(zipped({"a.csv": SHORT}, zipfile.ZIP_STORED), "a.zip"))
    assert report.created == 1


@pytest.mark.parametrize(
    "pack",
    [
        zstd,
        pytest.param(gzip.compress, marks=pytest.mark.whole),
        pytest.param(lambda content: zipped({"a.csv": content}), marks=pytest.mark.whole),
    ],
)
async def test_what_comes_out_is_bounded(shop, pack, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other tests make copies at the same time
    content = pack(SHORT + b"\n" * (70 << 20))
    importer = await shop.open(unpacked_ratio=50)
    report = await importer.run(shop.file(content, "bomb.zip"))
    assert report.state.message.startswith(
        "The file unpacks to more than 50 times its own size, the most that is allowed."
    )
    importer = await shop.open(unpacked_size=1_000)
    report = await importer.run(shop.file(pack(CSV), "big.zip"))
    assert report.state.message.startswith("The file unpacks to more than 1,000 bytes")
    assert not list(tmp_path.glob("product-importer-copy-*"))


async def test_an_interrupted_import_goes_on(importer, shop):
    path = shop.file(PACKED["products.zip"], "products.zip")
    import_id = await importer.imports.create(path, ImportOptions(parser="tiny"))
    await importer.imports.start(import_id)
    await shop.connection.execute(
        "DELETE FROM import_chunks WHERE first > 20;"
        "ALTER TABLE imports DISABLE TRIGGER check_transition;"
        f"UPDATE imports SET status = 'failed' WHERE id = {import_id};"
        "ALTER TABLE imports ENABLE TRIGGER check_transition"
    )
    report = await importer.imports.resume(import_id)
    assert (report.status, report.read) == (Status.COMPLETED, 500)

    path.write_bytes(zipped({"export/products.csv": CSV.replace(b"Name 7", b"Name 8")}))
    await shop.connection.execute(
        "ALTER TABLE imports DISABLE TRIGGER check_transition;"
        f"UPDATE imports SET status = 'failed' WHERE id = {import_id};"
        "ALTER TABLE imports ENABLE TRIGGER check_transition"
    )
    report = await importer.imports.resume(import_id)
    assert report.state.message.startswith("The file is not the one that this import began with.")


@pytest.mark.parametrize("name", PACKED)
async def test_previews(importer, shop, name):
    path = shop.file(PACKED[name], name)
    for source, more in ((path, {}), (PACKED[name], {"complete": True, "filename": name})):
        preview = await importer.imports.preview(source, rows=2, **more)
        assert (preview.problem, preview.parser, preview.complete) == (None, "csv", True)
        assert [row.cells for row in preview.rows] == [("S0000", "Name 0"), ("S0001", "Name 1")]


@pytest.mark.parametrize("pack", [zstd, pytest.param(gzip.compress, marks=pytest.mark.whole)])
async def test_previews_of_a_part(importer, pack):
    content = pack("".join(f"S{n},{hash(str(n))}\n" for n in range(200_000)).encode())
    preview = await importer.imports.preview(b"%b" % content[: len(content) // 2], rows=2)
    assert (preview.complete, len(preview.header)) == (False, 2)
    assert preview.problem.code == "missing_column"  # which is right: the part was read


async def test_a_preview_of_a_part_of_an_archive_waits_for_the_whole(importer):
    preview = await importer.imports.preview(PACKED["products.zip"][:500])
    assert (preview.problem.code, preview.complete) == ("whole_file_needed", False)


async def test_a_preview_of_a_format_that_needs_the_whole_file(importer, shop):
    rows = [ROWS[0], *([f"S{n}", "n" * 70] for n in range(20_000))]
    content = gzip.compress(book(One=rows))
    preview = await importer.imports.preview(shop.file(content, "a.book.gz"), rows=1)
    assert (preview.problem, preview.parser, preview.complete) == (None, "book", True)


async def test_a_preview_asks_and_complains(importer, shop):
    several = shop.file(zipped({"a.csv": SHORT, "b.csv": CSV}), "both.zip")
    assert (await importer.imports.preview(several)).problem.code == "questions_open"
    cut = shop.file(gzip.compress(CSV)[:-20], "cut.gz")
    assert (await importer.imports.preview(cut)).problem.code == "cut_off_archive"
    one = await importer.imports.preview(several, ImportOptions(reading={"member": "a.csv"}))
    assert [row.cells for row in one.rows] == [("A", "Apple")]


class Reversed:
    """A codec of a plugin's: the bytes stand in reverse, behind a mark."""

    name = "reversed"
    title = "reversed file"
    suffixes = (".rev",)

    def recognises(self, head):
        return head.startswith(b"REV")

    def members(self, file):
        return None

    @contextlib.contextmanager
    def unpack(self, file, member):
        content = file.read()[3:]
        if content == b"!":
            raise LookupError("what is this?")
        yield io.BytesIO(content[::-1])

    @hookimpl
    def product_importer_codecs(self):
        return [self]


async def test_a_codec_of_a_plugin(shop):
    importer = await shop.open(Reversed())
    assert (await importer.run(shop.file(b"REV" + CSV[::-1]))).created == 500
    failed = await importer.run(shop.file(b"REV!", "odd.csv.rev"))
    assert failed.state.message.startswith(
        "The codec 'reversed' (Reversed, given in code) failed on odd.csv: LookupError: what is this?"
    )


class OldGzip:
    """A parser from before there were codecs, which unpacks its files itself."""

    name = "old"

    def open(self, path, options):
        assert isinstance(path, Path)
        plain = path.with_suffix(".plain")
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        return CsvParser().open(plain, options)


async def test_a_parser_that_is_no_format_gets_the_file_as_it_is(shop):
    importer = await shop.open(Plugin(parsers=[OldGzip()]))
    path = shop.file(PACKED["products.csv.gz"], "products.csv.gz")
    assert (await importer.run(path, ImportOptions(parser="old"))).created == 500


async def test_a_member_is_an_option_of_every_parser(importer, shop):
    with pytest.raises(UsageError, match=r"Its options: delimiter, encoding.*, member"):
        await importer.run(shop.file(SHORT), ImportOptions(parser="csv", reading={"x": "y"}))
