"""Who may say, in a file, what the program does, and what settings are understood."""

import os

import pytest

from product_importer import environment
from product_importer.environment import DOTENV_IS_READ, Environment
from product_importer.errors import SettingsError
from product_importer.settings import load_settings
from product_importer_web.settings import load_web_settings


@pytest.fixture
def dotenv(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environment._warn.cache_clear()
    path = tmp_path / ".env"
    path.write_text("A_SETTING_OF_THE_TEST=set\n")
    path.chmod(0o644)
    return path


def found():
    return Environment.read().variables.get("A_SETTING_OF_THE_TEST")


def test_a_file_of_our_own_is_read(dotenv, monkeypatch):
    assert found() == "set"
    monkeypatch.setenv("A_SETTING_OF_THE_TEST", "otherwise")
    assert found() == "otherwise"


@pytest.mark.parametrize("mode", [0o646, 0o666, 0o602])
def test_a_file_that_others_may_write_is_ignored(dotenv, mode, caplog):
    dotenv.chmod(mode)
    assert found() is None
    assert found() is None
    (said,) = caplog.messages
    assert f"{dotenv} is ignored: it may be written by others" in said
    assert "chmod go-w" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_is_ignored(dotenv, caplog):
    os.chown(dotenv, 4711, 4711)
    assert found() is None
    assert f"{dotenv} is ignored: it belongs to another user" in caplog.text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_that_a_strange_group_may_write_is_ignored(dotenv):
    dotenv.chmod(0o664)
    assert found() == "set"  # the group is ours
    os.chown(dotenv, 0, 4711)
    assert found() is None


def test_what_was_read_before_is_not_read_again(dotenv, monkeypatch):
    monkeypatch.setenv(DOTENV_IS_READ, "true")
    dotenv.unlink()
    dotenv.symlink_to(".env")
    assert found() is None


@pytest.mark.parametrize(("text", "found"), [("0", 0), (" 0 ", 0), ("1", 1), ("500M", 500 << 20)])
def test_no_room_may_be_reserved(monkeypatch, text, found):
    monkeypatch.setenv("PRODUCT_IMPORTER_DISK_RESERVE", text)
    assert load_settings().disk_reserve == found


@pytest.mark.parametrize(
    ("name", "load", "text"),
    [
        *(("DISK_RESERVE", load_settings, text) for text in ("0M", "-1", "none")),
        *(("MAX_UPLOAD", load_web_settings, text) for text in ("0", "0M", "-1", "none")),
    ],
)
def test_sizes_that_make_no_sense(monkeypatch, name, load, text):
    monkeypatch.setenv(f"PRODUCT_IMPORTER_{name}", text)
    with pytest.raises(SettingsError, match=name):
        load()
