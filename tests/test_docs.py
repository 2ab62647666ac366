"""The documentation says what is so: names, codes, options, and every example."""

import ast
import dataclasses
import os
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

import product_importer
from docs import commands, shops
from parsing import parsed
from product_importer.builtin.plugin import product_importer_profiles
from product_importer.model.transforms import Transform
from product_importer.settings import Settings
from product_importer.support.shop_files import shops_of
from product_importer_web.settings import WebSettings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
ELSEWHERE = {"plugins.md": "test_plugin_docs.py"}
WITH_EXAMPLES = [page for page in PAGES if page.name not in ELSEWHERE and "```python" in page.read_text()]
PLATFORMS = {"DATABASE_URL", "PORT", "REDIS_URL", "STORAGE_URL", "SECRET_KEY"}
WITH_SESSIONS = [page for page in PAGES if "```console" in page.read_text()]


def test_public_names_are_importable_and_documented():
    page = (DOCS / "api.md").read_text()
    documented = re.findall(r"^\.\. auto\w+:: product_importer\.(\w+)(?:\(\))?$", page, re.MULTILINE)

    assert product_importer.__all__ == sorted(product_importer.__all__)
    assert set(product_importer.__all__) <= set(documented)
    for name in product_importer.__all__:
        assert getattr(product_importer, name) is not None
        assert name in dir(product_importer)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        product_importer.nothing  # noqa: B018


def test_the_command_line_page_is_up_to_date(monkeypatch):
    _, mark, written = commands.PAGE.read_text().partition(commands.MARK)

    assert mark + written == commands.reference(), "run: python docs/commands.py"


@pytest.mark.parametrize("command", re.findall(r"^###? `([\w ]+)`$", commands.PAGE.read_text(), re.MULTILINE))
@pytest.mark.whole
def test_the_options_on_the_page_are_those_of_help(command):
    section = commands.PAGE.read_text().partition(f"# `{command}`\n")[2].partition("\n##")[0]
    environment = os.environ | {"COLUMNS": "200", "TERM": "dumb"}
    run = [sys.executable, "-m", "product_importer", *command.split(), "--help"]

    said = subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout

    documented = re.findall(r"^\| `(--[\w-]+)", section, re.MULTILINE)
    assert [*documented, "--help"] == re.findall(r"^\W*(--[\w-]+)", said, re.MULTILINE)


def test_settings_are_documented():
    by_hand = commands.PAGE.read_text().partition(commands.MARK)[0]
    documented = re.findall(r"^\| `([A-Z_]+)` \|", by_hand, re.MULTILINE)

    names = [field.name.upper() for kind in (Settings, WebSettings) for field in dataclasses.fields(kind)]
    assert documented == [name if name in PLATFORMS else f"PRODUCT_IMPORTER_{name}" for name in names]


def test_the_gallery_of_shops_is_up_to_date():
    page = shops.PAGE.read_text()
    assert page.partition(shops.MARK)[1:] == (shops.MARK, shops.gallery().removeprefix(shops.MARK)), (
        "run: python docs/shops.py"
    )


def test_the_table_of_transforms_names_all_kinds_with_their_keys():
    table = re.findall(r"^\| `([a-z_]+)` \| (.*?) \|", shops.PAGE.read_text(), re.MULTILINE)
    documented = {kind: re.findall(r"[a-z_]+", keys) for kind, keys in table if not keys.startswith("`sku")}
    steps = map(dataclasses.fields, typing.get_args(Transform))
    fields = {kind.default: [key.name for key in keys] for kind, *keys in steps}
    assert {kind: documented.get(kind) for kind in fields} == fields


def test_every_code_is_documented_and_no_other():
    text = (DOCS / "errors.md").read_text() + (DOCS / "fields.md").read_text()
    rows = re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", text, re.MULTILINE)
    documented = {code for row in rows for code in re.findall(r"[a-z_]+", row)}
    documented -= set(product_importer.fields.FIELDS)

    in_profiles = {
        step.code
        for shop in shops_of(product_importer_profiles()).values()
        for step in shop.transforms
        if step.kind in ("leave_out", "one_view")
    }
    assert documented == codes_in_source() | in_profiles


def codes_in_source():
    """What stands where a code belongs: in a class, after ``code=``, in the place of a parameter ``code``.

    The codes of warnings stand in a class of their own.
    """
    trees = [parsed(path.read_text()) for path in (ROOT / "src" / "product_importer").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef))
    names = {each.name: [argument.arg for argument in each.args.args] for each in functions} | {
        each.name: [line.target.id for line in each.body if isinstance(line, ast.AnnAssign)]
        for each in classes
    }
    values = [
        line.value
        for each in classes
        for line in each.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code"
    ]
    values += [
        line.value
        for each in classes
        for line in each.body
        if each.name == "WarningCode" and isinstance(line, ast.Assign)
    ]
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        values += [keyword.value for keyword in call.keywords if keyword.arg == "code"]
        given = zip(names.get(ast.unparse(call.func), ()), call.args, strict=False)
        values += [value for name, value in given if name == "code"]
    return {value.value for value in values if isinstance(value, ast.Constant)}


@pytest.fixture
async def place(server, tmp_path, monkeypatch):
    """A folder to work in, and a new database."""
    async with server.database() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.chdir(tmp_path)
        yield tmp_path


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
def test_python_examples_run(page, place):
    document = Sybil([PythonCodeBlockParser()], path=str(page.parent), patterns=["*.md"]).parse(page)
    (place / "products.csv").write_text(first_csv(ROOT / "README.md"))
    examples = list(document.examples())

    assert examples
    for example in examples:
        example.evaluate()


@pytest.mark.parametrize("page", WITH_SESSIONS, ids=lambda page: page.name)
@pytest.mark.whole
def test_console_sessions_look_so(page, place):
    (place / "products.csv").write_text(first_csv(page))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "TERM": "dumb", "COLUMNS": "200"}
    text = "\n".join(re.findall(r"^```console\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL))

    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        ended = subprocess.run(
            command,
            shell=True,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert plain(ended.stdout) == plain(shown), command


def first_csv(page):
    return re.search(r"^```csv\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)[1]


def plain(output):
    """Lines without what differs from run to run."""
    output = re.sub(r"(import \d+) \([0-9a-f]{8}\)", r"\1 (…)", output)
    return [
        re.sub(r"in \d[\d.,]* s$", "in … s", line.rstrip()) for line in output.splitlines() if line.strip()
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)[^)]*\)", page.read_text())
    documents = re.findall(r"\{doc\}`([\w-]+)`", page.read_text())

    missing = [link for link in links if not (page.parent / link).exists()]
    missing += [name for name in documents if not (DOCS / f"{name}.md").exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_has_a_part_of_another_in_it(page):
    """As a merge that went wrong leaves it: a fence without its other half, a heading or a picture twice."""
    lines = page.read_text().splitlines()
    marks = [line for line in lines if line.startswith(("# ", "![")) and lines.count(line) > 1]

    assert sum(line.startswith("```") for line in lines) % 2 == 0
    assert marks == []


def test_the_rooms_of_the_readme_exist():
    rooms = re.findall(r"`((?:src|plugins|benchmarks|tests)/[\w/.]*)`", (ROOT / "README.md").read_text())

    assert [room for room in rooms if not (ROOT / room).exists()] == []


def test_the_glossary_is_in_order():
    terms = re.findall(
        r"^([A-Za-z][\w ]*)$", (DOCS / "glossary.md").read_text().split("```")[1], re.MULTILINE
    )

    assert len(terms) > 25
    assert terms == sorted(terms, key=str.casefold)
