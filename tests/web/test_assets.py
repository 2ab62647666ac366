"""Static files: packed, kept by browsers, found anew after an upgrade."""

import gzip

import pytest
from bootstrap_wrapper import get_bootstrap_dir

from product_importer_web.assets import Assets, Source

BOOTSTRAP = "bootstrap/css/bootstrap.min.css"


async def test_bootstrap_is_served(client):
    response = await client.get(Assets.load().url(BOOTSTRAP))
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Encoding"] == "gzip"
    assert await response.read() == (get_bootstrap_dir() / "css/bootstrap.min.css").read_bytes()


def test_all_that_a_page_can_need_is_light():
    files = Assets.load().files
    sent = {
        name: len(it.packed or it.content) for name, it in files.items() if name.endswith((".css", ".js"))
    }
    assert sum(sent.values()) <= 100_000, sent


async def test_who_can_not_unpack_gets_it_as_it_is(client):
    response = await client.get(Assets.load().url(BOOTSTRAP), headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in response.headers
    assert response.headers["Vary"] == "Accept-Encoding"


async def test_a_page_from_before_an_upgrade_gets_what_there_is_now(client):
    response = await client.get(f"/static/0123456789abcdef/{BOOTSTRAP}")
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.css", "../app.py", "..%2Fapp.py", "bootstrap/js/bootstrap.js"])
async def test_nothing_else_is_served(client, name):
    assert (await client.get(f"/static/{Assets.load().version}/{name}")).status == 404


def test_the_address_changes_with_the_content(tmp_path):
    source = Source("own/", tmp_path)
    (tmp_path / "a.js").write_text("let a = 1")
    before = Assets.load([source])
    (tmp_path / "a.js").write_text("let a = 2")
    after = Assets.load([source])
    assert before.url("own/a.js") != after.url("own/a.js")
    assert Assets.load([source]).version == after.version


def test_what_does_not_shrink_is_not_packed(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    (tmp_path / "a.svg").write_bytes(b"<svg>" * 100)
    files = Assets.load([Source("", tmp_path)]).files
    assert files["a.png"].packed is None
    assert gzip.decompress(files["a.svg"].packed) == files["a.svg"].content


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(LookupError, match=r"'gone\.js'"):
        Assets.load([Source("", tmp_path)]).url("gone.js")


def test_what_a_page_needs_is_light():
    """All of our style sheets and scripts together, as they go over the wire: no page needs more."""
    files = Assets.load().files
    packed = [
        len(file.packed or file.content) for name, file in files.items() if name.endswith((".css", ".js"))
    ]
    assert sum(packed) < 100_000
