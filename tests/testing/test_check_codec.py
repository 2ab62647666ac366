"""``check_codec`` finds what is wrong with a codec."""

import bz2
import contextlib
import gzip
import io
import zipfile

import pyarrow as pa
import pytest

from product_importer.builtin.codecs import Gzip, Zip, Zstandard
from product_importer.errors import FileError
from product_importer.testing import check_codec

CONTENT = b"".join(b"A%d,Tea\n" % number for number in range(20_000))


def zipped(members):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("codec", "packed", "content"),
    [
        (Gzip(), gzip.compress(CONTENT), CONTENT),
        (Zstandard(), pa.Codec("zstd").compress(CONTENT, asbytes=True), CONTENT),
        (Zip(), zipped({"a.csv": CONTENT, "b/c.csv": b""}), {"a.csv": CONTENT, "b/c.csv": b""}),
    ],
    ids=["gzip", "zstd", "zip"],
)
def test_the_built_in_codecs_keep_the_contract(tmp_path, codec, packed, content):
    path = tmp_path / "packed"
    path.write_bytes(packed)
    check_codec(codec, path, content)


class Reader:
    """Reads bzip2, and raises the errors of codecs."""

    def __init__(self, file):
        self.file = file

    def read(self, size=-1):
        try:
            return self.file.read(size)
        except (EOFError, OSError) as error:
            raise FileError("The packed file is damaged.", code="damaged_archive") from error


class Bzip2:
    name = "bzip2"
    title = "bzip2 archive"
    suffixes = (".bz2",)

    def recognises(self, head):
        return head.startswith(b"BZh")

    def members(self, file):
        return None

    def unpack(self, file, member):
        return contextlib.nullcontext(Reader(bz2.BZ2File(file)))


class Raw(Bzip2):
    def unpack(self, file, member):
        return contextlib.closing(bz2.BZ2File(file))


class Greedy(Bzip2):
    def unpack(self, file, member):
        class All(Reader):
            def read(self, size=-1):
                return super().read()

        return contextlib.nullcontext(All(bz2.BZ2File(file)))


class Short(Bzip2):
    def unpack(self, file, member):
        return contextlib.nullcontext(io.BytesIO(bz2.BZ2Decompressor().decompress(file.read(), 1_000)))


class Patient(Bzip2):
    """Takes a file that is cut off for a whole one."""

    def unpack(self, file, member):
        return contextlib.nullcontext(io.BytesIO(bz2.BZ2Decompressor().decompress(file.read())))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "products.csv.bz2"
    path.write_bytes(bz2.compress(CONTENT))
    return path


def test_a_codec_of_a_plugin_keeps_the_contract(path):
    check_codec(Bzip2(), path, CONTENT)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": " "}, "title is ' '; give a text"),
        ({"suffixes": ("bz2",)}, "begins with a dot"),
        ({"recognises": lambda head: False}, "the file isn't recognised"),
        ({"recognises": lambda head: True}, "is recognised, although it isn't packed"),
        ({"members": lambda file: ["a.csv"]}, r"members\(\) gives \['a.csv'\], but the file has None"),
    ],
)
def test_what_a_codec_states_is_checked(path, changes, message):
    codec = Bzip2()
    for name, value in changes.items():
        setattr(codec, name, value)
    with pytest.raises(AssertionError, match=message):
        check_codec(codec, path, CONTENT)


@pytest.mark.parametrize(
    ("codec", "error", "message"),
    [
        (Greedy(), AssertionError, r"read\(7\) gave .* so no limit would hold"),
        (Short(), AssertionError, "in parts of 7 bytes, the file is another"),
        (Patient(), AssertionError, "cut off at byte .*, the file seems whole"),
        (Raw(), EOFError, "ended before"),
    ],
)
def test_what_a_codec_does_is_checked(path, codec, error, message):
    with pytest.raises(error, match=message):
        check_codec(codec, path, CONTENT)
