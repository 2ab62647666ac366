"""White space is what str.strip says it is."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from product_importer.pipeline.text import is_blank, trimmed, verbatim

CELLS = st.lists(st.text(st.sampled_from("ab \t\n\x1c\x1f\x85\xa0\u200b\u2028\u3000")) | st.none())


def test_every_character_of_the_basic_plane():
    characters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    padded = pa.array([f"{character}-{character}" for character in characters])
    assert trimmed(padded).to_pylist() == [f"{character}-{character}".strip() for character in characters]
    assert is_blank(pa.array(characters)).to_pylist() == [character.isspace() for character in characters]


@given(CELLS)
def test_trimmed_and_verbatim(cells):
    column = pa.array(cells, pa.string())
    assert trimmed(column).to_pylist() == [(cell or "").strip() or None for cell in cells]
    assert verbatim(column).to_pylist() == [cell if (cell or "").strip() else None for cell in cells]
