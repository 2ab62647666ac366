"""Imports of URLs: registered first, fetched by whoever runs them, and nothing of a password is shown."""

import asyncio
import gzip

import pytest
from aiohttp import web

from halfway import Watch, until
from product_importer.errors import DatabaseError, FetchError, ImportInterrupted, UsageError
from product_importer.imports import fetching
from product_importer.model import ImportOptions, Once, Phase, Status
from product_importer.ports import Fetched, NotModified
from product_importer.wire import report_object
from shop import Plugin
from webserver import CSV, LOOPBACK, Slow, site


@pytest.fixture
async def there():
    async with site() as made:
        yield made


@pytest.fixture
async def importer(shop):
    return await shop.open(fetch_allow=LOOPBACK, keep_files_days=0.0)


class Other:
    """A source, whose ``fetch`` is given."""

    name = "other"
    schemes = ("other",)

    def __init__(self, fetch):
        self.fetch = fetch


async def with_source(shop, fetch, **settings):
    return await shop.open(Plugin(sources=[Other(fetch)]), **settings)


async def kept(importer):
    return [path.name for path in (importer.settings.data_dir / "imports").rglob("*") if path.is_file()]


async def test_a_file_is_fetched_and_imported(shop, importer, there):
    seen = []
    report = await importer.run(there.add("/fruit.csv", CSV), on_progress=seen.append)

    assert (report.status, report.created) == (Status.COMPLETED, 2)
    assert report.state.filename == "fruit.csv"
    assert report.state.origin == f"{there.url}/fruit.csv"
    assert report.state.bytes_total == len(CSV)
    assert await kept(importer) == [], "the copy is removed"
    assert await shop.connection.fetchval("SELECT fetch_url FROM imports") is None


async def test_the_size_of_a_file_stays_though_a_message_of_its_progress_is_late(importer, there, barrier):
    await barrier.put("BEFORE UPDATE", "imports", "OLD.fetch_url IS NOT NULL AND NEW.fetch_url IS NULL")
    running = asyncio.create_task(importer.run(there.add("/fruit.csv", CSV)))
    await barrier.reached()
    await asyncio.sleep(2 * fetching._TICK)  # the message waits until the size is recorded
    await barrier.lift("imports")
    state = (await running).state

    assert (state.status, state.bytes_total, state.file_kept) == (Status.COMPLETED, len(CSV), False)


async def test_a_dry_run_leaves_no_copy(importer, there):
    report = await importer.run(there.add("/fruit.csv", CSV), ImportOptions(dry_run=True))

    assert (report.status, report.created) == (Status.PLANNED, 2)
    assert await kept(importer) == []


async def test_the_progress_of_fetching(importer, there):
    slow, seen = Slow(), []
    running = asyncio.create_task(importer.run(there.add("/fruit.csv", slow), on_progress=seen.append))
    await slow.begun.wait()

    async def told():
        return [state for state in seen if state.bytes_done == 5]

    (state, *_) = await until(told, "the progress was told")
    assert (state.status, state.phase, state.bytes_total) == (Status.RUNNING, Phase.FETCHING, len(CSV))
    slow.go.set()
    assert (await running).created == 2


async def test_a_callback_that_fails_ends_nothing(importer, there, caplog):
    slow, seen = Slow(), []

    def failing(state):
        seen.append(state)
        raise ValueError

    running = asyncio.create_task(importer.run(there.add("/fruit.csv", slow), on_progress=failing))
    await slow.begun.wait()

    async def told():
        return "The progress callback failed" in caplog.text

    await until(told, "it had failed")
    slow.go.set()
    assert (await running).created == 2


async def test_it_is_cancelled_while_it_is_fetched(shop, importer, there):
    slow = Slow()
    running = asyncio.create_task(importer.run(there.add("/fruit.csv", slow)))
    await slow.begun.wait()
    await importer.imports.cancel(await Watch(shop).import_id())
    report = await running

    assert (report.status, report.state.message) == (Status.CANCELLED, "Cancelled. Nothing was changed.")
    slow.go.set()
    assert (await importer.imports.resume(report.id)).created == 2


async def test_another_process_fetches_it_anew(importer, there):
    slow, stop = Slow(), asyncio.Event()
    url = there.add("/fruit.csv", slow)
    import_id, _ = await importer.imports.create_of_url(url, hand_over=True)
    assert [number for number, _ in await importer.imports.due()] == [import_id]
    running = asyncio.create_task(importer.imports.start(import_id, stop=stop))
    await slow.begun.wait()
    stop.set()
    with pytest.raises(ImportInterrupted):
        await running

    slow.go.set()
    assert (await importer.imports.start(import_id)).created == 2


async def test_a_process_that_dies_while_it_fetches(shop, importer, there):
    """Its session ends, and nothing else is done: the import is due, and another process fetches the file."""
    slow = Slow()
    import_id, _ = await importer.imports.create_of_url(there.add("/fruit.csv", slow), hand_over=True)
    dying = asyncio.create_task(importer.imports.start(import_id))
    await slow.begun.wait()
    await shop.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE $1",
        f"%import {import_id}",
    )
    with pytest.raises(DatabaseError):
        await dying

    assert [number for number, _ in await importer.imports.due()] == [import_id]
    slow.go.set()
    assert (await importer.imports.start(import_id)).created == 2


async def test_a_copy_of_an_attempt_that_was_killed_is_replaced(shop, importer, there):
    """What was kept may be longer than what is fetched next."""
    import_id, _ = await importer.imports.create_of_url(there.add("/fruit.csv", CSV))
    before = (await importer.imports.state(import_id)).source
    await importer.storage.write(before, 0, b"sku,name\n" + b"X,Old\n" * 100)

    assert (await importer.imports.start(import_id)).created == 2
    assert await kept(importer) == []


async def test_a_storage_that_is_another_one_by_then(shop, importer, there, tmp_path):
    import_id, _ = await importer.imports.create_of_url(there.add("/fruit.csv", CSV))
    other = await shop.open(fetch_allow=LOOPBACK, storage_url=(tmp_path / "other").as_uri())

    assert (await other.imports.start(import_id)).created == 2


async def test_a_file_that_can_not_be_had_is_tried_again(shop, importer, there):
    report = await importer.run(f"{there.url}/fruit.csv")
    assert report.status is Status.FAILED
    assert report.state.message == "127.0.0.1 answered 404: there is no such file. Nothing was changed."

    there.add("/fruit.csv", CSV)
    assert (await importer.imports.resume(report.id)).created == 2


async def test_no_secret_is_shown(shop, there, caplog):
    importer = await shop.open(fetch_allow=LOOPBACK)
    url = f"{there.url}/fruit.csv?token=k3y".replace("//", "//joe:s3cret@")
    report = await importer.run(url)
    shown = f"{report_object(report)} {report} {caplog.text}"

    assert report.status is Status.FAILED
    assert report.state.origin == f"{there.url}/fruit.csv"
    assert "s3cret" not in shown
    assert "k3y" not in shown


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://shop:s3cr/et@host.example/f.csv", "percent-encoded"),
        ("https://shop:s3cr#et@host.example/f.csv", "percent-encoded"),
        ("https://shop:123?et@host.example/f.csv", "percent-encoded"),
        ("https://shop:s3cr/f.csv", "with a host"),
        ("https://host.example:99999/f.csv", "with a host"),
        ("https:///f.csv", "with a host"),
        ("https:f.csv", "with a host"),
    ],
)
async def test_a_url_that_may_be_misread_is_refused(importer, url, message):
    with pytest.raises(UsageError, match=message) as caught:
        await importer.imports.create_of_url(url)
    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize("kind", [ValueError, FetchError])
async def test_messages_of_plugins_are_rid_of_secrets(shop, kind):
    async def fetch(fetch):
        raise kind(f"{fetch.url} refuses joe with s3/cret")

    importer = await with_source(shop, fetch)
    report = await importer.run("other://joe:s3%2Fcret@host/fruit.csv")

    assert report.status is Status.FAILED
    assert "s3" not in report.state.message
    assert "other://host/fruit.csv refuses joe with …" in report.state.message


async def test_a_source_of_before(shop):
    async def fetch(url, into):
        into.write_bytes(CSV)

    importer = await with_source(shop, fetch)

    assert (await importer.run("other://host/fruit.csv")).created == 2


async def test_the_name_that_a_source_gives(shop):
    async def fetch(fetch):
        fetch.into.write_bytes(CSV)
        return Fetched("../the list.csv")

    report = await (await with_source(shop, fetch)).run("other://host/download?id=1")

    assert (report.created, report.state.filename) == (2, "the list.csv")


@pytest.mark.parametrize(
    ("result", "words"),
    [(None, "fetch() gave None"), (Fetched(), "No such file"), (NotModified(), "NotModified")],
)
async def test_a_source_that_breaks_its_promise(shop, result, words):
    async def fetch(fetch):
        return result

    report = await (await with_source(shop, fetch)).run("other://host/fruit.csv")

    assert report.status is Status.FAILED
    assert words in report.state.message
    assert "The source 'other'" in report.state.message


async def test_a_file_that_is_too_large(shop, there):
    importer = await shop.open(fetch_allow=LOOPBACK, max_fetch=10)
    report = await importer.run(there.add("/fruit.csv", CSV))

    assert "larger than may be fetched: 10 bytes (PRODUCT_IMPORTER_MAX_FETCH)" in report.state.message


async def test_a_source_of_before_brings_too_much(shop):
    async def fetch(url, into):
        into.write_bytes(CSV)

    report = await (await with_source(shop, fetch, max_fetch=10)).run("other://host/fruit.csv")

    assert "larger than may be fetched" in report.state.message


async def test_a_source_that_hangs(shop):
    async def fetch(url, into):
        await asyncio.sleep(3600)

    report = await (await with_source(shop, fetch, fetch_seconds=0.05)).run("other://host/fruit.csv")

    assert "other://host/fruit.csv was not fetched within 0.05 seconds" in report.state.message


@pytest.mark.parametrize(
    "url", ["gopher://host/a.csv", "https://a b/c", "https://[/c", "x" * 3000 + "://a/b"]
)
async def test_what_is_no_url_is_refused_at_once(shop, importer, url):
    with pytest.raises(UsageError):
        await importer.imports.create(url)

    assert await shop.connection.fetchval("SELECT count(*) FROM imports") == 0


async def test_the_url_is_forgotten_with_the_file(shop, there):
    importer = await shop.open(fetch_allow=LOOPBACK)
    report = await importer.run(f"{there.url}/fruit.csv")
    await shop.connection.execute("UPDATE imports SET finished_at = now() - interval '40 days'")
    await importer.uploads.tidy()

    assert report.status is Status.FAILED
    assert await shop.connection.fetchval("SELECT fetch_url FROM imports") is None
    again = await importer.imports.resume(report.id)
    assert again.status is Status.FAILED
    assert "gone" in again.state.message


async def test_one_import_for_each_key(importer, there):
    once = Once("a key", b"1")
    url = there.add("/fruit.csv", CSV)
    first, new = await importer.imports.create_of_url(url, once=once)

    assert new
    assert await importer.imports.create_of_url(url, once=once) == (first, False)


def served(content, **headers):
    """A handler that answers with the content and these headers."""

    async def answer(_):
        return web.Response(
            body=content, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    return answer


UNCLEAR = b"sku,name\nA,sch\x9an\n"


@pytest.mark.parametrize(
    ("charset", "name"), [("windows-1250", "schšn"), ("macintosh", "schön"), ("WINDOWS-1252", "schšn")]
)
async def test_the_charset_of_the_server_decides_what_the_text_leaves_open(importer, there, charset, name):
    url = there.add("/fruit.csv", served(UNCLEAR, Content_Type=f"text/csv; charset={charset}"))
    report = await importer.run(url)

    assert report.status is Status.COMPLETED
    assert [product.name async for product in importer.catalogue.iterate()] == [name]
    assert report.state.options.encoding is not None


@pytest.mark.parametrize(
    ("content", "charset", "options"),
    [
        (UNCLEAR, "iso-8859-1", ImportOptions()),
        (UNCLEAR, "utf-8", ImportOptions()),
        (UNCLEAR, "nonsense", ImportOptions()),
        (UNCLEAR, "cp932", ImportOptions()),
        ("sku,name\nA,schön\n".encode(), "windows-1250", ImportOptions()),
        (UNCLEAR, "windows-1250", ImportOptions(encoding="mac-roman")),
    ],
)
async def test_what_a_charset_does_not_decide(importer, there, content, charset, options):
    """The usual default of servers, what the text contradicts, what it shows, and what a user has said."""
    url = there.add("/fruit.csv", served(content, Content_Type=f"text/csv; charset={charset}"))
    state = (await importer.run(url, options)).state

    waits = content is UNCLEAR and options.encoding is None
    assert state.status is (Status.WAITING if waits else Status.COMPLETED)
    assert state.options.encoding == options.encoding


@pytest.mark.parametrize(
    ("path", "media_type", "filename"),
    [
        ("/export", "text/csv", "export.csv"),
        ("/export.php", "text/csv", "export.php.csv"),
        ("/export.txt", "text/csv", "export.txt"),
        ("/export", "text/plain", "export"),
        ("/export", "application/octet-stream", "export"),
    ],
)
async def test_a_media_type_names_the_format(importer, there, path, media_type, filename):
    report = await importer.run(there.add(path, served(CSV, Content_Type=media_type)))

    assert (report.created, report.state.filename) == (2, filename)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (gzip.compress(CSV), Status.COMPLETED),
        (gzip.compress(CSV)[:-9], Status.FAILED),
        (gzip.compress(b""), Status.FAILED),
    ],
    ids=["whole", "cut", "empty"],
)
async def test_a_file_that_the_server_packs(importer, there, content, status):
    report = await importer.run(there.add("/fruit.csv", served(content, Content_Encoding="gzip")))

    assert (report.status, report.created) == (status, 2 * (status is Status.COMPLETED))


async def test_a_server_that_packs_a_bomb(shop, there):
    importer = await shop.open(fetch_allow=LOOPBACK, unpacked_size=1 << 20)
    content = gzip.compress(b"sku,name\n" + b"A,A\n" * 1_000_000)
    report = await importer.run(there.add("/fruit.csv", served(content, Content_Encoding="gzip")))

    assert report.status is Status.FAILED
    assert "unpacks to more than 1,048,576 bytes" in report.state.message


async def test_a_file_that_is_incomplete(shop):
    async def fetch(fetch):
        fetch.progress(0, len(CSV) + 1)
        fetch.into.write_bytes(CSV)
        return Fetched()

    report = await (await with_source(shop, fetch)).run("other://host/fruit.csv")

    assert report.status is Status.FAILED
    assert "The file is incomplete: 24 of 25 bytes came." in report.state.message
