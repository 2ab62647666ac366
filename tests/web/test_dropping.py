"""Started by root, what serves requests or runs imports that were handed over goes on as another user."""

import os
import shutil
from pathlib import Path

import aiohttp
import psutil
import pytest
from test_roles import address, get, stopped

from commandline import CommandLine
from halfway import until
from product_importer.embedded.accounts import server_account
from product_importer.model import Status
from servers import public_directory

WITHIN = 20.0
QUIET = {"PRODUCT_IMPORTER_LOG_LEVEL": "WARNING"}  # nobody reads what is logged

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can try this")


@pytest.fixture
def line(shop, redis_url, tmp_path):
    line = CommandLine(tmp_path, shop.url, REDIS_URL=redis_url, **QUIET)
    yield line
    line.close()


@pytest.fixture
def alone():
    """The command line on a machine that has no server, and its folder."""
    home = public_directory()
    line = CommandLine(home, None, **QUIET)
    yield line
    line.close()
    shutil.rmtree(home)


def uids(process):
    return {number for kind in (process.uids(), process.gids()) for number in kind}


async def imported(url, content):
    async with aiohttp.ClientSession() as session:
        headers = {"Content-Type": "text/csv"}
        async with session.post(
            f"{url}api/v1/imports?filename=a.csv", data=content, headers=headers
        ) as response:
            assert response.status == 202, await response.text()
            number = (await response.json())["id"]

        async def status():
            async with session.get(f"{url}api/v1/imports/{number}") as response:
                found = await response.json()
            return found if found.get("status") in ("completed", "failed") else None

        return await until(status, "the import had ended")


@only_root
async def test_nothing_that_serves_stays_root(alone):
    account = server_account()
    process = alone.start("serve", "--port", "0")
    url = await address(process)
    own = {account.uid, account.gid}
    served = psutil.Process(process.pid)

    async def children():
        return len(served.children()) == 2 and served.children()

    for each in (served, *await until(children, "the children were there")):
        assert uids(each) == own
        assert "CapEff:\t0000000000000000" in Path(f"/proc/{each.pid}/status").read_text()
    assert (await imported(url, "sku,name\nA,Tea\n"))["status"] == "completed"
    (stored,) = [path for path in (alone.folder / "data").iterdir() if path.name == "imports"]
    assert (stored.stat().st_uid, stored.stat().st_mode & 0o777) == (account.uid, 0o700)
    await stopped(process, WITHIN)

    # What root imports by itself lies in the same database, and root reads its own files.
    private = alone.folder / "private"
    private.mkdir(mode=0o700)
    (private / "b.csv").write_text("sku,name\nA,Tea\nB,Tea\n")
    (private / "b.csv").chmod(0o600)
    (report,) = alone.json("import", private / "b.csv")
    assert (report["created"], report["unchanged"]) == (1, 1)


@only_root
async def test_servers_that_die_come_back_while_it_serves(alone):
    """It has no rights to start them: their keepers have."""
    process = alone.start("serve", "--port", "0")
    url = await address(process)
    for kind in ("postgres", "valkey"):
        data = str(alone.folder / "data" / kind / "data")
        (server,) = [
            each
            for each in psutil.process_iter(["cwd", "ppid", "cmdline"])
            if each.info["cwd"] == data
            and "keeper.py" in " ".join(psutil.Process(each.info["ppid"]).cmdline())
        ]
        server.kill()
        server.wait(WITHIN)

        async def ready():
            return (await get(url + "readyz"))[0] == 200

        await until(ready, f"{kind} was back")
        assert (await imported(url, "sku,name\nA,Tea\n"))["status"] == "completed"
    await stopped(process, WITHIN)


@only_root
async def test_a_worker_reads_no_file_of_roots(line, shop):
    """Though whoever gets at the database may write what is to be imported."""
    importer = await shop.importer()
    secret = shop.file("sku,name\nsecret,root's\n", "secret.csv")
    secret.chmod(0o600)
    import_id = await importer.imports.create(secret)
    await shop.connection.execute("UPDATE imports SET background = true")
    process = line.start("worker")

    async def failed():
        return (await importer.imports.state(import_id)).status is Status.FAILED

    await until(failed, "it was refused")
    assert uids(psutil.Process(process.pid)) == {server_account().uid, server_account().gid}
    assert await shop.products() == {}
    await stopped(process, WITHIN)


@only_root
async def test_what_root_had_stored_is_worked_on(line, shop):
    """By earlier versions all was root's, or in part nobody's."""
    importer = await shop.importer()
    import_id = await shop.stored(importer, "sku,name\nA,Tea\n")
    files = shop.folder / "data" / "imports"
    assert files.stat().st_uid == 0
    (files / "notes").mkdir()  # somebody else's
    await importer.imports.hand_over(import_id)
    process = line.start("worker")

    async def completed():
        return (await importer.imports.state(import_id)).status is Status.COMPLETED

    await until(completed, "it was imported")
    assert (files / "notes").stat().st_uid == 0
    await stopped(process, WITHIN)


@only_root
@pytest.mark.parametrize("command", ["serve", "web", "worker", "relay"])
def test_an_account_that_there_is_not(line, command):
    end = line.run(command, PRODUCT_IMPORTER_ACCOUNT="no-such-user-here")
    assert end.code == 1
    assert "PRODUCT_IMPORTER_ACCOUNT is no-such-user-here, and this system has no such user" in end.complaint
    assert "Make it with: " in end.complaint


@only_root
def test_a_place_that_the_account_may_not_enter(line, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name, value in [
        ("PRODUCT_IMPORTER_DATA_DIR", str(closed / "data")),
        ("STORAGE_URL", (closed / "files").as_uri()),
    ]:
        end = line.run("worker", **{name: value})
        assert end.code == 2
        assert f"goes on as the user product-importer, who may not enter {closed}. Set " in end.complaint


@only_root
async def test_settings_that_only_root_may_read(line, tmp_path):
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"DATABASE_URL={line.environment.pop('DATABASE_URL')}\n")
    dotenv.chmod(0o600)
    process = line.start("serve", "--port", "0")
    url = await address(process)
    assert (await imported(url, "sku,name\nA,Tea\n"))["status"] == "completed"
    await stopped(process, WITHIN)


async def test_modules_in_the_working_directory_are_not_run(line, tmp_path):
    for name in ("click", "encodings", "asyncpg", "json", "product_importer"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'a').write({name!r})\n")
    (tmp_path / "run").touch()
    (tmp_path / "run").chmod(0o666)
    process = line.start("serve", "--port", "0", options=("-P",))
    url = await address(process)
    assert (await imported(url, "sku,name\nA,Tea\n"))["status"] == "completed"
    await stopped(process, WITHIN)
    assert (tmp_path / "run").read_text() == ""
