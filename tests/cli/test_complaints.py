"""What is asked wrongly is told in one line, and never with a traceback."""

import pytest

GOOD = "sku,name,price\nA-1,Tea,4.50\nA-2,Cup,3\n"


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ([], 2, "Name the files to import"),
        (["nowhere.csv"], 2, "nowhere.csv can't be read: No such file or directory."),
        (["."], 2, "can't be read: Is a directory."),
        (
            ["good.csv", "--duplicates", "newest"],
            2,
            "no duplicate policy 'newest'. Known: error, first, last",
        ),
        (["good.csv", "--parser", "pdf"], 2, "no parser 'pdf'. Known: arrow, auto, csv"),
        (["good.csv", "--map", "price"], 2, "--map 'price' is not COLUMN=FIELD"),
        (["good.csv", "--map", "=sku"], 2, "--map '=sku' is not COLUMN=FIELD"),
        (["ftp://example/x.csv"], 2, "No plugin fetches ftp: URLs"),
        (["--resume", "7"], 1, "There is no import 7."),
        (["good.csv", "--database-url", "postgresql://127.0.0.1:1/x"], 1, "The database can't be reached"),
        (["good.csv", "--database-url", "nonsense"], 1, "The database can't be reached"),
        (["good.csv", "--database-url", "mysql://localhost/x"], 1, "The database can't be reached"),
        (
            ["good.csv", "--rejects", "no/such/r.csv", "--quiet"],
            1,
            "can't be written to no/such/r.csv: No such",
        ),
    ],
)
def test_complaints_are_one_line(shop, invoke, arguments, code, complaint):
    (shop.folder / "good.csv").write_text(GOOD)
    ended = invoke("import", *arguments)

    assert ended.code == code
    assert ended.complaint.startswith("product-importer: ")
    assert complaint in ended.complaint


@pytest.fixture
def endless(shop):
    (shop.folder / ".env").symlink_to(".env")


@pytest.fixture
def badly_encoded(shop):
    (shop.folder / ".env").write_bytes(b"DATABASE_URL=\xff\n")


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ("endless", r".env can't be read: Too many levels of symbolic links."),
        ("badly_encoded", r".env is not encoded as UTF-8."),
    ],
)
def test_settings_files_that_can_not_be_read(command_line, request, file, complaint):
    """Which database to use may stand in one."""
    request.getfixturevalue(file)
    ended = command_line.run("plugins")
    assert ended.code == 2
    assert ended.complaint.startswith("product-importer: /")
    assert ended.complaint.endswith(complaint)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--on-error", "ignore"], "ignore"),
        (["--missing", "forget"], "forget"),
        (["--blank", "drop"], "drop"),
        (["--extra", "keep"], "keep"),
        (["--max-errors", "-1"], "-1"),
        (["--max-errors", "many"], "many"),
        (["--no-such-option"], "--no-such-option"),
        (["--resume", "last"], "last"),
    ],
)
def test_options_that_can_not_be(shop, invoke, arguments, word):
    (shop.folder / "good.csv").write_text(GOOD)
    ended = invoke("import", "good.csv", *arguments)

    assert ended.code == 2
    assert word in ended.stderr


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--map", "price=cost"], "'cost', which is no field"),
        (["--map", "weight=price"], "'weight' is not in the file"),
        (["--delimiter", ";;"], "can't separate cells"),
    ],
)
def test_options_that_do_not_fit_the_file(shop, invoke, options, complaint):
    ended = invoke("import", shop.file(GOOD), "--quiet", *options)

    assert ended.code in (1, 2)
    assert complaint in " ".join(ended.stderr.split())
    assert "Nothing was changed." in ended.stderr


@pytest.mark.parametrize("encoding", ["klingon", "punycode", "utf-7", "unicode_escape", "cp037"])
def test_an_encoding_that_files_are_not_in(shop, invoke, encoding):
    """It is refused before an import is registered."""
    ended = invoke("import", shop.file(GOOD), "--quiet", "--encoding", encoding)

    assert ended.code == 2
    assert encoding in ended.stderr


def test_a_file_in_no_encoding(shop, invoke):
    content = b"sku,name\nA,\xc3\x28\xff\n" + bytes(range(128, 256)) * 5
    ended = invoke("import", shop.file(content), "--encoding", "utf-8", "--quiet")

    assert ended.code == 1
    assert "line 2" in " ".join(ended.stderr.split())


def test_settings_that_can_not_be(invoke):
    ended = invoke("import", "x.csv", PRODUCT_IMPORTER_WRITERS="none")

    assert ended.code == 2
    assert "PRODUCT_IMPORTER_WRITERS" in ended.complaint


@pytest.mark.parametrize(
    ("content", "plugin"),
    [
        (b"PK\x03\x04....xl/workbook.xml", "excel"),
        (b"PAR1\x15\x04", "parquet"),
        (b'[{"sku": "A"}]', "jsonlines"),
    ],
)
def test_a_file_of_another_format_is_named_with_its_plugin(shop, invoke, content, plugin):
    file = shop.file(content, "products.bin")
    ended = invoke("import", file, "--parser", "csv", "--quiet")
    assert ended.code == 1
    assert f"pip install product-importer-{plugin}" in " ".join(ended.stderr.split())


def test_rejects_in_a_format_whose_plugin_is_missing(shop, invoke, monkeypatch):
    """It is said before anything is imported."""
    monkeypatch.setenv("PRODUCT_IMPORTER_DISABLED_PLUGINS", "parquet")
    ended = invoke("import", shop.file(GOOD), "--rejects", shop.folder / "rejected.parquet")
    assert ended.code == 2
    assert "There is no format 'parquet' to export to." in " ".join(ended.stderr.split())
    assert not (shop.folder / "rejected.parquet").exists()
