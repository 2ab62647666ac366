"""Quotes are followed over pieces of text as they are character by character."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from product_importer.delimited import quotes
from product_importer.delimited.quotes import BlankRemover, QuoteWatch
from product_importer.delimited.textfile import count_line_ends

DELIMITERS = (",", "\t", ";", "¦", " ")


def records_of(text, delimiter, *, skip_blanks):  # noqa: C901 - a branch for each kind of character
    """Each record as (where it ends, whether text follows a closing quote, its text without skipped blanks).

    Blanks after a closing quote are overlooked; whatever else follows it is damage.
    """
    blanks = " \t".replace(delimiter, "")
    skip_blanks = skip_blanks and delimiter != " "
    records, written = [], ""
    state, damaged = "start", False
    place = 0
    while place < len(text):
        character = text[place]
        pair = text[place : place + 2]
        if state == "quoted":
            if pair == '""':
                written += pair
                place += 2
                continue
            if character == '"':
                state = "closed"
        elif character in "\r\n":
            end = place + (2 if pair == "\r\n" else 1)
            records.append((end, damaged, written + text[place:end]))
            state, damaged, written, place = "start", False, "", end
            continue
        elif character == delimiter:
            state = "start"
        elif state == "closed":
            if character not in blanks:
                damaged, state = True, "plain"
        elif character == '"' and state == "start":
            if skip_blanks:
                written = written.rstrip(" ")
            state = "quoted"
        elif not (skip_blanks and character == " " and state == "start"):
            state = "plain"
        written += character
        place += 1
    if text and (not records or records[-1][0] < len(text)):
        records.append((len(text), damaged, written))
    return records


def pieces_of(text, cuts):
    ends = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(ends)]


def texts(delimiter):
    parts = [
        '"',
        '""',
        '"""',
        " ",
        "  ",
        "\t",
        "\r",
        "\n",
        "\r\n",
        delimiter,
        f'{delimiter}"',
        f'"{delimiter}',
    ]
    return st.lists(st.sampled_from([*parts, "a", "é", "a b"]), max_size=30).map("".join)


CASES = st.sampled_from(DELIMITERS).flatmap(
    lambda delimiter: st.tuples(
        st.just(delimiter), texts(delimiter), st.lists(st.integers(0, 1_000), max_size=12)
    )
)


@pytest.mark.parametrize("skip_blanks", [False, True])
@settings(max_examples=settings.default.max_examples * 3)
@given(CASES, st.booleans())
@example((",", '"a" x\r\nb', [7]), False)
@example((",", 'a," "" "b\n', [4, 5, 6]), True)
@example((",", 'a,"b",c"d,",e\nx" y\nz\n', [2, 14]), True)
@example((",", 'a,"b",c"d,",e\nx" y\nz\n', [2, 14]), False)
def test_exactly_the_damaged_records_are_named(skip_blanks, case, encoded):
    delimiter, text, cuts = case
    records = records_of(text, delimiter, skip_blanks=skip_blanks)
    watch = QuoteWatch(delimiter, skip_blanks=skip_blanks)
    named, given, start = [], 0, 0
    for piece in pieces_of(text, cuts):
        # The parser gives a record that ends with a bare CR once it sees the character after it.
        start += len(piece)
        ended = [
            number
            for number, (end, _, written) in enumerate(records)
            if written.endswith(("\r", "\n")) and end + written.endswith("\r") <= start
        ]
        new = [[content_of(records, text, number)] for number in ended[given:]]
        utf8 = piece.encode() if encoded else None
        named += [given + number for number in watch.damaged(piece, new, utf8)]
        given += len(new)
    rest = [[content_of(records, text, number)] for number in range(given, len(records))]
    named += [given + number for number in watch.damaged_at_end(rest)]
    assert named == [number for number, (_, damaged, _) in enumerate(records) if damaged]


@pytest.mark.parametrize("second", ['"b" x\r\nc', '"b" x\rc', '"b"" x" y\nc'])
def test_the_record_before_a_bare_cr_at_a_pieces_end_is_not_blamed(second):
    """That record is given with the next piece, whose first character shows that it has ended."""
    watch = QuoteWatch(",", skip_blanks=False)
    assert watch.damaged("a\r", []) == []
    assert watch.damaged(second, [["a"], [second[:-1].strip()]]) == [1]


def test_lines_are_counted_once_however_many_records_are_damaged(monkeypatch):
    counted = []
    monkeypatch.setattr(
        quotes, "count_line_ends", lambda text: counted.append(len(text)) or count_line_ends(text)
    )
    text = '1,"b" x\n' * 1_000
    records = [["1", "b x"]] * 1_000
    assert len(QuoteWatch(",", skip_blanks=False).damaged(text, records)) == 1_000
    assert sum(counted) < 4 * len(text)


@pytest.mark.parametrize("delimiter", [" ", "\t"])
def test_the_delimiter_is_no_blank_though_it_looks_like_one(delimiter):
    text = f'a{delimiter}b\n"a"{delimiter}b\n"a"{delimiter}"b"\n'
    watch = QuoteWatch(delimiter, skip_blanks=True)
    assert not watch.skips_blanks(text)
    assert watch.damaged(f'"a"x{delimiter}b\n{text}', [["ax", "b"], *[["a", "b"]] * 3]) == [0]


@pytest.mark.parametrize("unit", [" ", '"', '" '])
def test_what_is_kept_back_is_bounded(unit):
    remover = BlankRemover(",", longest=100)
    passed = sum(len(remover.feed(unit * 50)) for _ in range(100))
    assert passed >= 100 * 50 * len(unit) - 101
    remover.finish()


def content_of(records, text, number):
    """The record's text without its line end, as one cell: only the line ends in it count."""
    start = records[number - 1][0] if number else 0
    whole = text[start : records[number][0]]
    if not records[number][2].endswith(("\r", "\n")):
        return whole
    return whole[: -2 if whole.endswith("\r\n") else -1]


@settings(max_examples=settings.default.max_examples * 3)
@given(CASES)
def test_only_blanks_before_an_opening_quote_are_removed(case):
    delimiter, text, cuts = case
    remover = BlankRemover(delimiter, 1_000)
    written = "".join(map(remover.feed, pieces_of(text, cuts))) + remover.finish()
    assert written == "".join(record for _, _, record in records_of(text, delimiter, skip_blanks=True))
