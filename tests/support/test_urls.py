"""URLs without their secrets, and names that match."""

import pytest

from product_importer.support.urls import matches, scrubbed, without_secrets

URL = "sftp://joe:s3%2Fcret@host:22/a/b.csv?key=k3y#part"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "sftp://host:22/a/b.csv"),
        ("https://host/a.csv", "https://host/a.csv"),
        ("https://token@host/a.csv?x", "https://host/a.csv"),
        ("https://a@b@host/", "https://host/"),
        ("https://shop:s3cr/et@host/a.csv", "https://…"),
        ("https://shop:s3cr#et@host/a.csv", "https://…"),
        ("https://shop:s3cr?et@host/a.csv", "https://…"),
        ("https://shop:123/et@host/a.csv", "https://…"),
        ("https://sh/op:s3cret@host/a.csv", "https://…"),
        ("https://joe:a@b/c@host/a.csv", "https://…"),
        ("https://host/a@b.csv?c@d", "https://host/a@b.csv"),
        ("https://[::1]/a@b.csv", "https://[::1]/a@b.csv"),
    ],
)
def test_what_is_shown_of_a_url(url, shown):
    assert without_secrets(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{URL} is gone", "sftp://host:22/a/b.csv is gone"),
        ("joe may not log in with s3/cret", "joe may not log in with …"),
        ("joe:s3%2Fcret", "…"),
        ("GET /a/b.csv?key=k3y", "GET /a/b.csv?…"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_secrets_are_struck_out_of_messages(text, shown):
    assert scrubbed(text, URL) == shown


def test_a_url_without_secrets_strikes_nothing_out():
    assert scrubbed("https://host/a.csv: no", "https://host/a.csv") == "https://host/a.csv: no"


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("a.csv", "*.csv", True),
        (".csv", "*.csv", True),
        ("a.csv.gz", "*.csv", False),
        ("b.csv", "a*.csv", False),
        ("a-1-b", "a*1*b", True),
        ("axcsv", "*.csv", False),
        ("[1].csv", "[1]*", True),
        ("1.csv", "[1]*", False),
        ("a\nb", "a*", True),
        ("a.csv", "a.csv", True),
    ],
)
def test_only_a_star_stands_for_others(name, pattern, expected):
    assert matches(name, pattern) is expected
