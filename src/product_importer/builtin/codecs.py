"""The built-in codecs: gzip, Zstandard and zip. Their libraries are loaded with the first packed file."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from product_importer.cells.shortening import quoted
from product_importer.delimited.other_formats import is_plain_zip
from product_importer.errors import FileError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterator, Sequence

_BY_SYSTEMS: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
"""Files that operating systems add to archives."""

_ENCRYPTED: Final = 1
_CUT: Final = "truncated"


class _Stream:
    """Reads unpacked bytes; the errors of the library become those of a codec."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    def read(self, size: int = -1) -> bytes:
        import zipfile  # noqa: PLC0415 - as said above
        import zlib  # noqa: PLC0415

        try:
            return self._read(size)
        except EOFError as error:
            raise _cut_off() from error
        except (OSError, ValueError, zlib.error, zipfile.BadZipFile) as error:
            if _CUT in str(error).lower():
                raise _cut_off() from error
            raise _damaged(error) from error


def _cut_off() -> FileError:
    return FileError("The packed file is cut off. Send it again.", code="cut_off_archive")


def _damaged(error: Exception) -> FileError:
    return FileError(
        f"The packed file is damaged ({str(error).rstrip('.')}). Send or pack it again.",
        code="damaged_archive",
    )


class Gzip:
    """Files of gzip, also of several parts."""

    name = "gzip"
    title = "gzip archive"
    suffixes = (".gz",)

    def recognises(self, head: bytes) -> bool:
        return head.startswith(b"\x1f\x8b\x08")

    def members(self, file: BinaryIO) -> Sequence[str] | None:  # noqa: ARG002 - there is one stream only
        return None

    @contextlib.contextmanager
    def unpack(self, file: BinaryIO, member: str | None) -> Iterator[BinaryIO]:  # noqa: ARG002
        import gzip  # noqa: PLC0415

        with gzip.GzipFile(fileobj=file) as unpacked:
            yield cast("BinaryIO", _Stream(unpacked.read))


class Zstandard:
    """Files of Zstandard, also of several frames."""

    name = "zstd"
    title = "Zstandard archive"
    suffixes = (".zst",)

    def recognises(self, head: bytes) -> bool:
        return head.startswith(b"\x28\xb5\x2f\xfd")

    def members(self, file: BinaryIO) -> Sequence[str] | None:  # noqa: ARG002 - there is one stream only
        return None

    @contextlib.contextmanager
    def unpack(self, file: BinaryIO, member: str | None) -> Iterator[BinaryIO]:  # noqa: ARG002
        import pyarrow as pa  # noqa: PLC0415

        with pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd") as unpacked:
            yield cast("BinaryIO", _Stream(unpacked.read))


class Zip:
    """Zip archives, except those that are files of another format, such as workbooks."""

    name = "zip"
    title = "zip archive"
    suffixes = (".zip",)

    def recognises(self, head: bytes) -> bool:
        return is_plain_zip(head)

    def members(self, file: BinaryIO) -> Sequence[str] | None:
        with _archive(file) as archive:
            return tuple(
                member.filename
                for member in archive.infolist()
                if not member.is_dir() and not any(name in member.filename for name in _BY_SYSTEMS)
            )

    @contextlib.contextmanager
    def unpack(self, file: BinaryIO, member: str | None) -> Iterator[BinaryIO]:
        import zipfile  # noqa: PLC0415

        with _archive(file) as archive:
            found = archive.getinfo(member or "")
            if found.flag_bits & _ENCRYPTED:
                raise FileError(
                    f"The file {quoted(found.filename)} in the archive is encrypted. "
                    "Unpack it with its password and import it by itself.",
                    code="encrypted_archive",
                )
            # zipfile unpacks the other methods without a limit on what one read gives.
            if found.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise FileError(
                    f"The file {quoted(found.filename)} in the archive is packed by a method other than "
                    "Deflate. Pack it anew as a usual zip archive, or unpack it and import it by itself.",
                    code="unsupported_archive",
                )
            try:
                unpacked = archive.open(found)
            except (NotImplementedError, zipfile.BadZipFile) as error:  # such as patched data
                raise _damaged(error) from error
            with unpacked:
                yield cast("BinaryIO", _Stream(unpacked.read))


@contextlib.contextmanager
def _archive(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    import zipfile  # noqa: PLC0415

    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise _damaged(error) from error
    with archive:
        yield archive


CODECS: Final = (Gzip(), Zstandard(), Zip())
