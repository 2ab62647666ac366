"""``check_source`` finds what a source does wrong."""

import pytest

from product_importer.ports import Fetched, NotModified
from product_importer.testing import check_source

CSV = b"sku,name\n"


class Right:
    """Keeps to the contract; the parts of its fetch can be replaced."""

    name = "right"
    schemes = ("right",)

    def tells(self, fetch, size):
        fetch.progress(0, size)
        fetch.progress(size, size)

    def content(self):
        return CSV

    def knows(self, previous):
        return previous is not None

    async def fetch(self, fetch):
        if self.knows(fetch.previous):
            return NotModified()
        content = self.content()
        self.tells(fetch, len(content))
        fetch.into.write_bytes(content)
        return Fetched(etag="1")


class Silent(Right):
    def tells(self, fetch, size):
        pass


class Backwards(Right):
    def tells(self, fetch, size):
        fetch.progress(5, None)
        fetch.progress(2, None)
        fetch.progress(size, None)


class OtherSize(Right):
    def tells(self, fetch, size):
        fetch.progress(size, size + 1)


class KnowsTooMuch(Right):
    def knows(self, previous):
        return True


class Forgets(Right):
    seen = 0

    def knows(self, previous):
        return False

    def content(self):
        self.seen += 1
        return CSV * self.seen


class Stubborn(Right):
    def tells(self, fetch, size):
        try:
            super().tells(fetch, size)
        except Exception:  # noqa: BLE001 - that is what is wrong with it
            return


class Empty(Right):
    async def fetch(self, fetch):
        return Fetched()


class Plain(Right):
    async def fetch(self, url, into):
        into.write_bytes(self.content())


class PlainForgets(Plain, Forgets):
    pass


@pytest.mark.parametrize("kind", [Right, Plain])
async def test_sources_that_are_right(kind):
    await check_source(kind(), "right://host/a.csv")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Silent, "it told of"),
        (Backwards, "goes back"),
        (OtherSize, "another size"),
        (KnowsTooMuch, "for a version that nobody knows"),
        (Forgets, "another file"),
        (PlainForgets, "another file"),
        (Stubborn, "went on although"),
        (Empty, "without a file"),
    ],
)
async def test_what_is_wrong_is_named(kind, words):
    with pytest.raises(AssertionError, match=words):
        await check_source(kind(), "right://host/a.csv")


async def test_a_url_of_another_scheme():
    with pytest.raises(AssertionError, match="none of the schemes"):
        await check_source(Right(), "left://host/a.csv")
