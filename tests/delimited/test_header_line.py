"""The line of a file that holds the names of the columns."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from product_importer.cells.headers import heading
from product_importer.delimited.dialect import guess
from product_importer.delimited.format import read_as
from product_importer.delimited.header_line import top_of
from product_importer.errors import QuestionsOpen, UsageError
from product_importer.model import ParseOptions

TABLE = "sku;name;price\nA1;Tea;4.50\n"


def line_of(text, given=None, *, complete=True):
    return top_of(text, None, given, complete=complete).line


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("", 1),
        ("\n\n", 1),
        ("Price list spring\n\n", 3),
        ("Price list spring;;\n;;\n", 3),
        ("# exported; by; the till\n", 2),
        ("// exported, by, the till\r\n# at night\r\n", 3),
        ("Supplier;Müller GmbH\rDate;2026-01-01\r\r", 4),
        ('Price list "spring\n', 2),
        ("Product;;Price\n", 2),
        ("Name;;\n", 2),
        ("Price\u2028list\v\f\x85\x1c\r\nof\rspring\n", 4),
        ("\n" * 20 + "# by ERP\n", 22),
        ("version 1.00\ntitle;price;outer_id\n", 3),
    ],
)
def test_the_header_is_found_below(above, line):
    assert line_of(above + TABLE) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Listino 2026\nCodice;Descrizione;Prezzo\nT1;Tazza;4,50\n", 2),
        ("# Required | An id,# Required | price,\nid,title,price\nA1,Tea,4.50\n", 2),
        ("#INFO,Version=1.0,Template= draft,\n*Action(Site=US),CustomLabel,*Title,*Quantity\n", 2),
        ("Code;Label;Cost\nA;Name;Price\n", 1),
        ("Code;Label\nName;Price;x\n", 2),
        ("Label;Price\nA;Name;Price\n", 1),
    ],
)
def test_it_need_not_name_the_sku(text, line):
    assert line_of(text) == line


@pytest.mark.parametrize(
    "table", ["Artikelnummer;Bezeichnung\nA;B\n", "SKU (required)\tTitle\nA\tB\n", "货号,品名\n1,2\n"]
)
def test_it_is_found_in_any_language_and_with_any_delimiter(table):
    assert line_of("Preisliste\n" + table) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Code;Label;Cost\nA;B;1\n",
        "Code;Label;Cost\nA;SKU;1\n",
        "Price list spring\nA;B;1\n",
        "sku;name\nArticle no.;Article name\nA;B\n",
        "\ufeffsku;name\nA;B\n",
        "key;en;de\nfield.sku;SKU;Nummer\n",
        "sku\nname\n",
        "SKU\nPrice\n",
        "",
        ";;\n",
    ],
)
def test_the_first_line_is_the_header(text):
    assert line_of(text) == 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("artno;bez;vk\nArtikelnummer;Bezeichnung;Preis\nA;B;1\n", ["2", "1"]),
        ("Spring list, new\nsku,name\nA,B\n", ["2", "1"]),
        ("Our list\nSKU;Foo;Bar\nA;B;1\n", ["2", "1"]),
    ],
)
def test_what_is_uncertain_is_asked(text, lines):
    with pytest.raises(QuestionsOpen) as asked:
        line_of(text)
    (question,) = asked.value.questions
    assert (question.code, question.option, question.key) == ("header_line", "reading", "header_line")
    assert [answer.value for answer in question.answers] == lines
    assert [answer.shown for answer in question.answers] == [
        (text.splitlines()[int(line) - 1],) for line in lines
    ]
    assert str(asked.value) == question.words
    for line in lines:
        assert line_of(text, line) == int(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('"Name\n(text)",SKU,Price\nFoo,A1,12.50\n', 1),
        ('"ID","Text ""a\nb""",SKU,Name\n1,x,A,Tea\n', 1),
        ('Name, "Text\n(long)",\nSKU,Name,Price\n', 3),
        ('Code,Label\nA,"<b>\nSKU,Name,Price\n</b>"\n', 1),
        ('Code;Label\nA;"never closed\nSKU;Name;Price\n', 1),
        ('Code;Label\nA;"' + "x\n" * 40 + 'SKU;Name;Price\n"\n', 1),
        ('"List\r\nof spring",,\r\n"SKU\r\n(text)","Name ""x""",Price\r\n', 3),
        ('sep=;\n"List\nSKU;Name";\nSKU;Name;Price\n', 4),
        ('"TemplateType=x\tVersion\n=1"\nSeller SKU\tItem name\nitem_sku\titem_name\n', 3),
    ],
)
def test_line_ends_in_quoted_cells_end_no_line(text, line):
    assert line_of(text) == line
    assert line_of(text + "B,2,3\n", complete=False) == line


def test_a_question_shows_a_header_of_several_lines_in_one():
    with pytest.raises(QuestionsOpen) as asked:
        line_of('artno;bez;vk\n"Artikel\r\nnummer";SKU;"Preis"\nA;B;1\n')
    assert asked.value.questions[0].answers[0].shown == ('"Artikel nummer";SKU;"Preis"',)


def test_a_line_that_the_part_cuts_off_is_not_looked_at():
    assert line_of("Price list\nsku;name;pri", complete=False) == 1
    assert line_of("Price list\nsku;name;pri", complete=True) == 2


def test_the_header_is_looked_for_near_the_beginning_only():
    assert line_of("x\n" * 29 + TABLE) == 30
    assert line_of("x\n" * 60 + TABLE) == 1
    assert line_of("x\n" * 60 + TABLE, "61") == 61


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\r\nb\r\n"])
def test_a_given_line_has_to_be_there(text):
    with pytest.raises(UsageError) as refused:
        line_of(text, "3")
    assert refused.value.code == "wrong_reading_option"


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [("sep=;", ";"), ('"sep=;"', ";"), ("SEP=|", "|"), ("sep=\t", "\t"), ("sep=,,,", ","), ("sep=^", "^")],
)
def test_the_line_for_excel_is_heeded_and_left_out(first, delimiter):
    head = f"{first}\r\nsku{delimiter}name\r\nA{delimiter}B\r\n".encode()
    dialect = guess(head, ParseOptions(), complete=True)
    assert (dialect.header_line, dialect.delimiter) == (2, delimiter)
    given_one = guess(head, ParseOptions(delimiter="~"), complete=True)
    assert (given_one.header_line, given_one.delimiter) == (2, "~")
    below = guess(f"{first}\nOur list\nsku{delimiter}name\n".encode(), ParseOptions(), complete=True)
    assert (below.header_line, below.delimiter) == (3, delimiter)


def test_the_dialect_is_that_of_the_table():
    head = b'A list, with, commas, "and quotes\nsku;name;price\n1; "x";3;\n2; "y";4;\n'
    dialect = guess(head, ParseOptions(reading={"header_line": "2"}), complete=True)
    assert (dialect.delimiter, dialect.skip_blanks, dialect.surplus) == (";", True, 1)
    assert read_as(dialect).values["header_line"] == "2"
    assert "header_line" not in read_as(guess(b"sku\n", ParseOptions(), complete=True)).values


def test_amazons_templates_have_their_header_on_line_three():
    assert line_of("TemplateType=x\tVersion=1\nSeller SKU\tItem name\nitem_sku\titem_name\nA\tB\n") == 3


titles = st.text(st.characters(exclude_characters=';,\t|"\r\n\0', codec="utf-8"), max_size=30)
words = st.text("abcxyz0159 ", min_size=1, max_size=8)


@given(
    st.lists(titles | st.sampled_from(["", ";;", "# a;b;c;d;e", "Supplier;x"]), max_size=8),
    st.permutations(["SKU", "Bezeichnung", "Preis (€)", "Colour"]),
    st.lists(st.lists(words, min_size=4, max_size=4), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_a_header_is_found_below_whatever_has_fewer_cells(above, header, rows, end):
    lines = [*above, ";".join(header), *map(";".join, rows)]
    assume(not re.match(r'"?sep=', lines[0], re.IGNORECASE))
    dialect = guess(end.join(lines).encode(), ParseOptions(encoding="utf-8"), complete=True)
    leading = all(not line.strip(" ;\ufeff") for line in above)
    assert dialect.header_line in ((1, len(above) + 1) if leading else (len(above) + 1,))


in_quotes = st.text('a1,;" \n\r', min_size=1, max_size=8).map(lambda text: text.replace('"', '""'))
in_quotes = in_quotes.map('"{}"'.format)


@given(
    st.lists(in_quotes, max_size=3),
    st.permutations(["SKU", '"Name\n(text)"', '"Price\r\n""net"""', in_quotes]),
    st.lists(in_quotes | st.just('"\nSKU;Name;Price\n"'), max_size=3),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.data(),
)
def test_no_header_begins_in_a_quoted_cell(titles, header, below, end, data):
    names = [each if isinstance(each, str) else data.draw(each) for each in header]
    above = "".join(title + end for title in titles)
    text = above + ";".join(names) + end + "".join(f"A;{cell};;{end}" for cell in below)
    blank = not any(title.strip('" ,;\r\n') for title in titles)
    dialect = guess(text.encode(), ParseOptions(delimiter=";"), complete=True)
    lines = len(re.split("\r\n|\r|\n", above))
    assert dialect.header_line in ((1, lines) if blank else (lines,))


@given(st.lists(st.lists(words | st.sampled_from(["sku", "Name", "price"]), max_size=4), max_size=8))
def test_no_line_is_left_out_above_a_line_that_names_neither_the_sku_nor_two_fields(rows):
    text = "\n".join(map(";".join, rows)) + "\n"
    try:
        line = line_of(text)
    except QuestionsOpen as asked:
        line = int(asked.questions[0].answers[0].value)

    def named(cells):
        return {found.named.field for cell in cells if (found := heading(cell))}

    first = next((row for row in rows if any(cell.strip(" ,;|\t") for cell in row)), [])
    fields = named(rows[line - 1]) if rows else set()
    assert line == 1 or "sku" in fields or (len(fields) > 1 and (len(first) < 2 or not named(first)))
