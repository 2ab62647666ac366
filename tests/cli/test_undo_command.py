"""``product-importer undo`` and ``product-importer restore``."""

import asyncio
from datetime import UTC, datetime

from product_importer import Importer


def exported(invoke):
    return invoke("export", "-").stdout


def test_an_undo_is_planned_and_with_yes_applied(shop, invoke):
    invoke("import", shop.file("sku,name,price\nA,Tea,1\n"), "--quiet")
    before = exported(invoke)
    invoke("import", shop.file("sku,name,price\nA,Tea,2\nB,Cup,3\n"), "--quiet")
    after = exported(invoke)

    planned = invoke("undo", "2")
    assert (planned.code, exported(invoke)) == (0, after)
    assert "product-importer apply 3" in planned.stdout + planned.stderr
    assert invoke("undo", "2", "--yes", "--quiet").code == 0
    assert exported(invoke) == before
    refused = invoke("undo", "2")
    assert (refused.code, "undone already" in refused.stderr) == (1, True)


def test_going_back_to_a_moment(shop, invoke):
    before, moment = exported(invoke), datetime.now(UTC).isoformat()
    invoke("import", shop.file("sku,name\nA,Tea\n"), "--quiet")

    assert invoke("restore", "--to", moment, "--yes", "--quiet").code == 0
    assert len(exported(invoke).splitlines()) == len(before.splitlines()) == 1
    assert invoke("restore", "--to", "yesterday").code == 2


def test_what_stays_is_listed(shop, invoke):
    invoke("import", shop.file("sku,name,price\nA,Tea,1\n"), "--quiet")
    invoke("import", shop.file("sku,name,price\nA,Tea,2\n"), "--quiet")
    invoke("import", shop.file("sku,name,price\nA,Tea,3\n"), "--quiet")

    planned = invoke("undo", "2")

    assert "price" in planned.stdout
    assert "was changed by import 3" in planned.stdout
    assert "stay as they are" in planned.stdout
    assert "rows read" not in planned.stdout


async def _delete_all(url):
    async with Importer.open(url) as importer:
        deletion = await importer.deletions.request(1, actor="user:1")
        await importer.deletions.run(deletion.id)
        return deletion.id


def test_a_deletion_of_all_products_is_undone(shop, invoke):
    invoke("import", shop.file("sku,name\nA,Tea\n"), "--quiet")
    before = exported(invoke)
    deletion = asyncio.run(_delete_all(shop.url))
    assert exported(invoke) != before

    assert invoke("undo", "--deletion", str(deletion), "--yes").code == 0

    assert exported(invoke) == before


def test_one_thing_is_undone_at_once(shop, invoke):
    for arguments in ((), ("1", "--deletion", "1"), ("--change", "1", "--field", "price")):
        refused = invoke("undo", *arguments)
        assert (refused.code, "product-importer:" in refused.stderr) == (2, True)
    assert "no change 9" in invoke("undo", "--change", "9").stderr
