"""``product-importer resubmit``."""

import json

CONTENT = "sku,name,price\nA,Tea,1\n,Cup,2\nC,Pot,3x\n"


def corrected(shop, name, old, new):
    path = shop.folder / name
    path.write_text(path.read_text().replace(old, new))
    return path


def test_a_corrected_file_is_resubmitted(shop, invoke):
    first = invoke("import", shop.file(CONTENT), "--rejects", "left.csv")
    corrected(shop, "left.csv", "\n,Cup", "\nB,Cup")
    second = invoke("resubmit", 1, "left.csv", "--rejects", "left.csv")
    corrected(shop, "left.csv", "3x", "3")
    third = invoke("resubmit", 1, "left.csv", "--json")

    assert "product-importer resubmit 1 left.csv" in first.stdout
    assert (first.code, second.code, third.code) == (3, 3, 0)
    assert "Imported left.csv  (import 2)" in second.stdout
    told = json.loads(third.stdout)
    assert (told["of"], told["created"], told["invalid"]) == (1, 1, 0)


def test_what_cannot_be_resubmitted_is_refused(shop, invoke):
    path = shop.file(CONTENT)
    invoke("import", path, "--dry-run", "--quiet")
    invoke("import", path, "--quiet")
    unknown = invoke("resubmit", 9, path)
    planned = invoke("resubmit", 1, path)
    absent = invoke("resubmit", 2, "absent.csv")
    other = invoke("resubmit", 2, path)

    assert [ended.code for ended in (unknown, planned, absent, other)] == [1, 1, 2, 1]
    assert "There is no import 9." in unknown.stderr
    assert "Import 1 is planned." in planned.stderr
    assert "absent.csv can't be read: No such file or directory." in absent.stderr
    assert "doesn't hold the rejected rows of import 2" in other.stdout
