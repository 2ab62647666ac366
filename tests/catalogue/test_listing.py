"""The list shows exactly the products that there are, however far the tables behind it have got."""

from decimal import Decimal

import pytest

from product_importer.cells.sku import sku_key
from product_importer.errors import UsageError
from product_importer.product import SORTS, ProductDraft, ProductFilter
from product_importer.store.search import indexing, landmarks, listing
from shop import Shop

ME = "user:1"
STATES = ("nothing followed", "a part followed", "all followed", "changed since")
SORT_KEYS = {
    "sku": lambda it: sku_key(it.sku),
    "name": lambda it: it.name.lower()[:200],
    "price": lambda it: Decimal(-1) if it.price is None else it.price,
    "active": lambda it: (it.active, sku_key(it.sku)),
    "stock": lambda it: -(2**63) if it.stock is None else it.stock,
    "created": lambda it: it.created_at,
    "updated": lambda it: it.updated_at,
}
FILTERS = [
    ProductFilter(),
    ProductFilter(active=True),
    ProductFilter(active=False),
    ProductFilter(sku="tea-1"),
    ProductFilter(sku="ＴＥＡ"),
    ProductFilter(name="green"),
    ProductFilter(name="  GRÜN "),
    ProductFilter(description="50%"),
    ProductFilter(description="a_b"),
    ProductFilter(description="back\\slash"),
    ProductFilter(search="green leaves"),
    ProductFilter(search="leaves GREEN", active=False),
    ProductFilter(search="x"),
    ProductFilter(search="assam"),
    ProductFilter(search="茶"),
    ProductFilter(search="nothing like that"),
    ProductFilter(search="green, leaves;"),
    ProductFilter(search="ＴＥＡ-1,"),
    ProductFilter(name="tea", sku="-2", active=True),
    ProductFilter(barcode="0638"),
    ProductFilter(search="400638 tea"),
    ProductFilter(price_from=Decimal(3), price_to=Decimal(6)),
    ProductFilter(price_to=Decimal(0)),
    ProductFilter(price_from=Decimal(9), search="tea", active=True),
    ProductFilter(attributes={"Origin": "Assam"}),
    ProductFilter(attributes={"Origin": "assam"}),
    ProductFilter(attributes={"Origin": "Assam"}, name="tea"),
]


def drafts(count=60):
    names = ("Green tea", "Grüner Tee", "Black tea", "Cup", "茶", "teapot", "Tea x", "a" * 250)
    texts = (None, "Loose leaves", "50% off", "500 off", "a_b", "axb", "back\\slash", "LEAVES\nof two lines")
    for n in range(count):
        yield ProductDraft(
            f"{'TEA' if n % 3 else 'cup'}-{n}",
            f"{names[n % len(names)]}",
            description=texts[n * 3 % len(texts)],
            price=None if n % 7 == 0 else Decimal(n * 5 % 11),
            active=n % 4 != 0,
            attributes={"Origin": "Assam"} if n % 10 == 0 else {},
            barcode=f"400638{n}" if n % 5 == 0 else None,
            stock=None if n % 6 == 0 else n % 9 - 3,
        )


def lets_through(wanted, product):
    texts = [product.name.lower(), (product.description or "").lower()]
    attributes = (value.lower() for value in product.attributes.values())
    everything = [*texts, *attributes, product.barcode or ""]
    words = [word.strip(",;") or word for word in wanted.search.split()]
    return (
        sku_key(wanted.sku) in sku_key(product.sku)
        and wanted.name.strip().lower() in texts[0]
        and wanted.description.strip().lower() in texts[1]
        and wanted.barcode in (product.barcode or "")
        and all(
            sku_key(word) in sku_key(product.sku) or any(word.lower() in text for text in everything)
            for word in words
        )
        and wanted.active in (None, product.active)
        and (wanted.price_from is None or (product.price is not None and product.price >= wanted.price_from))
        and (wanted.price_to is None or (product.price is not None and product.price <= wanted.price_to))
        and wanted.attributes.items() <= product.attributes.items()
    )


def expected(products, wanted, sort):
    key = SORT_KEYS[sort.removeprefix("-")]
    found = [product for product in products if lets_through(wanted, product)]
    return sorted(found, key=lambda it: (key(it), it.id), reverse=sort.startswith("-"))


async def walk(catalogue, wanted, sort, page_size):
    """All products of all pages, and the last page."""
    found = []
    page = None
    while page is None or page.has_next:
        assert page is None or len(page.products) == page_size
        number = 1 if page is None else page.page + 1
        page = await catalogue.list(wanted, sort=sort, page=number, page_size=page_size)
        found += page.products
        assert (page.page, page.page_size) == (number, page_size)
    return found, page


async def filled(catalogue, state):
    """The products. The tables behind the list are in this state then."""
    made = [await catalogue.create(draft, actor=ME) for draft in drafts()]
    if state == "a part followed":
        await catalogue.index_pending(20)
    elif state in ("all followed", "changed since"):
        assert (await catalogue.index_all()).pending == 0
    if state == "changed since":
        made[3] = await catalogue.change(made[3].id, 1, {"name": "Green tea of the hill"}, actor=ME)
        made[40] = await catalogue.change(made[40].id, 1, {"sku": "ZZZ", "description": "leaves"}, actor=ME)
        await catalogue.delete_selected([made.pop(10).id, made.pop(20).id], actor=ME)
        made.append(await catalogue.create(ProductDraft("TEA-1000", "Green", "leaves"), actor=ME))
        await catalogue.activate([made[5].id], not made[5].active, actor=ME)
        made[5] = await catalogue.get(made[5].id)
    return made


@pytest.fixture(scope="module")
def stocks():
    """By server and state: the name of a database in this state, and its products."""
    return {}


@pytest.fixture(params=STATES)
async def stocked(request, server, stocks, tmp_path):
    """A catalogue in each of the states, and its products: a state is made once, and copied."""
    stock = server, request.param
    if stock not in stocks:
        async with server.database() as url:
            async with Shop.at(url, tmp_path) as shop:
                products = await filled((await shop.importer()).catalogue, request.param)
            stocks[stock] = await server.copied(url), products
    template, products = stocks[stock]
    async with server.database(template) as url, Shop.at(url, tmp_path) as shop:
        yield (await shop.importer()).catalogue, products


WAYS = {
    "patched in": {},
    "read from the products": {"PATCHED": 0, "MOST_PATCHED": 0},
    "patched in but for the order of keys": {"PATCHED": 5, "MOST_PATCHED": 6},
    "frequent texts": {"FEW": 0, "WORTH_READING": 1, "COUNTED_FREQUENT": 0},
    "frequent texts, counted by the search index": {
        "FEW": 0,
        "WORTH_READING": 1,
        "COUNTED_FREQUENT": 3,
        "_MET_ANYWHERE": 10**6,
    },
    "frequent texts, too many to be looked at": {
        "FEW": 0,
        "WORTH_READING": 1,
        "_READ_TO_COUNT": 3,
        "_MET_ANYWHERE": 10**6,
    },
    "frequent texts, but elsewhere": {
        "FEW": 0,
        "WORTH_READING": 1,
        "COUNTED_FREQUENT": 0,
        "READ_IN_ORDER": 0,
    },
    "rare texts, but more than are counted": {"FEW": 0, "WORTH_READING": 10**12, "COUNTED": 3},
}
"""The thresholds that decide how a list is read, set so that it is always done in one way."""


@pytest.mark.whole
async def test_pages_far_from_both_ends(catalogue, monkeypatch):
    monkeypatch.setattr(listing, "FAR", 3)
    monkeypatch.setattr(indexing, "_TIDIED", 0)
    monkeypatch.setattr(landmarks, "DISTANCE", 7)
    products = await filled(catalogue, "all followed")
    used = []
    nearest = landmarks.nearest

    async def watched(*arguments):
        used.append(await nearest(*arguments))
        return used[-1]

    monkeypatch.setattr(landmarks, "nearest", watched)
    for wanted in FILTERS[:3]:
        for sort in SORTS:
            found, last = await walk(catalogue, wanted, sort, 4)
            assert found == expected(products, wanted, sort), (wanted, sort)
            assert last.total == len(found)
    assert sum(landmark is not None for landmark in used) > 100
    beyond = await catalogue.list(ProductFilter(name="green tea"), page=6, page_size=4)
    assert beyond.products == ()  # in the middle of all products, but there are no so many of these
    assert (beyond.total, beyond.has_next) == (
        len(expected(products, ProductFilter(name="green tea"), "sku")),
        False,
    )


USUAL = "patched in"
"""The way that the quick loop tries; it leaves out the others."""


@pytest.fixture(params=[pytest.param(way, marks=() if way == USUAL else pytest.mark.whole) for way in WAYS])
def one_way(request, monkeypatch):
    """Lists are read in each of the ways."""
    for name, value in WAYS[request.param].items():
        monkeypatch.setattr(listing, name, value)


@pytest.mark.whole
@pytest.mark.usefixtures("one_way")
async def test_every_page_of_every_order_and_filter(stocked):
    catalogue, products = stocked

    for wanted in FILTERS:
        for sort in SORTS if wanted == ProductFilter() else ("name", "-price"):
            found, last = await walk(catalogue, wanted, sort, 7)
            assert found == expected(products, wanted, sort), (wanted, sort)
            assert last.total == len(found)
            assert last.total_is_exact
            assert last.pages == max(1, -(-len(found) // 7))


async def test_what_is_still_to_be_indexed_is_told(catalogue):
    await filled(catalogue, "nothing followed")
    pending = (await catalogue.list()).pending
    assert pending == 60

    step = await catalogue.index_pending(25)

    assert (step.done, step.pending) == (25, 35)
    assert (await catalogue.list()).pending == 35
    assert (await catalogue.index_all()).done == 35
    assert (await catalogue.list()).pending == 0
    assert (await catalogue.index_pending()).done == 0


async def test_an_import_is_listed_at_once_and_indexed_later(shop, catalogue):
    rows = [[f"S{n:03}", f"Name {n % 10}"] for n in range(100)]
    await shop.run([["sku", "name"], *rows], parser="tiny")
    await catalogue.index_all()
    rows[50:60] = [[sku, "Other"] for sku, _ in rows[50:60]]
    rows += [["T1", "Other"]]
    await shop.run([["sku", "name"], *rows], parser="tiny", missing="deactivate")

    for _ in range(2):
        page = await catalogue.list(ProductFilter(name="other"), sort="-sku")
        assert [it.sku for it in page.products] == ["T1", *(f"S{n:03}" for n in range(59, 49, -1))]
        assert (await catalogue.list()).total == 101
        await catalogue.index_all()


async def test_more_than_is_counted_is_said_to_be_more(catalogue, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 10)
    monkeypatch.setattr(listing, "COUNTED_FREQUENT", 10)
    monkeypatch.setattr(listing, "FEW", 5)
    await filled(catalogue, "all followed")

    page = await catalogue.list(ProductFilter(sku="tea"), page_size=8)
    assert (page.total, page.total_is_exact, page.has_next, page.pages) == (10, False, True, 2)
    page = await catalogue.list(ProductFilter(sku="tea"), page=4, page_size=8)
    assert (page.total, page.total_is_exact, page.has_next, page.pages) == (10, False, True, 5)
    found, last = await walk(catalogue, ProductFilter(sku="tea"), "sku", 8)
    assert len(found) == last.total == 40
    assert (last.total_is_exact, last.has_next) == (True, False)
    beyond = await catalogue.list(ProductFilter(sku="tea"), page=95, page_size=8)
    assert (beyond.products, beyond.total, beyond.total_is_exact, beyond.pages) == ((), 40, True, 5)
    assert (await catalogue.list(ProductFilter(active=True))).total_is_exact
    monkeypatch.setattr(listing, "FEW", 100)
    assert (await catalogue.list(ProductFilter(sku="tea"))).total == 40


@pytest.mark.usefixtures("one_way")
async def test_every_page_tells_one_number(stocked):
    """It is exact on the last page and beyond it, and the same on all others."""
    catalogue, products = stocked
    for wanted in (ProductFilter(sku="tea"), ProductFilter(search="leaves", active=True)):
        there = len(expected(products, wanted, "sku"))
        *before, last = [
            await catalogue.list(wanted, page=n, page_size=4) for n in range(1, -(-there // 4) + 1)
        ]
        assert len({(page.total, page.total_is_exact) for page in before}) == 1
        assert before[0].total == there or (before[0].total < there and not before[0].total_is_exact)
        beyond = await catalogue.list(wanted, page=last.page + 7, page_size=4)
        for page in (last, beyond):
            assert (page.total, page.total_is_exact, page.has_next) == (there, True, False)
            assert page.pages == last.page


async def test_beyond_the_last_page_there_is_nothing(catalogue):
    await filled(catalogue, "all followed")
    for wanted in (ProductFilter(), ProductFilter(name="tea")):
        page = await catalogue.list(wanted, page=1_000)
        assert (page.products, page.has_next) == ((), False)
        assert page.total == len(
            expected([*(await catalogue.list(wanted, page_size=200)).products], wanted, "sku")
        )


@pytest.mark.parametrize(
    "arguments",
    [
        {"sort": "colour"},
        {"page": 0},
        {"page": 2**63},
        {"page_size": 0},
        {"page_size": 201},
        {"wanted": ProductFilter(search="x" * 201)},
        {"wanted": ProductFilter(name="\0")},
        {"wanted": ProductFilter(sku="\ud800")},
    ],
    ids=str,
)
async def test_what_cannot_be_listed_is_refused(catalogue, arguments):
    with pytest.raises(UsageError):
        await catalogue.list(**arguments)
