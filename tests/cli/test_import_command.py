"""``product-importer import`` as people and scripts see it."""

import asyncio
import csv
import json
import re
import signal
import time
from decimal import Decimal

import asyncpg
import pytest

from commandline import ended as wait_for
from shop import Shop

GOOD = "sku,name,price\nA-1,Tea,4.50\nA-2,Cup,3\n"
MIXED = "sku,name,price\nA-1,Tea,4.50\nA-2,Cup,dear\n,Nobody,1\nA-3,Pot,1,2,3\n"
PROMISED = {
    *("id", "status", "phase", "filename", "bytes_total", "bytes_done", "percent", "read", "created"),
    *("updated", "unchanged", "duplicate", "invalid", "skipped", "rows_per_second", "eta_seconds"),
    *("message", "created_at", "started_at", "finished_at", "options", "links", "author"),
    *("rows_read", "rows_rejected", "rows_pending", "questions", "profile"),
}
SLOW = {"REHEARSAL_ROWS": "20", "REHEARSAL_SAVE": "0.02"}
MANY = 1_200


def many(rows):
    lines = ["sku,name", *(f"S{n},Name" for n in range(rows)), *(f"s{n},Again" for n in range(0, rows, 10))]
    return "\n".join(lines) + "\n"


def products(shop):
    """As :meth:`Shop.products`, for tests that aren't coroutines."""

    async def look():
        connection = await asyncpg.connect(shop.url)
        try:
            return await Shop(shop.url, shop.folder, connection, None).products()
        finally:
            await connection.close()

    return asyncio.run(look())


async def run(command_line, *arguments, **options):
    return await asyncio.to_thread(command_line.run, *arguments, **options)


async def test_a_file_is_imported(shop, command_line):
    ended = await run(command_line, "import", shop.file(GOOD))

    assert (ended.code, ended.stderr) == (0, "")
    assert "Imported 1.csv" in ended.stdout
    assert "2  created" in ended.stdout
    assert "2  rows read" in ended.stdout
    assert set(await shop.products()) == {"a-1", "a-2"}


async def test_cells_are_changed_first_in_the_order_of_the_steps(shop, command_line):
    file = shop.file("sku;brand;model;price\nA-1;Acme;Cup;4.50 per piece\n")
    steps = ("price=replace: per piece", 'Name=join: " ", brand, model', "Name=replace: Cup, Mug")
    given = [argument for step in steps for argument in ("--transform", step)]

    ended = await run(command_line, "import", file, *given)

    assert (ended.code, ended.stderr) == (0, "")
    assert f"Cells were changed first: {'; '.join(steps)}" in ended.stdout
    product = (await shop.products())["a-1"]
    assert (product["name"], product["price"]) == ("Acme Mug", Decimal("4.50"))


def test_a_step_that_cannot_be_used_is_refused(invoke):
    ended = invoke("import", "any.csv", "--transform", "price=round: 2")
    assert ended.code == 2
    assert "--transform: 'price=round: 2' is not COLUMN=STEP" in ended.stderr


def test_rejected_rows_are_shown_with_their_lines(shop, invoke):
    ended = invoke("import", shop.file(MIXED))

    assert (ended.code, ended.stderr) == (3, "")
    assert "3  rejected" in ended.stdout
    for line in (3, 4, 5):
        assert f"\nLine {line}\n" in ended.stdout


def test_many_missing_products_have_to_be_confirmed(shop, invoke):
    invoke("import", shop.file(GOOD + "A-3,Pot,1\n"), "--quiet")
    rest = shop.file("sku,price\nA-1,9\n")

    ended = invoke("import", rest, "--missing", "delete")
    assert (ended.code, ended.stderr) == (2, "To confirm it: --confirm-missing 2\n")
    assert "lacks 2 products, which would be deleted" in " ".join(ended.stdout.split())
    assert set(products(shop)) == {"a-1", "a-2", "a-3"}
    assert str(products(shop)["a-1"]["price"]) == "4.5000"
    assert invoke("import", rest, "--missing", "delete", "--dry-run", "--quiet").code == 0

    ended = invoke("import", rest, "--missing", "delete", "--confirm-missing", "2", "--json")
    assert ended.code == 0
    told = json.loads(ended.stdout)
    assert (told["status"], told["removed"], told["updated"]) == ("completed", 2, 1)
    assert set(products(shop)) == {"a-1"}


def test_only_some_rows_and_fields(shop, invoke):
    invoke("import", shop.file(GOOD), "--quiet")
    prices = shop.file("sku,name,price\nA-1,Mug,9\nN,New,1\n")

    ended = invoke("import", prices, "--mode", "update", "--only", "price")
    assert ended.code == 0
    assert "1  blank or left out" in ended.stdout
    assert 'Line 3, sku, "N": The row was left out' in ended.stdout
    assert (products(shop)["a-1"]["name"], str(products(shop)["a-1"]["price"])) == ("Tea", "9.0000")
    ended = invoke("import", shop.file(GOOD), "--only", "prize")
    assert ended.code == 2
    assert "prize" in ended.stderr
    assert invoke("import", shop.file(GOOD), "--mode", "delete", "--missing", "delete").code == 2


def test_json_for_programs(shop, invoke):
    ended = invoke("import", shop.file(MIXED), "--json")

    assert (ended.code, ended.stderr) == (3, "")
    (line,) = ended.stdout.splitlines()
    told = json.loads(line)
    assert told.keys() >= PROMISED
    assert told["author"] == "command line"
    assert (told["status"], told["percent"], told["read"], told["created"], told["invalid"]) == (
        "completed",
        100,
        4,
        1,
        3,
    )
    assert told["bytes_done"] == told["bytes_total"] == len(MIXED)
    assert [(row["line"], row["record"], row["column"], row["code"]) for row in told["rejected"]] == [
        (3, 2, "price", "price_not_a_number"),
        (4, 3, "sku", "sku_missing"),
        (5, 4, None, "too_many_cells"),
    ]
    assert told["options"]["duplicates"] == "last"


def test_quiet_says_nothing_unless_something_is_wrong(shop, invoke):
    ended = invoke("import", shop.file(MIXED), "--quiet")
    assert (ended.code, ended.stdout, ended.stderr) == (3, "", "")

    ended = invoke("import", shop.file("name\nTea\n"), "--quiet")
    assert (ended.code, ended.stdout) == (1, "")
    assert "no sku column" in ended.stderr.replace("\n", " ")


def test_several_files_and_the_worst_end(shop, invoke):
    good, mixed, hopeless = (shop.file(content) for content in (GOOD, MIXED, ""))

    ended = invoke("import", good, mixed, "--json")
    assert ended.code == 3
    assert [json.loads(line)["filename"] for line in ended.stdout.splitlines()] == [good.name, mixed.name]

    ended = invoke("import", hopeless, good, "--json")
    assert ended.code == 1
    assert [json.loads(line)["status"] for line in ended.stdout.splitlines()] == ["failed", "completed"]

    assert invoke("import", hopeless, mixed, "--json").code == 1, "a failure is worse than rejected rows"


async def test_standard_input(shop, command_line):
    ended = await run(command_line, "import", "-", "--json", input=GOOD.encode())

    assert ended.code == 0
    assert json.loads(ended.stdout)["created"] == 2
    (copy,) = (command_line.folder / "data" / "imports").rglob("stdin")
    assert copy.read_text() == GOOD


def test_a_dry_run(shop, invoke):
    ended = invoke("import", shop.file(GOOD), "--dry-run")

    assert ended.code == 0
    assert "nothing was changed" in ended.stdout
    assert products(shop) == {}


def test_the_file_of_rejects_is_corrected_and_imported(shop, invoke):
    """Its added columns are no attributes, and rows that are still wrong come out in the same form."""
    rejects = shop.folder / "rejects.csv"
    content = "sku,name,price,colour\nA-1,Tea,4.50,green\nA-2,Cup,dear,white\n,Nobody,1,\n"
    content += "A-3,Pot,1,blue,x\nA-4,Jug,1,red,x\n"
    ended = invoke("import", shop.file(content), "--rejects", rejects)
    assert ended.code == 3
    with rejects.open(newline="") as file:
        rows = list(csv.reader(file))
    added = ["line", "record", "column", "code", "message"]
    assert rows[0][:-1] == ["sku", "name", "price", "colour", *added]
    assert re.fullmatch(r"import \d+ \([0-9a-f]{8}\)", rows[0][-1])
    assert [row[:8] for row in rows[1:]] == [
        ["A-2", "Cup", "dear", "white", "3", "2", "price", "price_not_a_number"],
        ["", "Nobody", "1", "", "4", "3", "sku", "sku_missing"],
        ["A-3", "Pot", "1", "blue", "5", "4", "", "too_many_cells"],
        ["A-4", "Jug", "1", "red", "6", "5", "", "too_many_cells"],
    ]

    rows[1][2] = "3"
    rows[3] = rows[3][: len(rows[0])]  # without what was too much
    with rejects.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    again = shop.folder / "again.csv"
    ended = invoke("import", rejects, "--rejects", again, "--json")

    assert ended.code == 3
    told = json.loads(ended.stdout)
    assert (told["created"], told["invalid"]) == (2, 2)
    assert products(shop)["a-2"]["attributes"] == {"colour": "white"}
    assert products(shop)["a-3"]["attributes"] == {"colour": "blue"}
    with again.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:-1] == ["sku", "name", "price", "colour", *added]
    assert [row[:4] for row in rows[1:]] == [["", "Nobody", "1", ""], ["A-4", "Jug", "1", "red"]]


def test_columns_options_and_delimiters(shop, invoke):
    file = shop.file("Artikel;Titel;Preis;Farbe\nA;Tee;4.5;grün\n".encode("cp1252"))
    ended = invoke(
        *("import", file, "--map", "Artikel=sku", "--map", "Titel=name", "--map", "Preis=price"),
        *("--encoding", "cp1252", "--delimiter", ";"),
    )

    assert ended.code == 0, ended.stdout
    product = products(shop)["a"]
    assert (product["name"], str(product["price"]), product["attributes"]) == (
        "Tee",
        "4.5000",
        {"Farbe": "grün"},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
async def test_a_signal_stops_at_the_edge_of_a_chunk(shop, command_line, watch, number):
    process = command_line.start(
        "import", shop.file(many(MANY)), "--parser=small", "--duplicates=slow", **SLOW
    )
    import_id = await watch.import_id()
    await watch.chunks(2)

    began = time.monotonic()
    process.send_signal(number)
    ended = await asyncio.to_thread(wait_for, process)

    assert time.monotonic() - began < 5
    assert ended.code == 1
    assert "Stopping after what is being saved" in ended.stderr
    saved = len(await shop.products())
    assert 0 < saved < MANY
    assert f"Saved so far: {saved:,} products; resume the import to go on." in ended.stdout

    ended = await run(command_line, "import", "--resume", import_id)
    assert ended.code == 0
    assert len(await shop.products()) == MANY


async def test_losing_the_database_says_how_to_go_on(shop, command_line, watch):
    content = many(MANY)
    process = command_line.start("import", shop.file(content), "--parser=small", "--duplicates=slow", **SLOW)
    import_id = await watch.import_id()
    await watch.chunks(2)
    await shop.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'product-importer%'"
    )

    ended = await asyncio.to_thread(wait_for, process)
    assert ended.code == 1
    assert "The connection to the database was lost: " in ended.complaint
    assert ended.complaint.endswith(f"To finish it: product-importer import --resume {import_id}")


async def test_an_interrupted_import_is_offered(shop, command_line, watch):
    content = many(MANY)
    process = command_line.start("import", shop.file(content), "--parser=small", "--duplicates=slow", **SLOW)
    import_id = await watch.import_id()
    await watch.chunks(2)
    process.kill()
    process.communicate()

    ended = await run(command_line, "import", shop.file(GOOD))
    assert ended.code == 0
    assert f"Import {import_id} of 1.csv was interrupted" in ended.complaint
    assert f"product-importer import --resume {import_id}" in ended.complaint

    assert (await run(command_line, "import", "--resume", import_id, "--quiet")).code == 0
    assert len(await shop.products()) == MANY + 2
    assert await (await shop.importer()).imports.interrupted() == []


def test_the_decimal_sign_is_chosen_and_shown(shop, invoke):
    path = shop.file("sku;name;price\nA;Tea;1.299\nB;Cup;2.499,50\n")
    ended = invoke("import", "--decimal", "comma", path)
    assert ended.code == 0
    assert "prices with a decimal comma" in ended.stdout
    assert {line.split(",")[3] for line in invoke("export").stdout.splitlines()} == {
        "price", "1299.00", "2499.50"
    }  # fmt: skip

    ended = invoke("import", "--decimal", "point", path)
    assert ended.code == 3
    assert "1 rejected" in " ".join(ended.stdout.split())


def test_nothing_is_left_to_resume(shop, invoke):
    assert invoke("import", shop.file(GOOD)).stderr == ""

    ended = invoke("import", "--resume", "1")

    assert ended.code == 2
    assert "Import 1 has ended as completed; there is nothing to resume." in ended.complaint


@pytest.fixture
async def empty(server):
    """The URL of an empty database."""
    async with server.database("template0") as url:
        yield url


def test_migrate(invoke, empty):
    for _ in range(2):
        ended = invoke("migrate", DATABASE_URL=empty)
        assert (ended.code, ended.stderr) == (0, "")
        assert "up to date" in ended.stdout


def test_plugins_for_people(invoke):
    ended = invoke("plugins")
    assert (ended.code, ended.stderr) == (0, "")
    assert "builtin" in ended.stdout


async def test_plugins_for_programs(shop, command_line):
    ended = await run(command_line, "plugins", "--json")

    told = json.loads(ended.stdout)
    assert told["failed"] == []
    names = [(plugin["name"], plugin["distribution"]) for plugin in told["loaded"]]
    assert len(set(names)) == len(names)
    registered = {plugin["name"]: plugin["registered"] for plugin in told["loaded"]}
    assert registered["rehearsal"] == {
        "parser": ["small"],
        "validator": ["slow-validator"],
        "dedupe policy": ["slow"],
    }


async def test_a_plugin_that_does_not_load_is_named(shop, command_line):
    ended = await run(command_line, "plugins", "--json", REHEARSAL_BROKEN="1")

    (failed,) = json.loads(ended.stdout)["failed"]
    assert failed["name"] == "rehearsal"
    assert "broken on purpose" in failed["reason"]


DAMAGED = "sku,name,size\nA,MÃ¼sli,\n" + "".join(f"S{n},Cup {n},NULL\n" for n in range(20)) + "a,Tea,\n"


def test_warnings_are_shown_with_their_lines(shop, invoke):
    ended = invoke("import", shop.file(DAMAGED))

    assert (ended.code, ended.stderr) == (0, "")
    assert "22 warnings: decoded_twice 1, null_word 20, duplicate_left_out 1\n" in ended.stdout
    assert '  Line 2, name, "MÃ¼sli": The text looks as if' in ended.stdout
    assert "  … and 17 more of null_word\n" in ended.stdout
    assert "line 23, which has the same SKU" in ended.stdout
    quiet = invoke("import", shop.file(DAMAGED), "--quiet")
    assert (quiet.code, quiet.stdout, quiet.stderr) == (0, "", "")


def test_warnings_in_json(shop, invoke):
    told = json.loads(invoke("import", shop.file(DAMAGED), "--json").stdout)

    assert told["warnings"] == {"decoded_twice": 1, "null_word": 20, "duplicate_left_out": 1}
    assert len(told["warned"]) == 12
    assert told["warned"][0].keys() == {"code", "message", "line", "record", "column", "value"}


def test_a_warning_can_end_the_import(shop, invoke):
    ended = invoke("import", shop.file(DAMAGED), "--on-warning", "abort")

    assert ended.code == 1
    assert "22 warnings were given (decoded_twice 1, null_word 20, duplicate_left_out 1)" in ended.stdout
    assert products(shop) == {}


async def test_what_is_piped_is_never_wrapped(shop, command_line):
    columns = [f"A column with a long name, number {n}" for n in range(12)]
    header = ";".join(["sku", "name", *columns])
    ended = await run(
        command_line,
        "import",
        shop.file(f"{header}\nA;Tea{';x' * 12}\nB;{'é' * 300}Ã©{';x' * 12}\n"),
        COLUMNS="60",
    )

    assert ended.code == 0
    (kept,) = [line for line in ended.stdout.splitlines() if line.startswith("Kept as attributes")]
    assert kept.endswith(columns[-1])
    assert all(line == line.rstrip() for line in ended.stdout.splitlines() if "warning" in line)
    assert any(
        "Export the file anew" in line for line in ended.stdout.splitlines() if line.startswith("  Line 3")
    )


def test_options_of_the_parsers_own(shop, invoke):
    path = shop.file("sku\tname\nA-1\tKöln\n".encode("latin-1"))
    ended = invoke("import", "--set", "encoding=latin-1", "--set", "delimiter=tab", path)
    assert ended.code == 0
    assert "Read as iso8859-1, cells separated by tabs" in ended.stdout
    assert products(shop)["a-1"]["name"] == "Köln"


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["sheet"], "--set 'sheet' is not NAME=VALUE, for example --set encoding=utf-16."),
        (["=One"], "--set '=One' is not NAME=VALUE"),
        (["sheet="], "--set 'sheet=' is not NAME=VALUE"),
        (["a=1", "b=1", "a=2"], "--set a is given twice. Give it once."),
        (["colour=red"], "No parser has an option 'colour'. The options of all parsers: delimiter, encoding"),
    ],
)
def test_options_of_the_parsers_own_are_checked(shop, invoke, pairs, message):
    ended = invoke("import", *(part for pair in pairs for part in ("--set", pair)), shop.file(GOOD))
    assert ended.code == 2
    assert message in " ".join(ended.stderr.split())
