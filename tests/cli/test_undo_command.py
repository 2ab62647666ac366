"""``product-importer undo`` and ``product-importer restore``."""

from datetime import UTC, datetime


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
