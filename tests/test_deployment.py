"""What is there to deploy it: commands that exist, and the guard, with a real nginx before the real pages."""

import asyncio
import grp
import json
import os
import pwd
import re
import runpy
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import click
import pytest
import yaml

from halfway import until
from product_importer.cli import build_app

ROOT = Path(__file__).parents[1]
GUARDED = ROOT / "deploy" / "guarded.py"
PASSWORD = "co:rrect horse battery"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")

pytestmark = pytest.mark.whole


def test_compose_is_closed_unless_somebody_opens_it():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert all("127.0.0.1" in port for port in service.get("ports", ())), name
        assert service.get("read_only") or name == "postgres"
    passwords = re.findall(r"\$\{(\w*PASSWORD)(.*?)\}", (ROOT / "compose.yaml").read_text())
    owners = {name.removesuffix("_PASSWORD") for name, _ in passwords}
    assert owners == {"PRODUCT_IMPORTER", "POSTGRES", "REDIS"}
    assert all(rest.startswith(":?") for _, rest in passwords), "none has a default"


def test_what_imports_need_is_on_a_disk():
    """A tmpfs is memory: a large file would take it all."""
    project = yaml.safe_load((ROOT / "compose.yaml").read_text())
    for name, service in project["services"].items():
        if "tmpfs" in service:
            assert re.fullmatch(r"/tmp:size=\d+m", service["tmpfs"]), name
    worker = project["services"]["worker"]
    assert "DATABASE_URL" in worker["environment"]
    assert f"scratch:{worker['environment']['TMPDIR']}" in worker["volumes"]
    assert "files:/data" in worker["volumes"]
    assert "scratch" in project["volumes"]
    made = re.findall(r"install --directory --owner=importer .*", (ROOT / "Dockerfile").read_text())
    assert worker["environment"]["TMPDIR"] in made[0].split(), "else the volume would be root's"


@pytest.mark.parametrize("file", ["Procfile", "compose.yaml", "docs/deployment.md"])
def test_commands_and_files_exist(file):
    text = (ROOT / file).read_text()
    named = re.findall(r"(?:product-importer |\[product-importer, )([a-z]+)(?=[`\]\n ])", text)
    assert named
    app = build_app()
    assert set(named) <= set(app.list_commands(click.Context(app)))
    for path in re.findall(r"deploy/\w+\.\w+", text):
        assert (ROOT / path).exists()


def test_the_image_is_built_by_one_service_and_pulled_by_none():
    """Built by several at a time, a first build fails: the name is taken when the second is ready."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].values()
    ours = [service for service in services if service["image"] == "product-importer"]
    assert len(ours) > 1
    assert len([service for service in ours if "build" in service]) == 1
    assert {service["pull_policy"] for service in ours} == {"never"}


def test_the_database_password_may_have_any_characters():
    """In an address, some would mean something else."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for name in ("web", "worker", "relay"):
        environment = services[name]["environment"]
        assert environment["PGPASSWORD"] == services["postgres"]["environment"]["POSTGRES_PASSWORD"]
        assert "PASSWORD" not in environment["DATABASE_URL"]


def test_nothing_but_the_guard_has_a_port(tmp_path):
    """Whoever else is on the machine reaches the pages through it only."""
    guard = runpy.run_path(str(GUARDED))
    guard["configure"](tmp_path, "importer", PASSWORD, "8000", None)
    text = (tmp_path / "nginx.conf").read_text()
    assert "listen 8000;" in text
    assert set(re.findall(r"proxy_pass http://(.*?):(?:/\w+)?;", text)) == {f"unix:{tmp_path}/web/web.sock"}
    assert PASSWORD not in (tmp_path / "password").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account deal with requests")
def test_what_roots_nginx_reads_and_writes_stays_roots(tmp_path):
    """Whoever could put a link there would have root write where it leads."""
    guard = runpy.run_path(str(GUARDED))
    account = pwd.getpwnam("games")
    guard["configure"](tmp_path, "importer", PASSWORD, "8000", account)

    def access(path):
        found = path.stat()
        return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)

    assert access(tmp_path)[::2] == (0, 0o711)
    assert access(tmp_path / "nginx.conf")[::2] == (0, 0o600)
    assert access(tmp_path / "password") == (0, account.pw_gid, 0o640)
    assert access(tmp_path / "web") == (account.pw_uid, account.pw_gid, 0o700)
    group = grp.getgrgid(account.pw_gid).gr_name
    assert f"user games {group};" in (tmp_path / "nginx.conf").read_text()


def test_who_is_asked_to_end_before_all_have_started_leaves_nothing_behind(monkeypatch):
    guard = runpy.run_path(str(GUARDED))
    started = []

    class Asked(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(subprocess, "Popen", Asked)
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, lambda *_: None)  # where it isn't heard, the test fails rather than ends
    try:
        assert guard["run"]([["sleep", "3"], ["sleep", "3"]], os.environ) == 0
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    assert [child.returncode for child in started] == [-signal.SIGTERM]


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword", "password1234", "123456789012", "aaaaaaaaaaaa", "            ",
        "abababababababab",
        "importer1234", "Qwerty123456", "line\nend-of-a-long-one", "nul\x01-in-a-long-one",
    ],
)  # fmt: skip
def test_passwords_that_are_refused(password):
    guard = runpy.run_path(str(GUARDED))
    assert "PRODUCT_IMPORTER_PASSWORD" in guard["why_not"]("importer", password)


@pytest.mark.parametrize("user", ["a:b", "a\nb", "a\x00b"])
def test_user_names_that_are_refused(user):
    guard = runpy.run_path(str(GUARDED))
    assert "PRODUCT_IMPORTER_USER" in guard["why_not"](user, PASSWORD)


@pytest.mark.parametrize(
    "password", [PASSWORD, "ab:long-and-random-rest-of-it", "pässwörter sind 世界", "8YwA/x0p+fTq2"]
)
def test_passwords_that_will_do(password):
    guard = runpy.run_path(str(GUARDED))
    assert guard["why_not"]("importer", password) is None


async def checked_health(port):
    """The exit status of the command by which the container says whether it is healthy."""
    (command,) = re.findall(r"HEALTHCHECK[^\[]*(\[.*\])", (ROOT / "Dockerfile").read_text())
    _, *arguments = json.loads(command)
    check = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env={**os.environ, "PORT": port}, stderr=subprocess.DEVNULL
    )
    return await check.wait()


@pytest.mark.parametrize("password", ["", "short"])
def test_the_guard_wants_a_password(password):
    run = subprocess.run(
        [sys.executable, GUARDED],
        env={**os.environ, "PRODUCT_IMPORTER_PASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr == "guarded: Set PRODUCT_IMPORTER_PASSWORD to at least 12 characters.\n"


@pytest.fixture
def guarded(shop, redis_url, tmp_path):
    """The address of the guarded pages."""
    if NGINX is None:
        if os.environ.get("CI") == "true":
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": shop.url,
        "REDIS_URL": redis_url,
        "PRODUCT_IMPORTER_DATA_DIR": str(tmp_path / "data"),
        "PRODUCT_IMPORTER_PASSWORD": PASSWORD,
        "RENDER_EXTERNAL_HOSTNAME": "shop.example",
        "PORT": str(port),
    }
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen([sys.executable, GUARDED], env=environment, cwd=tmp_path, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(20)
        log.seek(0)
        assert status == 0, log.read()


def known_by(password):
    return {} if password is None else {"Authorization": aiohttp.encode_basic_auth("importer", password)}


HEALTH = [b"/healthz", b"/readyz", b"/metrics/../healthz", b"/x/%2e%2e/healthz", b"//healthz"]
"""The application is asked for one path only, however nginx came to it."""

OTHERS = [
    b"GET /metrics HTTP/1.1",
    b"GET /healthz/../metrics HTTP/1.1",
    b"GET /healthz%2f..%2fmetrics HTTP/1.1",
    b"GET /healthz%0a HTTP/1.1",
    b"GET /healthz/ HTTP/1.1",
    b"POST /healthz HTTP/1.1\r\nContent-Length: 0",
    b"DELETE /readyz HTTP/1.1",
    b"POST /healthz HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 100000000",
]
"""Requests without a password that don't ask for health, or ask for more than that."""


async def raw(port, line):
    """The status of the answer to a request that no client would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    writer.write(line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.readline()
    writer.close()
    return int(answer.split()[1])


async def test_the_guard_lets_in_who_knows_the_password(guarded, shop):
    async with aiohttp.ClientSession() as session:

        async def healthy():
            try:
                async with session.get(f"{guarded}/healthz", headers={"Host": "10.1.2.3"}) as response:
                    return response.status == 200
            except aiohttp.ClientError:
                return False

        await until(healthy, "the pages were there")
        port = guarded.rpartition(":")[2]
        assert await checked_health(port) == 0
        assert await checked_health("1") == 1
        for password, status in [(None, 401), ("wrong", 401), ("co", 401), ("", 401), (PASSWORD, 200)]:
            began = time.monotonic()
            async with session.get(f"{guarded}/api/v1/imports", headers=known_by(password)) as response:
                assert response.status == status
                assert response.headers["Server"] == "nginx"
            if password and status == 401:
                assert time.monotonic() - began >= 1.0, "guessing is slow"
        for path in HEALTH:
            assert await raw(port, b"GET " + path + b" HTTP/1.1") == 200
        for line in OTHERS:
            assert await raw(port, line) in (400, 401, 403, 404, 413), line

        importer = await shop.importer()
        import_id = await importer.imports.create(shop.file("sku,name\nA,Tea\n"))
        headers = {"Host": "shop.example", "Origin": "https://shop.example", **known_by(PASSWORD)}
        events = f"{guarded}/api/v1/imports/{import_id}/events"
        async with session.ws_connect(events, headers=headers) as watching:
            assert (await watching.receive_json())["status"] == "queued"
            async with session.post(events.replace("events", "cancel"), headers=headers) as response:
                assert response.status == 200
            assert (await watching.receive_json())["status"] == "cancelled"


async def test_guessing_is_slowed_down_and_whoever_is_in_does_not_notice(guarded):
    """All come from one address, as through a platform's proxy."""
    connector = aiohttp.TCPConnector(limit=0)
    plain = aiohttp.DummyCookieJar()
    async with (
        aiohttp.ClientSession(connector=connector, cookie_jar=plain) as attacker,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as user,
    ):

        async def status(session, password, path="/api/v1/imports"):
            async with session.get(guarded + path, headers=known_by(password)) as response:
                return response.status

        async def let_in():
            try:
                return await status(user, PASSWORD) == 200
            except aiohttp.ClientError:
                return False

        await until(let_in, "the pages were there")
        (cookie,) = user.cookie_jar
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
        assert await status(attacker, None) == 401

        guesses = [asyncio.create_task(status(attacker, f"wrong{number}")) for number in range(400)]
        for _ in range(60):
            assert await status(user, PASSWORD) == 200
        found = await asyncio.gather(*guesses)
        assert set(found) == {401, 429}
        assert found.count(429) > 200
