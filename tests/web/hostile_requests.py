"""Requests that nobody should send, made by chance from a seed, for every route of the route table."""

import base64
import json
import random
import re
from dataclasses import dataclass
from urllib.parse import quote

from product_importer_web.api.options import NAMES as OPTIONS

_PLACE = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})+)?\}")

TEXTS = (
    "",
    " ",
    "a",
    "0",
    "1",
    "-1",
    "true",
    "null",
    "sku",
    "name",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\ufeff",
    "\u202e",
    "\U0001f600",
    "İ",
    "ß",
    "ﷺ" * 50,
    "x" * 300,
    "x" * 5_000,
    "a,b",
    '"',
    "'",
    "\\",
    "%",
    "%00",
    "%ff",
    "../../etc/passwd",
    "..\\..",
    "{{7*7}}",
    "<script>",
    "=1+1",
    "'; DROP TABLE products; --",
    "\r\nX: y",
    "\t",
    "http://[",
    "//",
    "?",
    "#",
    "(unchanged)",
    "price",
    "-price",
    "utf-8",
    "utf-16",
    "utf-32",
    "cp1252",
    "nope",
    "sku=name",
    "=sku",
    "a=attribute",
    "error",
    "last",
    "csv",
    "failed",
    'W/"1-1"',
    '"1-1"',
    "*",
    "1-1",
)
PILES = tuple(
    beginning * (30_000 // len(beginning))
    for beginning in (
        ' --map "',
        ' --map "a=',
        ' --encoding "',
        " --encoding $'",
        " --encoding a-",
        "=a",
        "--",
    )
)
"""Beginnings of what is looked for in messages, which may quote them, and never an end."""

NUMBERS = (
    "0",
    "-0",
    "1",
    "-1",
    "20",
    "200",
    "201",
    str(2**31),
    str(2**32),
    str(2**53),
    str(2**63 - 1),
    str(2**63),
    str(-(2**63)),
    str(-(2**63) - 1),
    str(2**64),
    "9" * 50,
    "9" * 5_000,
    "1.5",
    "-1.5",
    "0.00001",
    "1e5",
    "1e40",
    "1e41",
    "-1e41",
    "1e-41",
    "1e999999999",
    "1e-999999999",
    "1e9999999999999999999",
    "0e999999999",
    "NaN",
    "Infinity",
    "-Infinity",
    "0x10",
    "١",
    "1_000",
)
TIMES = (
    "2026-03-02T09:30:00Z",
    "2026-03-02T09:30:00",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "1899-12-31T23:59:59Z",
    "3000-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "24:00",
    "1900-01-01T00:00:00+14:00",
)
FIELDS = (
    "sku",
    "name",
    "description",
    "price",
    "active",
    "attributes",
    "ids",
    "confirm",
    "upload",
    "url",
    "events",
    "sku_prefix",
    "source",
    "ordered",
    "mode",
    "enabled",
    "timeout_seconds",
    "concurrency",
    "rate_limit",
    "headers",
    "states",
    "since",
    "until",
    "state",
    *OPTIONS,
)
PARAMETERS = (
    "search",
    "sku",
    "name",
    "description",
    "active",
    "sort",
    "page",
    "page_size",
    "limit",
    "before",
    "after",
    "state",
    "import_id",
    "complete",
    "filename",
    *OPTIONS,
)
BAD_PARAMETERS = (
    "charset*=a; charset*0=b",
    "charset*" + "1" * 5_000 + "=b",
    "charset*",
    "charset*0*=a; charset*1=b; charset=c",
    "a=" + "(" * 5_000,
    ";" * 5_000,
)
"""Of a content type, at which its parsers fail or are slow."""

TYPES = (
    "application/json",
    "application/merge-patch+json",
    "application/x-www-form-urlencoded",
    "text/csv",
    "text/plain",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "nonsense",
    "a/b/c",
    "multipart/mixed; boundary=b",
    "application/offset+octet-stream",
    "application/json; charset=nope",
    "",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=rot13",
    "application/x-www-form-urlencoded; charset=idna",
    "text/csv; charset=utf-7",
    "multipart/form-data; boundary=" + "b" * 100,
    'multipart/form-data; boundary="b',
    *(
        f"{kind}; {parameters}"
        for kind in ("text/csv", "application/json", "multipart/form-data; boundary=b")
        for parameters in BAD_PARAMETERS
    ),
)
HEADERS = (
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Content-Encoding",
    "Content-Language",
    "Cookie",
    "Expect",
    "Forwarded",
    "Host",
    "Idempotency-Key",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "Origin",
    "Range",
    "Referer",
    "Sec-Fetch-Site",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Tus-Resumable",
    "Upgrade",
    "Upload-Checksum",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-HTTP-Method-Override",
    "X-Request-ID",
)
SENSIBLE = {
    "Accept": (
        "text/html",
        "*/*",
        "text/plain;version=1.0.0;escaping=nope",
        "text/plain;version=x;escaping=nope",
        "application/openmetrics-text; version=1",
    ),
    "Content-Encoding": ("identity", "gzip", "br"),
    "Expect": ("100-continue", "200-ok"),
    "Host": ("localhost", "example.org", "[::1", "a@localhost", "localhost:x"),
    "Origin": ("null", "http://[", "http://localhost", "http://[::1]:99999"),
    "Sec-Fetch-Site": ("same-origin", "cross-site"),
    "Tus-Resumable": ("1.0.0",),
    "Upgrade": ("websocket", "h2c"),
    "Upload-Checksum": ("sha1 AAAA", "md5 AAAA", "sha256 " + base64.b64encode(bytes(32)).decode()),
    "Upload-Metadata": (
        "filename AA==",
        "filename YQ==",
        "a\xff",
        "filename 7aCA",
        *(
            "filetype " + base64.b64encode(f"text/csv; {parameters}".encode()).decode()
            for parameters in BAD_PARAMETERS
        ),
    ),
    "X-HTTP-Method-Override": ("PATCH", "DELETE", "GET"),
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get")
ADDRESSES = ("http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://127.0.0.1:99999/")
"""Where webhooks may lead: no test talks to anybody but this machine."""


@dataclass(frozen=True)
class Hostile:
    """A request's bytes; ``path`` is what it asks for."""

    method: str
    path: str
    data: bytes


class Maker:
    """``routes`` are lines of the route table. The same seed makes the same requests."""

    def __init__(self, routes, seed):
        self._routes = tuple(routes)
        self._random = random.Random(seed)

    def __call__(self):
        chance = self._random
        route = chance.choice(self._routes)
        method = route.method if chance.random() < 0.92 else chance.choice(METHODS)
        path = _PLACE.sub(lambda place: self._place(place[1]), route.path)
        target = path + self._query()
        body = self._body() if method not in ("GET", "HEAD", "TRACE") or chance.random() < 0.05 else None
        headers = {"Host": "localhost"}
        if "uploads" in path and chance.random() < 0.8:
            headers |= {"Tus-Resumable": "1.0.0", "Upload-Length": chance.choice(("5", "0", "100"))}
        if chance.random() < 0.5 and method in ("PATCH", "DELETE"):
            headers["If-Match"] = chance.choice(("*", '"1-1"', f'"1-{2**63}"'))
        for _ in range(chance.choice((0, 0, 1, 2))):
            name = chance.choice(HEADERS)
            headers[name] = self._header(name)
        if body is not None:
            kind, body = body
            headers |= {"Content-Type": kind, "Content-Length": str(len(body))}
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        return Hostile(method, path, head + (body or b""))

    def _place(self, name):
        chance = self._random
        if name == "id" and chance.random() < 0.9:
            return chance.choice(("1", "2", "3") * 3 + ("7", str(10**18 - 1), "0", str(2**63), str(-(2**63))))
        if name == "upload" and chance.random() < 0.9:
            return chance.choice(("0" * 32, "f" * 32, "0" * 31, "g" * 32))
        if name == "delivery" and chance.random() < 0.9:
            return "00000000-0000-0000-0000-000000000000"
        return self._quoted(chance.choice(TEXTS)) or "x"

    def _query(self):
        chance = self._random
        if chance.random() < 0.5:
            return ""
        pairs = []
        for _ in range(chance.choice((1, 1, 2, 4))):
            name = chance.choice(PARAMETERS) if chance.random() < 0.9 else chance.choice(TEXTS)
            pairs.append(f"{self._quoted(name)}={self._quoted(self._value_of(name))}")
        return "?" + "&".join(pairs)

    def _value_of(self, name):
        chance = self._random
        if name == "after" and chance.random() < 0.7:
            place = [
                chance.choice(TIMES),
                chance.choice(TEXTS),
                chance.choice((1, 2**63, -(2**63) - 1, 1.5, None)),
            ]
            text = (
                json.dumps(place)
                if chance.random() < 0.8
                else chance.choice(("[" * 3_000, "{}", "[1]", "NaN"))
            )
            return base64.urlsafe_b64encode(text.encode()).decode()
        if name == "before" and chance.random() < 0.5:
            return f"{chance.choice(TIMES)}_{'0' * 32}"
        return chance.choice(chance.choice((TEXTS, NUMBERS, TIMES)))

    def _header(self, name):
        chance = self._random
        if name in SENSIBLE and chance.random() < 0.6:
            return chance.choice(SENSIBLE[name])
        text = chance.choice(TEXTS + NUMBERS)
        return text.replace("\r\n", "") if chance.random() < 0.98 else text

    def _body(self):
        chance = self._random
        kind = chance.choice(TYPES)
        make = chance.choice((self._json, self._json, self._form, self._multipart, self._table))
        if make is self._json and chance.random() < 0.8:
            kind = TYPES[0]
        elif make is self._form and chance.random() < 0.7:
            kind = TYPES[2]
        elif make is self._multipart and chance.random() < 0.7:
            kind = TYPES[5]
        body = make()
        if chance.random() < 0.05:
            body = body[: chance.randrange(len(body) + 1)]
        return kind, body

    def _json(self):
        chance = self._random
        if chance.random() < 0.05:
            return chance.choice((b"", b"[", b"null", b"[" * 100_000, b'"\xff"', b"\xff\xfe{", b"{}" * 2))
        members = []
        for _ in range(chance.choice((0, 1, 2, 3, 6))):
            name = chance.choice(FIELDS) if chance.random() < 0.9 else chance.choice((*TEXTS, *PILES))
            members.append(f"{json.dumps(name)}: {self._json_value(name, 2)}")
        return ("{" + ", ".join(members) + "}").encode()

    def _json_value(self, name, depth):
        chance = self._random
        if name == "url":
            return json.dumps(chance.choice(ADDRESSES + TEXTS))
        what = chance.randrange(8 if depth else 6)
        if what < 3:
            return json.dumps(chance.choice(TEXTS + TIMES if chance.random() < 0.95 else PILES))
        if what < 5:
            return chance.choice(NUMBERS[:-3])
        if what == 5:
            return chance.choice(("true", "false", "null"))
        values = [self._json_value("", depth - 1) for _ in range(chance.randrange(4))]
        if what == 6:
            return "[" + ", ".join(values) + "]"
        names = [chance.choice(TEXTS if chance.random() < 0.95 else PILES) for _ in values]
        if names and chance.random() < 0.1:  # the same one, but for its case
            names.append(names[0].swapcase())
            values.append(values[0])
        pairs = zip(names, values, strict=True)
        return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in pairs) + "}"

    def _form(self):
        chance = self._random
        names = [chance.choice(FIELDS) for _ in range(chance.randrange(6))]
        values = [chance.choice(ADDRESSES if name == "url" else TEXTS + NUMBERS) for name in names]
        pairs = zip(names, values, strict=True)
        return "&".join(f"{name}={self._quoted(value)}" for name, value in pairs).encode()

    def _multipart(self):
        chance = self._random
        parts = []
        for _ in range(chance.randrange(4)):
            name = chance.choice((*FIELDS, "file", "file", "file", *TEXTS)).replace("\r\n", "")
            line = f'Content-Disposition: form-data; name="{name}"'
            if name == "file" or chance.random() < 0.1:
                line += f'; filename="{chance.choice(TEXTS)}"'
            if chance.random() < 0.1:
                line += f"\r\nContent-Type: {chance.choice(TYPES)}"
            if chance.random() < 0.05:
                line += chance.choice(
                    ("\r\nContent-Transfer-Encoding: base64", "\r\nnonsense", "\r\nContent-Length: -1")
                )
            text = chance.choice((*TEXTS, "sku,name\nA,Tea\n"))
            parts.append(f"--b\r\n{line}\r\n\r\n{text}\r\n".encode("utf-8", "surrogatepass"))
        end = chance.choice((b"--b--\r\n", b"--b--\r\n", b"--b--\r\n", b"", b"--b\r\n", b"--c--\r\n"))
        return b"".join(parts) + end

    def _table(self):
        chance = self._random
        rows = [
            ",".join(chance.choice(TEXTS + NUMBERS) for _ in range(3)) for _ in range(chance.randrange(4))
        ]
        return "\n".join(["sku,name,price", *rows]).encode("utf-8", "surrogatepass")

    def _quoted(self, text):
        return (
            quote(text.encode("utf-8", "surrogatepass"))
            if self._random.random() < 0.97
            else quote(text, errors="replace")
        )
