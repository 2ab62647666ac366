"""Temporary folders, and those that killed processes leave."""

import os
import subprocess
import sys
import tempfile
import time

import pytest

from product_importer.support.temporary import remove_abandoned, temporary_folder

OWNER = """
import sys
from product_importer.support.temporary import temporary_folder
with temporary_folder() as folder:
    (folder / "copy.csv").write_text("sku")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def aged(folder):
    os.utime(folder, (time.time() - 3600,) * 2)
    return folder


def test_a_folder_is_there_for_a_while(place):
    with temporary_folder() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").write_text("x")
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_is_in_use_stays(place):
    command, environment = [sys.executable, "-c", OWNER], os.environ | {"TMPDIR": str(place)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen(command, env=environment, **pipes) as living,
        subprocess.Popen(command, env=environment, **pipes) as dying,
    ):
        folders = [place / process.stdout.readline().strip() for process in (living, dying)]
        dying.kill()
        dying.wait()
        for folder in folders:
            aged(folder)

        remove_abandoned()

        assert [folder.exists() for folder in folders] == [True, False]
        living.stdin.close()
        assert living.wait() == 0
    assert list(place.iterdir()) == []


def test_what_is_young_or_not_ours_stays(place):
    (place / "product-importer-copy-young").mkdir()
    aged_ones = [place / "product-importer-0-abc", place / "other", place / "product-importer-copy-link"]
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    aged_ones[0].mkdir()
    aged_ones[1].mkdir()
    aged_ones[2].symlink_to(elsewhere)
    for folder in (*aged_ones[:2], elsewhere):
        aged(folder)
    before = sorted(place.iterdir())

    with temporary_folder() as ours:
        aged(ours)
        remove_abandoned()
        assert ours.exists()

    assert sorted(place.iterdir()) == before
