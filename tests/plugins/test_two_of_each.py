"""Two plugins that bring an object of every kind each: neither gets into the other's way."""

from pathlib import Path

import click
import pyarrow as pa
import pytest
from click.testing import CliRunner

from product_importer import hookimpl
from product_importer.builtin.log_sink import LogSink
from product_importer.model import MigrationSet
from product_importer.ports import Command, Finding
from product_importer.store.migrate import migrate
from shop import Plugin, TinyBatches


class Parser(TinyBatches):
    """Keeps a note of the files that it has read."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.read = []

    def open(self, path, options):
        self.read.append(Path(path).name)
        return super().open(path, options)


class Validator:
    """Refuses the name that it is given."""

    def __init__(self, name, refused):
        self.name = name
        self._refused = refused

    def check(self, batch):
        rows = pa.array([name == self._refused for name in batch.column("name").to_pylist()])
        yield Finding("name", f"{self.name}_says_no", "Choose another name.", rows)


class Policy:
    """Of the rows of one SKU, the one of the lowest or the highest price wins."""

    rejects = False

    def __init__(self, name, sign):
        self.name = name
        self._sign = sign

    def rank(self, batch):
        return pa.array([self._sign * int(price) for price in batch.column("price").to_pylist()])


class Source:
    """Has one file, whatever its URL is."""

    def __init__(self, name):
        self.name = name
        self.schemes = (name,)

    async def fetch(self, url, into):
        into.write_text(f"sku,name,price\n{self.name},From {self.name},1\n")


class Sink(LogSink):
    """Keeps the SKUs that it is told of."""

    def __init__(self, name):
        self.name = name
        self.skus = []

    async def deliver(self, batch):
        self.skus += [event.get("sku") for event in batch.data.to_pylist()]


class Brought(Plugin):
    """All that the plugin of this name brings."""

    def __init__(self, name, refused, sign):
        self.parser, self.sink = Parser(f"{name}-parser"), Sink(f"{name}-sink")
        super().__init__(
            parsers=[self.parser],
            validators=[Validator(f"{name}-validator", refused)],
            policies=[Policy(f"{name}-policy", sign)],
            sources=[Source(name)],
            sinks=[self.sink],
        )
        self.name = name
        self.folder = None

    @hookimpl
    def product_importer_migrations(self):
        return [] if self.folder is None else [MigrationSet(self.name, self.folder)]

    @hookimpl
    def product_importer_commands(self):
        return [Command(f"{self.name}-greet", click.Command("greet", callback=lambda: click.echo(self.name)))]


@pytest.fixture
def server(postgres_18):
    return postgres_18


@pytest.fixture
def plugins():
    return Brought("acme", "Bad", 1), Brought("other", "Worse", -1)


@pytest.fixture
async def importer(shop, plugins):
    shop._importer = await shop.open(*plugins)
    return shop._importer


async def test_every_validator_is_asked(importer, shop):
    report = await shop.run("sku,name\nA,Tea\nB,Bad\nC,Worse\n")
    assert [(row.line, row.code) for row in report.rejected] == [
        (3, "acme-validator_says_no"),
        (4, "other-validator_says_no"),
    ]
    assert set(await shop.products()) == {"a"}


async def test_the_parser_and_the_policy_that_are_named_are_used(importer, shop, plugins):
    content = "sku,name,price\nA,Small,1\nA,Large,9\nA,Middle,5\n"
    for name, wins in (("acme", "Large"), ("other", "Small")):
        await shop.run(content, parser=f"{name}-parser", duplicates=f"{name}-policy")
        assert (await shop.product("a"))["name"] == wins
    assert [len(plugin.parser.read) for plugin in plugins] == [1, 1]


async def test_each_source_has_its_own_schemes(importer, shop):
    for name in ("acme", "other"):
        report = await importer.run(f"{name}://anywhere/products.csv")
        assert report.created == 1
    assert set(await shop.products()) == {"acme", "other"}


async def test_every_sink_is_told_of_everything(importer, shop, plugins):
    await shop.run("sku,name\nA,Tea\nB,Cup\n")
    await importer.sinks.relay_once()
    assert [sorted(filter(None, plugin.sink.skus)) for plugin in plugins] == [["A", "B"]] * 2


async def test_each_has_its_own_tables_and_their_history(shop, plugins, tmp_path):
    for plugin in plugins:
        plugin.folder = tmp_path / plugin.name
        plugin.folder.mkdir()
        (plugin.folder / "0001_notes.sql").write_text(f"CREATE TABLE {plugin.name}_notes (note text)")
    importer = await shop.open(*plugins)
    sets = list(importer.plugins.migrations.values())

    applied = await migrate(shop.connection, sets)

    assert [(each.set_name, each.version) for each in applied] == [("acme", 1), ("other", 1)]
    assert await migrate(shop.connection, sets) == ()
    tables = "SELECT count(*) FROM pg_tables WHERE tablename IN ('acme_notes', 'other_notes')"
    assert await shop.connection.fetchval(tables) == 2


async def test_both_commands_are_there(importer):
    commands = importer.plugins.commands
    said = [CliRunner().invoke(commands[f"{name}-greet"].command).output for name in ("acme", "other")]
    assert said == ["acme\n", "other\n"]
