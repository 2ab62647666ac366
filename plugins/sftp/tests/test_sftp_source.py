from ipaddress import ip_network
from pathlib import Path

import asyncssh
import pytest

import product_importer_sftp
from product_importer.errors import FetchError
from product_importer.model import Status
from product_importer.ports import Fetch, Fetched, NotModified
from product_importer.testing import check_source, plugin_set, temporary_importer

CSV = b"sku,name\nA,Apple\nB,Pear\n"
LOOPBACK = (ip_network("127.0.0.0/8"),)
KEY = asyncssh.generate_private_key("ssh-ed25519")
OF_USER = asyncssh.generate_private_key("ssh-ed25519")


class Guard(asyncssh.SSHServer):
    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return (username, password) == ("joe", "s3/cret")

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        return username == "ann" and key == OF_USER.convert_to_public()


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "fruit list.csv").write_bytes(CSV)
    return folder


@pytest.fixture
async def port(files, tmp_path, monkeypatch):
    """The port of a server whose key is known, and which knows two users."""
    server = await asyncssh.create_server(
        Guard,
        "127.0.0.1",
        0,
        server_host_keys=[KEY],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(files)),
    )
    port = server.get_port()
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {KEY.export_public_key().decode()}")
    OF_USER.write_private_key(str(tmp_path / "key"))
    monkeypatch.setenv("PRODUCT_IMPORTER_SFTP_KNOWN_HOSTS", str(known))
    monkeypatch.setenv("PRODUCT_IMPORTER_SFTP_KEY", str(tmp_path / "key"))
    yield port
    server.close()
    await server.wait_closed()


@pytest.fixture
def fetch(tmp_path):
    async def fetching(url, previous=None, progress=lambda *_: None, allow=LOOPBACK):
        path = tmp_path / "copy"
        source = plugin_set(product_importer_sftp).sources["sftp"]
        found = await source.fetch(Fetch(url, path, progress, previous, allow))
        return (path.read_bytes(), found) if isinstance(found, Fetched) else found

    return fetching


@pytest.mark.parametrize("user", ["joe:s3%2Fcret", "ann"])
@pytest.mark.parametrize("path", ["/fruit%20list.csv", "/~/fruit%20list.csv"])
async def test_a_file(port, fetch, user, path):
    seen = []
    content, found = await fetch(
        f"sftp://{user}@127.0.0.1:{port}{path}", progress=lambda *at: seen.append(at)
    )

    assert (content, found.filename) == (CSV, "fruit list.csv")
    assert (seen[0], seen[-1]) == ((0, len(CSV)), (len(CSV), len(CSV)))


async def test_the_contract(port):
    url = f"sftp://ann@127.0.0.1:{port}/fruit%20list.csv"
    await check_source(plugin_set(product_importer_sftp).sources["sftp"], url, allow=LOOPBACK)


async def test_a_file_that_has_not_changed(port, files, fetch):
    url = f"sftp://ann@127.0.0.1:{port}/fruit%20list.csv"
    _, found = await fetch(url)

    assert await fetch(url, found) == NotModified()
    (files / "fruit list.csv").write_bytes(CSV * 2)
    assert (await fetch(url, found))[0] == CSV * 2


@pytest.mark.parametrize(
    ("user", "path", "words"),
    [
        ("joe:wrong", "/fruit%20list.csv", "wants a name and a password or a key, or others"),
        ("ann", "/none.csv", "has no such file"),
    ],
)
async def test_what_the_server_refuses(port, fetch, user, path, words):
    with pytest.raises(FetchError, match=words) as caught:
        await fetch(f"sftp://{user}@127.0.0.1:{port}{path}")
    assert "wrong" not in str(caught.value)


async def test_a_server_that_nobody_knows(port, fetch, tmp_path):
    (tmp_path / "known_hosts").write_text("")

    with pytest.raises(FetchError, match="host key that isn't known"):
        await fetch(f"sftp://ann@127.0.0.1:{port}/fruit%20list.csv")


async def test_no_server_of_a_private_network_unless_it_is_allowed(port, fetch):
    with pytest.raises(FetchError, match="private or reserved network") as caught:
        await fetch(f"sftp://ann@127.0.0.1:{port}/fruit%20list.csv", allow=())
    assert caught.value.code == "fetch_forbidden"


async def test_a_full_disk_is_not_the_servers_fault(port):
    url = f"sftp://ann@127.0.0.1:{port}/fruit%20list.csv"
    source = plugin_set(product_importer_sftp).sources["sftp"]
    with pytest.raises(OSError, match="No space left"):
        await source.fetch(Fetch(url, Path("/dev/full"), lambda *_: None, None, LOOPBACK))


async def test_no_server(fetch, unused_tcp_port):
    with pytest.raises(FetchError, match="can't be reached"):
        await fetch(f"sftp://ann@127.0.0.1:{unused_tcp_port}/a.csv")


@pytest.mark.parametrize("url", ["sftp:///a.csv", "sftp://host", "sftp://host/"])
async def test_what_names_no_file(fetch, url):
    with pytest.raises(FetchError, match="has to be sftp://user@host/path"):
        await fetch(url)


async def test_too_much(port, fetch):
    def full(done, total):
        raise FetchError(f"{total} is too much.")

    with pytest.raises(FetchError, match=f"{len(CSV)} is too much"):
        await fetch(f"sftp://ann@127.0.0.1:{port}/fruit%20list.csv", progress=full)


async def test_an_import(port, monkeypatch):
    monkeypatch.setenv("PRODUCT_IMPORTER_FETCH_ALLOW", "127.0.0.0/8")
    async with temporary_importer(product_importer_sftp) as importer:
        report = await importer.run(f"sftp://joe:s3%2Fcret@127.0.0.1:{port}/fruit%20list.csv")

    assert (report.status, report.created) == (Status.COMPLETED, 2)
    assert report.state.origin == f"sftp://127.0.0.1:{port}/fruit%20list.csv"


async def test_all_files_that_match(port, files, monkeypatch):
    (files / "in" / "deep.csv").mkdir(parents=True)
    for name in ("b.csv", "a 1.csv", "a.txt"):
        (files / "in" / name).write_bytes(CSV)
    monkeypatch.setenv("PRODUCT_IMPORTER_FETCH_ALLOW", "127.0.0.0/8")
    async with temporary_importer(product_importer_sftp) as importer:
        beginning = f"sftp://joe:s3%2Fcret@127.0.0.1:{port}"
        found = await importer.imports.entries(f"{beginning}/in/*.csv")
        assert found == [f"{beginning}/in/a%201.csv", f"{beginning}/in/b.csv"]
        assert (await importer.run(found[0])).created == 2
        assert len(await importer.imports.entries(f"{beginning}/*.csv")) == 1
        assert await importer.imports.entries(f"{beginning}/in/b.csv") == [f"{beginning}/in/b.csv"]
        with pytest.raises(FetchError, match=r"0 files match sftp://127\.0\.0\.1:\d+/in/\*\.xml"):
            await importer.imports.entries(f"{beginning}/in/*.xml")
        with pytest.raises(FetchError, match="has no such file"):
            await importer.imports.entries(f"{beginning}/none/*.xml")
