"""Unpacks packed files before a parser reads them, with bounds on what comes out."""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from product_importer.cells.shortening import quoted
from product_importer.errors import FileError, QuestionsOpen, StorageError, UsageError
from product_importer.guards import guard
from product_importer.model import AUTO_PARSER, MEMBER, Answer, Question
from product_importer.pipeline.choosing import head_of, recognising_parser
from product_importer.pipeline.side_thread import SideThread
from product_importer.ports import FormatParser, InputFile
from product_importer.support.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from product_importer.model import ImportOptions
    from product_importer.ports import Codec
    from product_importer.registry import PluginSet

_BLOCK_BYTES: Final = 1 << 20
_HARMLESS_BYTES: Final = 64 << 20
"""Unpacked files of up to this size may be packed as tightly as they like."""

_CERTAIN: Final = 0.9
"""A parser that is more certain than this reads a file that seems to be packed as it is."""

_SHOWN: Final = 20

_NO_TABLES: Final = (
    *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".bmp", ".tif", ".tiff", ".ico", ".heic"),
    *(".pdf", ".doc", ".docx", ".rtf", ".md", ".mp4", ".mov", ".webm", ".mp3", ".ds_store", "thumbs.db"),
)
"""The ends of the names of files that no parser reads, such as the images of the products."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """``size``: the maximum bytes of an unpacked file; ``ratio``: the maximum of its size to that of the
    packed file.
    """

    size: int = 20 << 30
    ratio: int = 250

    def check(self, unpacked: int, packed: int) -> None:
        """Raises :class:`FileError` if so many bytes came out of so many."""
        if unpacked > self.size:
            most = f"{self.size:,} bytes"
        elif unpacked > max(_HARMLESS_BYTES, self.ratio * packed):
            most = f"{self.ratio:,} times its own size"
        else:
            return
        raise FileError(
            f"The file unpacks to more than {most}, the most that is allowed. "
            "If it is what it should be, unpack it and import the file in it.",
            code="unpacks_too_large",
        )


@dataclass(frozen=True, slots=True)
class Packed:
    """A file packed by ``codec``; ``member`` names the packed file, unless there is one stream only."""

    plugins: PluginSet
    codec: Codec
    member: str | None
    filename: str

    @contextmanager
    def opened(self, file: BinaryIO) -> Iterator[Callable[[], bytes]]:
        """Gives a function that reads the next unpacked bytes. Raises the errors of the codec."""
        with ExitStack() as stack:
            with guard(self.plugins, "codec", self.codec.name, on=self.filename):
                stream = stack.enter_context(self.codec.unpack(file, self.member))

            def read() -> bytes:
                with guard(self.plugins, "codec", self.codec.name, on=self.filename):
                    return stream.read(_BLOCK_BYTES)

            yield read


def codec_of(plugins: PluginSet, options: ImportOptions, head: bytes, filename: str) -> Codec | None:
    """Returns the codec of a file with this beginning; None if a parser reads the file as it is.

    Raises :class:`UsageError` if the options name a member of a file that isn't packed.
    """
    codec = next((each for each in plugins.codecs.values() if each.recognises(head)), None)
    if codec is not None and not _reads_itself(plugins, options, head, filename):
        return codec
    if MEMBER.name in options.reading:
        member = quoted(options.reading[MEMBER.name])
        raise UsageError(f"The file isn't an archive, so there is no {member} in it.")
    return None


def _reads_itself(plugins: PluginSet, options: ImportOptions, head: bytes, filename: str) -> bool:
    if options.parser == AUTO_PARSER:
        return recognising_parser(plugins, head, filename, above=_CERTAIN) is not None
    parser = plugins.parsers[options.parser]
    return not isinstance(parser, FormatParser) or parser.recognises(head, filename) > _CERTAIN


def packed_file(
    plugins: PluginSet, codec: Codec, options: ImportOptions, file: BinaryIO, filename: str
) -> Packed:
    """Finds out which file is packed there.

    Raises :class:`QuestionsOpen` if it is one of several, :class:`FileError` if there is none.
    """
    with guard(plugins, "codec", codec.name):
        names = codec.members(file)
    if names is None:
        return Packed(plugins, codec, None, _without(codec.suffixes, filename))
    wanted = options.reading.get(MEMBER.name)
    likely = [name for name in names if not name.lower().endswith(_NO_TABLES)] or names
    if wanted is None and len(likely) > 1:
        raise QuestionsOpen((_which(likely),))
    if not names or (wanted is not None and wanted not in names):
        what = "no file" if wanted is None else f"no file {quoted(wanted)}"
        raise FileError(f"There is {what} in the {codec.title}.", code="no_such_member")
    member = likely[0] if wanted is None else wanted
    return Packed(plugins, codec, member, Path(member).name)


@asynccontextmanager
async def unpacked(
    plugins: PluginSet, file: InputFile, options: ImportOptions, bounds: Bounds, beat: Callable[[], None]
) -> AsyncIterator[InputFile]:
    """Provides the file as a parser reads it: unpacked, if it is packed. ``beat`` is called now and then."""
    with SideThread("unpack") as thread:
        codec = await thread.call(lambda: codec_of(plugins, options, head_of(file), file.filename))
        if codec is None:
            yield file
            return
        with temporary_folder() as folder:
            yield await thread.call(
                lambda: _unpack(plugins, codec, options, file, folder / "file", bounds, beat)
            )


def _unpack(
    plugins: PluginSet,
    codec: Codec,
    options: ImportOptions,
    file: InputFile,
    into: Path,
    bounds: Bounds,
    beat: Callable[[], None],
) -> InputFile:
    with file.path.open("rb") as packed:
        found = packed_file(plugins, codec, options, packed, file.filename)
        packed.seek(0)
        size = write_unpacked(found, packed, into, file.size, bounds, beat)
    return replace(file, path=into, filename=found.filename, size=size, packed_size=file.size)


def write_unpacked(
    found: Packed, packed: BinaryIO, into: Path, size: int, bounds: Bounds, beat: Callable[[], None]
) -> int:
    """Unpacks into a file; returns its bytes. ``size``: the bytes of the packed file."""
    total = 0
    try:
        with into.open("wb") as target, found.opened(packed) as read:
            while block := read():
                beat()
                total += len(block)
                bounds.check(total, size)
                target.write(block)
    except OSError as error:
        raise StorageError(
            f"The file can't be unpacked: {error.strerror or error}. It needs room in the directory for "
            "temporary files.",
            code="disk_full",
        ) from error
    return total


def _without(suffixes: tuple[str, ...], filename: str) -> str:
    end = next((suffix for suffix in suffixes if filename.lower().endswith(suffix)), "")
    return filename[: len(filename) - len(end)]


def _which(names: Sequence[str]) -> Question:
    return Question(
        code="which_member",
        words=f"Of the files in the archive, {len(names):,} may hold the products. Which one does?",
        option="reading",
        key=MEMBER.name,
        answers=tuple(Answer(name, f"The file {quoted(name)}") for name in names[:_SHOWN]),
    )
