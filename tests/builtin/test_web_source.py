"""Files are fetched from the web: from where they may be, and with what is said if they can't be had."""

import ssl
import zlib
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from product_importer.builtin.web_client import MOST_REDIRECTIONS
from product_importer.builtin.web_source import WebSource
from product_importer.errors import FetchError
from product_importer.ports import Fetch, Fetched, NotModified
from product_importer.testing import check_source
from webserver import CSV, LOOPBACK, site


@pytest.fixture
async def there():
    async with site() as made:
        yield made


@pytest.fixture
async def safe(monkeypatch, tmp_path):
    """A site with a certificate that is trusted."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with site(context) as made:
        yield made


@pytest.fixture
def fetch(tmp_path):
    async def fetching(url, previous=None, allow=LOOPBACK, progress=lambda *_: None):
        path = tmp_path / "copy"
        found = await WebSource().fetch(Fetch(url, path, progress, previous, allow))
        return (path.read_bytes(), found) if isinstance(found, Fetched) else found

    return fetching


async def test_a_file_over_https(safe, fetch):
    seen = []
    content, found = await fetch(safe.add("/a/fruit%20list.csv", CSV), progress=lambda *at: seen.append(at))

    assert (content, found.filename) == (CSV, "fruit list.csv")
    assert seen == [(0, len(CSV)), (len(CSV), len(CSV))]


async def test_the_contract(there):
    await check_source(WebSource(), there.add("/fruit.csv", CSV), allow=LOOPBACK)


async def test_a_certificate_that_nobody_trusts(safe, fetch, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(FetchError, match=r"127\.0\.0\.1 offers no safe connection"):
        await fetch(safe.add("/a.csv", CSV))


async def test_the_name_that_the_server_gives(there, fetch):
    async def answer(_):
        return web.Response(
            body=CSV,
            headers={
                "Content-Type": "text/csv; charset=Windows-1250",
                "Content-Disposition": "attachment; filename=b.csv",
            },
        )

    _, found = await fetch(there.add("/download", answer))

    assert (found.filename, found.media_type, found.charset) == ("b.csv", "text/csv", "Windows-1250")


@pytest.mark.parametrize(
    ("header", "asked", "value"),
    [
        ("ETag", "If-None-Match", '"1"'),
        ("Last-Modified", "If-Modified-Since", "Mon, 02 Mar 2026 09:30:00 GMT"),
    ],
)
async def test_a_file_that_has_not_changed(there, fetch, header, asked, value):
    async def answer(request):
        same = request.headers.get(asked) == value
        return web.Response(status=304) if same else web.Response(body=CSV, headers={header: value})

    url = there.add("/a.csv", answer)
    _, found = await fetch(url)

    assert await fetch(url, found) == NotModified()
    assert (await fetch(url, Fetched(etag='"0"')))[0] == CSV


@pytest.mark.parametrize("allow", [(), LOOPBACK[1:]])
async def test_no_file_of_a_private_network_unless_it_is_allowed(safe, fetch, allow):
    with pytest.raises(FetchError, match=r"private or reserved network.*_FETCH_ALLOW") as caught:
        await fetch(safe.add("/a.csv", CSV), allow=allow)

    assert caught.value.code == "fetch_forbidden"
    assert safe.requests == []


async def test_http_is_for_allowed_networks(there, fetch):
    with pytest.raises(FetchError, match="can be asked over https only"):
        await fetch(there.add("/a.csv", CSV), allow=())

    assert there.requests == []


async def test_a_redirection_is_followed(there, fetch):
    there.add("/new.csv", CSV)

    assert (await fetch(there.add("/a", "/new.csv")))[0] == CSV


async def test_a_redirection_leads_nowhere_else(there, safe, fetch):
    """What may be asked over https may lead to what may not be asked over http."""
    url = safe.add("/a.csv", there.add("/b.csv", CSV).replace("127.0.0.1", "127.0.0.2"))

    with pytest.raises(FetchError, match=r"127\.0\.0\.2 can be asked over https only"):
        await fetch(url, allow=(ip_network("127.0.0.1/32"),))
    assert there.requests == []


async def test_a_redirection_to_something_else(there, fetch):
    with pytest.raises(FetchError, match="no web address"):
        await fetch(there.add("/a.csv", "file:///etc/passwd"))


async def test_redirections_without_end(there, fetch):
    with pytest.raises(FetchError, match=f"redirects more than {MOST_REDIRECTIONS} times"):
        await fetch(there.add("/a.csv", "/a.csv"))

    assert len(there.requests) == MOST_REDIRECTIONS + 1


async def test_a_password_is_for_its_own_host(there, fetch):
    async with site() as other:
        url = there.add("/a.csv", other.add("/b.csv", CSV)).replace("//", "//joe:secret@")
        await fetch(url)

        assert "Authorization" in there.requests[0].headers
        assert "Authorization" not in other.requests[0].headers


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "a name and a password"), (403, "refuses access"), (404, "no such file"), (500, "can't be had")],
)
async def test_what_the_server_answers(there, fetch, status, words):
    async def answer(_):
        return web.Response(status=status)

    with pytest.raises(FetchError, match=rf"127\.0\.0\.1 answered {status}: .*{words}") as caught:
        await fetch(there.add("/a.csv", answer))
    assert caught.value.code == "fetch_failed"


async def test_a_file_that_breaks_off(there, fetch):
    async def answer(request):
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"sku,na")
        request.transport.abort()
        return response

    with pytest.raises(FetchError, match="broke the connection off in the middle"):
        await fetch(there.add("/a.csv", answer))


async def test_a_server_that_is_not_there(fetch, unused_tcp_port):
    with pytest.raises(FetchError, match="connection was refused"):
        await fetch(f"http://127.0.0.1:{unused_tcp_port}/a.csv")


async def test_a_full_disk_is_not_the_servers_fault(there):
    with pytest.raises(OSError, match="No space left"):
        await WebSource().fetch(
            Fetch(there.add("/a.csv", CSV), Path("/dev/full"), lambda *_: None, None, LOOPBACK)
        )


async def test_what_is_no_web_address(fetch):
    with pytest.raises(FetchError, match="no web address"):
        await fetch("https:///a.csv")


async def test_a_packing_that_nobody_asked_for(there, fetch):
    async def answer(_):
        return web.Response(body=CSV, headers={"Content-Encoding": "br"})

    with pytest.raises(FetchError, match=r"127\.0\.0\.1 packs the file by the method 'br'.* with gzip"):
        await fetch(there.add("/a.csv", answer))


def deflated(content, bits):
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize("bits", [zlib.MAX_WBITS, -zlib.MAX_WBITS])
async def test_a_file_packed_with_deflate_is_unpacked(there, fetch, bits):
    content, packed = CSV * 100_000, b""
    counted = []

    async def answer(_):
        return web.Response(body=packed, headers={"Content-Encoding": "deflate"})

    url, packed = there.add("/a.csv", answer), deflated(content, bits)
    found, _ = await fetch(url, progress=lambda done, total: counted.append((done, total)))
    assert found == content
    assert counted[-1] == (len(content), None)
    assert max(b - a for (a, _), (b, _) in pairwise(counted)) <= 1 << 18

    packed = deflated(content, bits)[:-10]
    with pytest.raises(FetchError, match="in the middle of the file"):
        await fetch(url)
    packed = b"\xff" * 1000
    with pytest.raises(FetchError, match="damaged"):
        await fetch(url)


async def test_the_host_may_stop_it(there, fetch):
    def full(done, total):
        raise FetchError("Too much.")

    with pytest.raises(FetchError, match="Too much"):
        await fetch(there.add("/a.csv", CSV), progress=full)
