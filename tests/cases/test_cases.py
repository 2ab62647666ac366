"""What becomes of each file of ``cases.toml``: by both parsers, on the command line and over HTTP."""

import asyncio
import json
import re
import sys
import tomllib
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
from aiohttp.test_utils import TestClient, TestServer

from product_importer.app import Importer
from product_importer.cells.sku import sku_key
from product_importer.cli import main
from product_importer.model import ImportOptions
from product_importer.settings import load_settings
from product_importer_web.app import create_app
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS
from product_importer_web.settings import WebSettings

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "cases.toml").read_text())["case"]
KNOWN = {
    *(
        "file",
        "after",
        "options",
        "products",
        "some",
        "rejected",
        "loose",
        "warnings",
        "told",
        "refused",
        "planned",
        "asked",
        "to_come",
    ),
    *("attributes", "more_products", "plugin"),
}
MADE = {
    "made_sku_0017.csv": b"sku,name\n0017,Bolt M4\n",
    "made_first_odd_byte_late.csv": "".join(
        ["sku,name\n", *(f"A{n},Plain product number {n}\n" for n in range(2_600)), "Z1,Müsli\n"]
    ).encode("cp1252"),
    "made_big_description.csv": (
        "sku,name,description\nA1,Tea,ok\n"
        f'A2,Coffee,"<p>x</p><img src=""data:image/png;base64,{"iVBORw0KGgo" * 18_000}"">"\nA3,Cup,ok\n'
    ).encode(),
}
"""Files that are too large to be kept."""


def content(name):
    return MADE[name] if name in MADE else (HERE / "files" / name).read_bytes()


@dataclass(frozen=True)
class Outcome:
    """How an import ended: ``rejected`` has line → code; ``asked``: the codes of its questions."""

    status: str
    message: str
    read: int
    rejected: dict
    warnings: dict
    words: str
    asked: list


def outcome(told, rejected, warned):
    sentences = [told["message"], *(row["message"] for row in rejected), *(row["message"] for row in warned)]
    return Outcome(
        told["status"],
        told["message"],
        told["read"],
        {row["line"]: row["code"] for row in rejected},
        told["warnings"],
        "\n".join(sentences),
        [question["code"] for question in told["questions"]],
    )


def words(value):
    """An option's value, as it is typed."""
    return ", ".join(value) if isinstance(value, list) else str(value)


class Bench:
    """One database and one application for all cases. Its methods block."""

    def __init__(self, server, redis_url, folder):
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._folder = folder
        self.redis_url = redis_url
        self._runner.run(self._open(server))

    async def _open(self, server):
        self.url = await self._stack.enter_async_context(server.database())
        settings = replace(load_settings(), data_dir=self._folder / "data")
        self._importer = await self._stack.enter_async_context(Importer.open(self.url, settings=settings))
        queues = await self._stack.enter_async_context(Queues.open(self.redis_url, KINDS))
        server = TestServer(create_app(self._importer, WebSettings(), queues))
        self._client = await self._stack.enter_async_context(TestClient(server))
        self._connection = await asyncpg.connect(self.url)
        self._stack.push_async_callback(self._connection.close)

    def close(self):
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def begin(self, case):
        """Empties the tables; imports what was there before."""

        async def begin():
            await self._connection.execute("TRUNCATE products, imports CASCADE")
            for name in case.get("after", ()):
                report = await self._importer.run(self.file(name))
                assert (report.status, report.invalid) == ("completed", 0)

        self._runner.run(begin())

    def file(self, name):
        path = self._folder / name
        path.write_bytes(content(name))
        return path

    def sent(self, name, options):
        """The outcome of an import over HTTP."""

        async def send():
            pairs = [(key, words(value)) for key, value in options.items() if key != "map"]
            pairs += [("map", f"{column}={field}") for column, field in options.get("map", {}).items()]
            headers = {"Content-Type": "text/csv"}
            answer = await self._client.post(
                "/api/v1/imports", params=[*pairs, ("filename", name)], data=content(name), headers=headers
            )
            told = await answer.json()
            assert answer.status == 202, told
            await self._importer.imports.start(told["id"])
            told = await (await self._client.get(told["links"]["self"])).json()
            rejects = await (await self._client.get(told["links"]["rejects"])).json()
            warnings = await (await self._client.get(told["links"]["warnings"])).json()
            return outcome(told, rejects["rejects"], warnings["warnings"])

        return self._runner.run(send())

    def products(self):
        query = "SELECT sku_key, sku, name, price, active, attributes FROM products"
        rows = self._runner.run(self._connection.fetch(query))
        return {row["sku_key"]: dict(row) | {"attributes": json.loads(row["attributes"])} for row in rows}


@pytest.fixture(scope="module")
def bench(postgres_18, valkey, tmp_path_factory):
    bench = Bench(postgres_18, valkey, tmp_path_factory.mktemp("cases"))
    yield bench
    bench.close()


@pytest.fixture(params=[None, "fastcsv"], ids=["csv", "fastcsv"])
def parser(request):
    if request.param:
        pytest.importorskip("product_importer_fastcsv")
    return request.param or "csv"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_on_the_command_line(bench, case, parser, monkeypatch, capfd):
    require_plugin(case)
    bench.begin(case)
    arguments = [
        "import",
        str(bench.file(case["file"])),
        "--json",
        "--database-url",
        bench.url,
        "--parser",
        parser,
    ]
    for name, value in case.get("options", {}).items():
        pairs = [f"{column}={field}" for column, field in value.items()] if name == "map" else [words(value)]
        arguments += [word for pair in pairs for word in (f"--{name.replace('_', '-')}", pair)]
    monkeypatch.setattr(sys, "argv", ["product-importer", *arguments])

    with pytest.raises(SystemExit):
        main()

    printed = capfd.readouterr()
    assert printed.out, printed.err
    told = json.loads(printed.out)
    check(case, outcome(told, told["rejected"], told["warned"]), bench.products())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_over_http(bench, case, parser):
    require_plugin(case)
    bench.begin(case)

    check(case, bench.sent(case["file"], {"parser": parser, **case.get("options", {})}), bench.products())


def require_plugin(case):
    if "plugin" in case:
        pytest.importorskip(f"product_importer_{case['plugin']}")


def check(case, ended, products):
    if ended.asked:
        assert ended.asked == [case.get("asked")], ended
        assert ended.status in ("failed", "waiting")
        return
    assert "asked" not in case, "a question has to be asked"
    if ended.status == "failed":
        assert "refused" in case, ended.message
        assert re.search(case["refused"], ended.message), ended.message
        return
    assert ended.status == ("planned" if "planned" in case else "completed"), ended.message
    assert re.search(case.get("planned", ""), ended.message), ended.message
    assert "products" in case, "the file has to be refused"
    wanted = dict(map(described, case["products"]))
    if "loose" in case:
        assert len(products) >= case["loose"]
        assert len(products) + len(ended.rejected) >= ended.read - sum(ended.warnings.values())
        assert case.get("more_products") or products.keys() <= wanted.keys()
    else:
        rejected = {int(line): code for line, code in case.get("rejected", {}).items()}
        assert ended.rejected.keys() == rejected.keys(), ended.words
        for line, code in rejected.items():
            assert re.fullmatch(code, ended.rejected[line]), (line, ended.rejected[line])
        assert len(products) == case.get("some", len(wanted)), sorted(products)
        assert products.keys() >= wanted.keys()
    for key in wanted.keys() & products.keys():
        for field, value in wanted[key].items():
            assert products[key][field] == value, (key, field)
    for key, attributes in case.get("attributes", {}).items():
        assert products[key]["attributes"] == attributes
    assert ended.warnings.items() >= case.get("warnings", {}).items()
    if "told" in case:
        assert re.search(case["told"], ended.words), ended.words


def described(text):
    """The key of a product, and the values of its fields that are to be compared."""
    sku, *values = (part.strip() for part in text.split("|"))
    fields = {"sku": sku}
    for field, value in zip(("name", "price", "active"), values, strict=False):
        if value:
            fields[field] = {"name": str, "price": price, "active": "true".__eq__}[field](value)
    return sku_key(sku), fields


def price(text):
    return None if text == "-" else Decimal(text)


def test_the_table_is_sound():
    assert all(case.keys() <= KNOWN for case in CASES)
    assert all(case.keys() & {"products", "refused", "asked"} for case in CASES)
    named = {name for case in CASES for name in (case["file"], *case.get("after", ()))}
    assert named - MADE.keys() == {path.name for path in (HERE / "files").iterdir()}
    for case in CASES:
        ImportOptions(**case.get("options", {}))
