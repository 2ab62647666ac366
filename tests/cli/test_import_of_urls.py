"""``product-importer import https://…``."""

import asyncio
import json

from webserver import CSV, site


async def test_a_url_is_imported(command_line):
    async with site() as there:
        url = f"{there.add('/fruit.csv', CSV)}?key=k3y"
        ended = await asyncio.to_thread(
            command_line.run, "import", url, "--json", PRODUCT_IMPORTER_FETCH_ALLOW="127.0.0.0/8"
        )

    (report,) = map(json.loads, ended.stdout.splitlines())
    assert (ended.code, report["created"]) == (0, 2)
    assert (report["filename"], report["origin"]) == ("fruit.csv", f"{there.url}/fruit.csv")


def test_a_url_that_can_not_be_fetched(invoke, unused_tcp_port):
    url = f"http://joe:s3cret@127.0.0.1:{unused_tcp_port}/fruit.csv"
    ended = invoke("import", url)

    assert ended.code == 1
    assert "127.0.0.1 can be asked over https only" in ended.stdout
    assert "s3cret" not in ended.stdout + ended.stderr


def test_a_url_of_an_unknown_kind(invoke):
    assert "No plugin fetches gopher: URLs" in invoke("import", "gopher://host/a.csv").complaint
