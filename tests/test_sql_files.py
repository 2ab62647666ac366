"""SQL in files: how parameters get their numbers, and what each statement of the project has to keep to."""

import ast
import re
import sys
from pathlib import Path

import pytest

from parsing import parsed
from product_importer.support.sql_files import Statement, load_statements

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "product_importer.store": ROOT / "src" / "product_importer" / "store",
    **{path.name: path for path in sorted(ROOT.glob("plugins/*/src/*")) if any((path / "sql").glob("*.sql"))},
}
FILES = [
    (package, path.stem)
    for package, folder in PACKAGES.items()
    for path in sorted((folder / "sql").glob("*.sql"))
    if path.name != "schema.sql"  # for people; no program reads it
]
STATEMENTS = [
    pytest.param(statement, id=f"{package} {file} {name}")
    for package, file in FILES
    for name, statement in load_statements(package, file).parsed.items()
]
MOST_NUMBERS = 4


@pytest.mark.parametrize("statement", STATEMENTS)
def test_each_statement_is_described(statement):
    """In a comment after its name: what it does, what it needs and what it returns."""
    assert re.fullmatch(r"[A-Z].{10,}\.", statement.description), statement.text


@pytest.mark.parametrize("statement", STATEMENTS)
def test_many_parameters_have_names(statement):
    assert len(statement.numbers) <= MOST_NUMBERS


def _calls(folder):
    """Every call of ``bound`` and ``arguments`` with a statement's name: the name and the keywords."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(parsed(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("bound", "arguments")
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield node.args[0].value, {keyword.arg for keyword in node.keywords}


@pytest.mark.parametrize("package", PACKAGES)
def test_calls_name_the_parameters_that_there_are(package):
    """What comes by ``**`` is checked when it is called; the other names are known here."""
    wanted = [
        (name, set(statement.parameters))
        for each, file in FILES
        if each == package
        for name, statement in load_statements(each, file).parsed.items()
    ]
    calls = list(_calls(PACKAGES[package]))
    assert calls
    for called, keywords in calls:
        given = keywords - {None}
        assert any(
            name == called and (given <= names if None in keywords else given == names)
            for name, names in wanted
        ), called


@pytest.mark.parametrize(
    ("source", "text", "parameters"),
    [
        ("SELECT :a, :b, :a", "SELECT $1, $2, $1", ("a", "b")),
        ("SELECT :a::text[], x::text", "SELECT $1::text[], x::text", ("a",)),
        ("SELECT ':a', E'it\\'s :a', 'it''s :a', :b", "SELECT ':a', E'it\\'s :a', 'it''s :a', $1", ("b",)),
        ('SELECT ":a" FROM "x"":b" WHERE c = :c', 'SELECT ":a" FROM "x"":b" WHERE c = $1', ("c",)),
        ("SELECT :a -- not :b\n, /* nor\n:c */ :d", "SELECT $1 -- not :b\n, /* nor\n:c */ $2", ("a", "d")),
        ("DO $$ x := y; :a $$", "DO $$ x := y; :a $$", ()),
        ("DO $do$ :a $$ :b $do$; SELECT :c", "DO $do$ :a $$ :b $do$; SELECT $1", ("c",)),
        (
            "SELECT ids[2:last], ids[n :: int], (ids)[1:n]",
            "SELECT ids[2:last], ids[n :: int], (ids)[1:n]",
            (),
        ),
        ("SELECT f(a => :a, b := :b)", "SELECT f(a => $1, b := $2)", ("a", "b")),
        ("SELECT ARRAY[:a,:b]", "SELECT ARRAY[$1,$2]", ("a", "b")),
        ("SELECT $1, $2", "SELECT $1, $2", ()),
    ],
)
def test_names_become_numbers(source, text, parameters):
    statement = Statement.parse(source)

    assert (statement.text, statement.parameters) == (text, parameters)


def test_numbers_are_found_where_they_are_parameters():
    assert Statement.parse("SELECT $1, '$2', $3::text, $$ $4 $$ -- $5").numbers == {1, 3}


def test_names_and_numbers_do_not_mix():
    with pytest.raises(ValueError, match=r"names or numbers, but :a and \$1"):
        Statement.parse("SELECT :a, $1")


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """``acme(text)`` loads the text as a plugin's file of statements."""
    load_statements.cache_clear()
    folder = tmp_path / "acme_statements" / "sql"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme_statements", raising=False)

    def load(text):
        (folder / "notes.sql").write_text(text)
        return load_statements("acme_statements", "notes")

    yield load
    load_statements.cache_clear()


def test_a_file_of_statements(acme):
    sql = acme(
        "-- Notes.\n\n"
        "-- name: add\n-- Adds a note.\n-- Twice is once.\nINSERT INTO notes VALUES (:id, :text)\n\n"
        "-- name: all\n-- All notes.\nSELECT * FROM notes\n"
    )

    assert dict(sql) == {"add": "INSERT INTO notes VALUES ($1, $2)", "all": "SELECT * FROM notes"}
    assert sql.parsed["add"].description == "Adds a note. Twice is once."
    assert sql.bound("add", text="x", id=1) == ("INSERT INTO notes VALUES ($1, $2)", 1, "x")
    assert sql.arguments("add", id=1, text=None) == (1, None)
    assert sql.bound("all") == ("SELECT * FROM notes",)
    with pytest.raises(KeyError):
        sql["change"]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"id": 1}, "Parameters of the statement 'add': text missing, none unknown."),
        (
            {"id": 1, "text": "", "colour": ""},
            "Parameters of the statement 'add': none missing, colour unknown.",
        ),
    ],
)
def test_other_names_are_refused(acme, values, complaint):
    sql = acme("-- name: add\nINSERT INTO notes VALUES (:id, :text)\n")

    with pytest.raises(TypeError, match=complaint):
        sql.bound("add", **values)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n", "notes.sql names the statement 'one' twice"),
        ("-- name: one\nSELECT :a, $1\n", "notes.sql, statement 'one': parameters have names or numbers"),
    ],
)
def test_files_that_can_not_be_used(acme, text, complaint):
    with pytest.raises(ValueError, match=complaint):
        acme(text)
