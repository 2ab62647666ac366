"""Checks the contract of codecs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.errors import FileError
from product_importer.ports import Codec
from product_importer.testing.contracts import require

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HEAD: Final = 65_536
_OTHERS: Final = (b"", b"\0", b"sku,name\nA,Apple\n", b'{"sku": "A"}\n')
_READS: Final = (7, 4_096, 1 << 20)


def check_codec(codec: Codec, path: Path, content: bytes | Mapping[str, bytes]) -> None:
    """Checks that the codec recognises the packed file and unpacks it, in parts of any size, and that a file
    that is cut off or damaged raises nothing but :class:`~product_importer.errors.FileError`.

    ``content``: the unpacked bytes; for an archive with names, those of each packed file.
    """
    require(isinstance(codec, Codec), f"{codec!r} lacks what a Codec has")
    require(bool(codec.title.strip()), f"title is {codec.title!r}; give a text")
    dotted = all(suffix.startswith(".") and suffix == suffix.lower() for suffix in codec.suffixes)
    require(dotted, f"suffixes are {codec.suffixes}; each begins with a dot and is in small letters")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    require(codec.recognises(head), "the file isn't recognised")
    for other in _OTHERS:
        require(not codec.recognises(other), f"{other!r} is recognised, although it isn't packed")
    expected: dict[str | None, bytes] = {}
    if isinstance(content, bytes):
        expected[None] = content
    else:
        expected.update(content.items())
    names = _members(codec, path)
    wanted = None if isinstance(content, bytes) else sorted(content)
    require(names == wanted, f"members() gives {names}, but the file has {wanted}")
    for member, unpacked in expected.items():
        for size in _READS:
            found = _unpacked(codec, path, member, size)
            require(
                found == unpacked, f"unpacked in parts of {size} bytes, {member or 'the file'} is another"
            )
    _check_damage(codec, path, expected)


def _members(codec: Codec, path: Path) -> list[str] | None:
    with path.open("rb") as file:
        names = codec.members(file)
    return None if names is None else sorted(names)


def _unpacked(codec: Codec, path: Path, member: str | None, size: int) -> bytes:
    parts = []
    with path.open("rb") as file, codec.unpack(file, member) as unpacked:
        while part := unpacked.read(size):
            require(len(part) <= size, f"read({size}) gave {len(part)} bytes, so no limit would hold")
            parts.append(part)
    return b"".join(parts)


def _check_damage(codec: Codec, path: Path, expected: Mapping[str | None, bytes]) -> None:
    """Unpacks the file's first parts, and the file with other bytes in its middle."""
    packed, damaged = path.read_bytes(), path.with_name(f"damaged-{path.name}")
    half = len(packed) // 2
    try:
        for size in {1, len(packed) // 3, half, len(packed) - 1}:
            damaged.write_bytes(packed[:size])
            require(not _survives(codec, damaged, expected), f"cut off at byte {size}, the file seems whole")
        flipped = bytes(255 - byte for byte in packed[half : half + 20])
        damaged.write_bytes(packed[:half] + flipped + packed[half + 20 :])
        _survives(codec, damaged, expected)
    finally:
        damaged.unlink(missing_ok=True)


def _survives(codec: Codec, path: Path, expected: Mapping[str | None, bytes]) -> bool:
    """Returns whether all files can be unpacked to their ends without a FileError."""
    try:
        _members(codec, path)
        for member in expected:
            _unpacked(codec, path, member, 4_096)
    except FileError:
        return False
    return True
