"""The benchmark of real catalogues: what counts as a product, and what is told of the others."""

from benchmarks import catalogues


def test_it_counts_products_and_names_those_that_are_left_out(tmp_path, capsys):
    shop = "Handle,Title,Variant SKU,Variant Price,Image Src\n"
    (tmp_path / "a.csv").write_text(shop + "mug,Mug,,5,\ncap,Cap,,6,\ncap,,,,https://img.test/2.jpg\n")
    (tmp_path / "b.csv").write_text("sku,name,price\nA,Tea,1\nB,Cup,dear\nA,Tee,2\n")
    (tmp_path / "customers.csv").write_text("email\na@example.com\n")

    assert catalogues.main([str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "2 of      2, 1 asked  a.csv" in told
    assert "1 of      3  b.csv  price_not_a_number 1, duplicate_left_out 1" in told
    assert "line 2: The row gives way to line 4" in told
    assert "3 of 5 products and variants in 2 files got in: 60.0 %." in told
    assert "customers" not in told


def test_a_directory_that_is_not_there_is_no_failure(tmp_path, capsys):
    assert catalogues.main([str(tmp_path / "none")]) == 0
