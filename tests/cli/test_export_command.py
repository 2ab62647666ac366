"""``product-importer export`` as people and scripts see it."""

import asyncio

CATALOGUE = (
    "sku,name,description,price,active,barcode,stock,Origin\n"
    '"TEA","Tea","\'=1+1",4.50,true,"0612",12,"Assam"\n"CUP","Cup",,3.00,false,,,\n'
)


def lines(text):
    return sorted(text.splitlines())


async def test_to_standard_output(shop, command_line):
    await shop.run(CATALOGUE)
    for arguments in ((), ("-",)):
        done = await asyncio.to_thread(command_line.run, "export", *arguments)
        assert (done.code, done.stderr) == (0, "")
        assert lines(done.stdout) == lines(CATALOGUE)


def test_what_is_exported_is_imported_unchanged(shop, invoke):
    invoke("import", shop.file(CATALOGUE))

    done = invoke("export", "out.csv")
    assert (done.code, done.stdout) == (0, "")
    assert done.stderr == f"Exported to out.csv, {len(CATALOGUE)} bytes.\n"
    assert lines((shop.folder / "out.csv").read_text()) == lines(CATALOGUE)
    again = invoke("import", "out.csv")
    assert "2  unchanged" in again.stdout
    assert not list(shop.folder.glob("*.partial"))


def test_a_part(shop, invoke):
    invoke("import", shop.file(CATALOGUE))
    for arguments, found in (
        (["--search", "assam"], ["TEA"]),
        (["--sku", "cu"], ["CUP"]),
        (["--barcode", "061"], ["TEA"]),
        (["--name", "cup", "--active", "true"], []),
        (["--description", "=1", "--active", "true"], ["TEA"]),
        (["--active", "false"], ["CUP"]),
    ):
        done = invoke("export", *arguments)
        assert [line.partition(",")[0].strip('"') for line in done.stdout.splitlines()[1:]] == found


def test_the_form_of_the_file(shop, invoke):
    invoke("import", shop.file(CATALOGUE))

    done = invoke(
        "export", "--columns", "price, origin,SKU", "--delimiter", ";", "--decimal", "comma", "--bom"
    )
    assert lines(done.stdout) == lines('\ufeffprice;Origin;sku\n4,50;"Assam";"TEA"\n3,00;;"CUP"\n')
    german = ["--delimiter", ";", "--decimal", "comma", "--bom"]
    invoke("export", "german.csv", *german)
    assert "2  unchanged" in invoke("import", "german.csv").stdout
    tabs = invoke("export", "--columns", "sku,stock", "--delimiter", "tab")
    assert lines(tabs.stdout) == lines('sku\tstock\n"TEA"\t12\n"CUP"\t\n')

    for arguments, words in (
        (["--columns", "sku,colour"], "no attribute 'colour'"),
        (["--columns", "sku,SKU"], "named twice"),
        (["--delimiter", "x"], "can't separate"),
        (["--format", "pdf"], "no format 'pdf'"),
    ):
        refused = invoke("export", *arguments)
        assert refused.code == 2
        assert words in refused.complaint


def test_a_file_that_cannot_be_written(shop, invoke):
    done = invoke("export", "nowhere/out.csv")
    assert (done.code, done.complaint) == (
        1,
        "product-importer: The products can't be written to nowhere/out.csv: No such file or directory.",
    )
    assert invoke("export", "--search", "x" * 201).code == 2


async def test_a_reader_that_goes_away(shop, command_line):
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name, description)"
        " SELECT n::text, n::text, 'Name', repeat('x', 1000) FROM generate_series(1, 20000) AS n"
    )
    process = command_line.start("export")
    await asyncio.to_thread(process.stdout.read, 10)
    process.stdout.close()
    _, complaint = await asyncio.to_thread(process.communicate)
    assert (process.returncode, complaint) == (1, b"")
