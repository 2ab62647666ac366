"""What root had before the servers' account came is usable by that account; nothing else is given to it."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from product_importer.embedded.accounts import Account
from product_importer.process.reachable import _closed

ACCOUNT = "games"
DROPPING = """
import json, os
from product_importer.process.dropping import unprivileged
from product_importer.settings import load_settings

with unprivileged(database=False):
    (data := load_settings().data_dir / "imports" / "new").parent.is_dir() and data.touch()
    print(json.dumps({"uid": os.geteuid(), "data_dir": str(load_settings().data_dir), "cwd": os.getcwd()}))
"""

pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can go on as somebody else"),
]


@pytest.fixture
def account():
    entry = pwd.getpwnam(ACCOUNT)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


@pytest.fixture
def place():
    """A directory that everybody can enter."""
    path = Path(tempfile.mkdtemp(prefix="pi-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def dropped(data_dir, cwd="/", **environment):
    return subprocess.run(
        [sys.executable, "-c", DROPPING],
        env={
            **{name: value for name, value in os.environ.items() if name != "STORAGE_URL"},
            "PRODUCT_IMPORTER_ACCOUNT": ACCOUNT,
            "PRODUCT_IMPORTER_DATA_DIR": str(data_dir),
            **environment,
        },
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def told(run):
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_files_on_a_bigger_disk_behind_a_link_are_handed_over(place, account):
    (place / "disk" / "imports").mkdir(parents=True)
    (place / "data").mkdir()
    (place / "data" / "imports").symlink_to(place / "disk" / "imports")

    assert told(dropped(place / "data"))["uid"] == account.uid

    assert (place / "disk" / "imports" / "new").stat().st_uid == account.uid
    assert (place / "data" / "imports").lstat().st_uid == 0


def test_where_a_link_of_the_account_leads_nothing_is_handed_over(place, account):
    """Else it could have anything given to it."""
    (place / "roots").mkdir()
    (place / "data").mkdir()
    (place / "data" / "imports").symlink_to(place / "roots")
    os.lchown(place / "data" / "imports", account.uid, account.gid)

    run = dropped(place / "data")

    assert (place / "roots").stat().st_uid == 0
    assert f"{ACCOUNT}, who may not write in {place}/data/imports, where files are kept" in run.stderr


def test_a_volume_of_its_own_is_handed_over(place, account):
    volume = place / "volume"
    (volume / "lost+found").mkdir(parents=True)

    told(dropped(place / "data", STORAGE_URL=f"file://{volume}"))

    assert volume.stat().st_uid == account.uid
    assert (volume / "lost+found").stat().st_uid == 0


def test_a_directory_that_stays_roots_is_told(place):
    shared = place / "shared"
    shared.mkdir(mode=0o755)
    (shared / "something else").touch()

    run = dropped(place / "data", STORAGE_URL=f"file://{shared}")

    assert run.returncode != 0
    assert f"this goes on as the user {ACCOUNT}, who may not write in {shared}, where" in run.stderr
    assert "SettingsError" in run.stderr
    assert shared.stat().st_uid == 0


def test_keys_that_can_not_be_opened_are_passed_over(place, account):
    data = place / "data"
    data.mkdir()
    (data / "link.key").symlink_to("/etc/hostname")
    (data / "webhooks.key").write_text("k" * 43)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(data / "socket.key"))

        told(dropped(data))

    assert (data / "webhooks.key").stat().st_uid == account.uid
    assert (data / "link.key").lstat().st_uid == 0


def test_a_relative_data_directory_stays_the_same_elsewhere(place):
    closed = place / "home"
    (place / "data").mkdir()
    closed.mkdir(mode=0o700)

    found = told(dropped("../data", cwd=closed))

    assert found["cwd"] == "/"
    assert found["data_dir"] == str(place / "data")


def test_groups_of_the_account_let_it_in(place, account, monkeypatch):
    (place / "group").mkdir(mode=0o750)
    (place / "group").chmod(0o750)
    os.chown(place / "group", 0, 4)

    assert _closed(place / "group", account) == place / "group"
    monkeypatch.setattr(os, "getgrouplist", lambda name, gid: [gid, 4])
    assert _closed(place / "group", account) is None
