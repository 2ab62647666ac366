"""A file's text comes in pieces that hold whole characters, with their bytes where the file is UTF-8."""

import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from product_importer.delimited import textfile
from product_importer.delimited.textfile import TextFile
from product_importer.errors import FileError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "cp1252"])
@given(st.text(st.sampled_from('a"é€\n')), st.integers(1, 9), st.booleans())
@example("é", 1, True)
def test_pieces_and_their_bytes(encoding, text, block, mark):
    mark = mark and encoding != "cp1252"
    with tempfile.TemporaryDirectory() as directory, patch.object(textfile, "BLOCK_BYTES", block):
        path = Path(directory, "file.csv")
        path.write_bytes(("\ufeff" * mark + text).encode(encoding))
        blocks = list(TextFile(path, encoding).blocks())
    assert "".join(block.text for block in blocks) == text
    for block in blocks:
        assert block.utf8 == (block.text.encode() if encoding == "utf-8" else None)


def test_utf_16_without_a_byte_order_mark_and_with_half_a_pair(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes(b"sku,name,price\n-0,0x10,\n=sku,\xd9\xa1,200")

    with pytest.raises(FileError) as caught:
        list(TextFile(path, "utf-16").blocks())
    assert caught.value.code == "undecodable"
    assert "at position 0 (line 1) is not valid utf-16 text." in str(caught.value)  # Pythons differ before it
